package world

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/clients/dnsc"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// postOffice is what the mail servers of one host share: SMTP delivers into the
// mailboxes, POP3 and IMAP read out of them.
type postOffice struct {
	mail  *mailbox.Store
	queue *queue.Queue
}

// postOffices are those of a world, by host.
type postOffices struct {
	mu     sync.Mutex
	open   map[string]*postOffice
	folder string // of all; "" before there is one
	passes bool   // the folder is removed at the end
}

// postOffice opens the mailboxes and the queue of a host. They are in the world's
// state, so that mail outlives the world as it does any computer that is switched
// off; a world without a state has them in a temporary folder, which is made with
// the first mail.
func (w *World) postOffice(h *Host) (*postOffice, error) {
	ps := &w.mail
	ps.mu.Lock()
	defer ps.mu.Unlock()
	if p := ps.open[h.Name]; p != nil {
		return p, nil
	}
	ps.place(w.state)
	here := filepath.Join(ps.folder, h.Name)
	name, log := cmp.Or(h.FQDN, h.Name), w.logOf(h.Name, "smtp")
	store, err := mailbox.OpenStore(filepath.Join(here, "mailboxes"), mailbox.Config{Host: name, Log: log, Clock: w.clock})
	if err != nil {
		return nil, err
	}
	waiting, err := queue.Open(filepath.Join(here, "queue"), queue.Config{Hostname: name, Log: log, Clock: w.clock})
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	p := &postOffice{store, waiting}
	if ps.open == nil {
		ps.open = make(map[string]*postOffice)
	}
	ps.open[h.Name] = p
	return p, nil
}

// place finds the folder of all mail.
func (ps *postOffices) place(state *os.Root) {
	switch {
	case ps.folder != "":
	case state != nil:
		ps.folder = filepath.Join(state.Name(), "mail")
	default:
		ps.passes = true
		clearPassing()
		ps.folder = filepath.Join(os.TempDir(), fmt.Sprintf("%s%d-%s", passing, os.Getpid(), rand.Text()))
	}
}

// passing begins the name of the temporary folders; the ID of their world's
// process follows.
const passing = "wirebook-mail-"

// clearPassing removes the folders of worlds that were killed. Those of other
// users stay: we may not remove them.
func clearPassing() {
	folders, _ := filepath.Glob(filepath.Join(os.TempDir(), passing+"*-*"))
	for _, folder := range folders {
		id, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(folder), passing), "-")
		if process, err := strconv.Atoi(id); err == nil && !runs(process) {
			_ = os.RemoveAll(folder)
		}
	}
}

// close is for when no server runs any more.
func (ps *postOffices) close() error {
	ps.mu.Lock()
	defer ps.mu.Unlock()
	var errs []error
	for _, p := range ps.open {
		errs = append(errs, p.queue.Close(), p.mail.Close())
	}
	ps.open = nil
	if ps.passes {
		errs = append(errs, os.RemoveAll(ps.folder))
	}
	return errors.Join(errs...)
}

// QueuedMail is a message that waits on a mail server, since it could not be
// delivered yet.
type QueuedMail struct {
	Server string `json:"server"` // its host
	queue.Entry
	Now time.Time `json:"now"` // in the world
}

// MailQueue is the mail that waits, by host, the oldest first.
func (w *World) MailQueue() []QueuedMail {
	all, _ := w.MailQueueOf("")
	return all
}

// MailQueueOf is the mail that waits on a host; "" is on every host.
func (w *World) MailQueueOf(host string) ([]QueuedMail, error) {
	offices, err := w.postOfficesOf(host)
	all := []QueuedMail{}
	for _, name := range slices.Sorted(maps.Keys(offices)) {
		for _, e := range offices[name].queue.List() {
			all = append(all, QueuedMail{Server: name, Entry: e, Now: w.clock.Now()})
		}
	}
	return all, err
}

// FlushMail has the mail that waits on a host tried now; "" is on every host.
func (w *World) FlushMail(host string) error {
	offices, err := w.postOfficesOf(host)
	for _, p := range offices {
		p.queue.Flush()
	}
	return err
}

// ErrNoMail is returned for a host that has no mail server.
var ErrNoMail = errors.New("has no mail server")

// postOfficesOf is the post office of a host, or all of them if that is "".
func (w *World) postOfficesOf(host string) (map[string]*postOffice, error) {
	w.mail.mu.Lock()
	defer w.mail.mu.Unlock()
	if host == "" {
		return maps.Clone(w.mail.open), nil
	}
	p := w.mail.open[host]
	if p == nil {
		return nil, fmt.Errorf("%s %w", host, ErrNoMail)
	}
	return map[string]*postOffice{host: p}, nil
}

// mailResolver tells a mail server of the world where other domains' are, by
// asking the resolver of its host.
type mailResolver struct {
	stub    *dnsc.Client
	servers []netip.AddrPort
}

func (r mailResolver) LookupMX(ctx context.Context, domain string) ([]*net.MX, error) {
	return r.stub.LookupMX(ctx, domain, r.servers)
}

func (r mailResolver) LookupHost(ctx context.Context, host string) ([]string, error) {
	addrs, err := r.stub.LookupHost(ctx, host, r.servers, nil)
	names := make([]string, len(addrs))
	for i, addr := range addrs {
		names[i] = addr.String()
	}
	return names, err
}
