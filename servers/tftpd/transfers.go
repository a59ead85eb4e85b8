package tftpd

import (
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/wirebook/wirebook/protocol/tftp"
)

// Transfers tells what a server is doing. The zero value is to be given to a
// Server; it may be asked at any time.
type Transfers struct{ desk atomic.Pointer[desk] }

// Transfer is one that is under way.
type Transfer struct {
	Client netip.AddrPort `json:"client"` // its TID is the port
	Write  bool           `json:"write"`  // the client sends the file
	File   string         `json:"file"`
	Mode   string         `json:"mode"`
	Since  time.Time      `json:"since"`
	Bytes  int64          `json:"bytes"` // acknowledged, or received
}

// List is what is under way, the longest first.
func (t *Transfers) List() []Transfer {
	d := t.desk.Load()
	if d == nil {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []Transfer
	for _, c := range d.active {
		all = append(all, Transfer{
			Client: c.Peer, Write: c.request.Op == tftp.WRQ, File: c.request.Name, Mode: c.request.Mode,
			Since: c.began, Bytes: c.progress.Load(),
		})
	}
	slices.SortFunc(all, func(a, b Transfer) int { return a.Since.Compare(b.Since) })
	return all
}

// show is for a desk that begins to serve; hide for when it has ended. With a nil
// Transfers they do nothing.
func (t *Transfers) show(d *desk) (hide func()) {
	if t == nil {
		return func() {}
	}
	t.desk.Store(d)
	return func() { t.desk.CompareAndSwap(d, nil) }
}

// tell has the conversation's progress told, if anybody asks.
func (t *Transfers) tell(c *conversation) {
	if t != nil {
		c.began, c.Progress = c.Now(), c.progress.Store
	}
}
