package ftpd

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// Sessions tells who is connected to a server, as the command who does of a
// computer. The zero value is to be given to a Server; it may be asked at any time.
type Sessions struct {
	mu   sync.Mutex
	here map[*conversation]*entry
}

// Session is one control connection, and what is done on it.
type Session struct {
	User     string         `json:"user,omitempty"` // who has logged in
	Secure   bool           `json:"secure,omitempty"`
	Since    time.Time      `json:"since"`
	Server   netip.AddrPort `json:"server"` // the control connection's ends
	Client   netip.AddrPort `json:"client"`
	Transfer *Transfer      `json:"transfer,omitempty"` // nil: there is none now
}

// Transfer is what goes over the data connection.
type Transfer struct {
	Command string         `json:"command"`         // as "RETR notes.txt"
	Active  bool           `json:"active"`          // the server connects to the client; else it waits
	Server  netip.AddrPort `json:"server,omitzero"` // the data connection's ends, when it stands
	Client  netip.AddrPort `json:"client,omitzero"`
	Bytes   int64          `json:"bytes"`
}

// entry is what is told of a conversation.
type entry struct {
	Session
	transfer *transfer
}

// List is who is connected, in the order in which they came.
func (s *Sessions) List() []Session {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]Session, 0, len(s.here))
	for _, e := range s.here {
		one := e.Session
		one.Transfer = e.transfer.now()
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Session) int { return cmp.Or(a.Since.Compare(b.Since), a.Client.Compare(b.Client)) })
	return all
}

// enter notes a conversation until leave is called. A nil Sessions notes nothing.
func (s *Sessions) enter(c *conversation) (leave func()) {
	if s == nil {
		return func() {}
	}
	e := &entry{Session: Session{
		Since: c.desk.Clock.Now(), Server: endpointOf(c.conn.LocalAddr()), Client: endpointOf(c.conn.RemoteAddr()),
	}}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.here == nil {
		s.here = make(map[*conversation]*entry)
	}
	s.here[c] = e
	return func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.here, c)
	}
}

// note is called by the conversation when something of it has changed.
func (s *Sessions) note(c *conversation) {
	if s == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.here[c]
	if c.library != nil {
		e.User = c.name
	}
	e.Secure, e.transfer = c.secure, c.transfer
}

// now is the transfer as it is, or nil when it is over.
func (t *transfer) now() *Transfer {
	if t == nil {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return nil
	}
	now := &Transfer{Command: t.cmd.String(), Active: t.active}
	if t.conn != nil {
		now.Server, now.Client = endpointOf(t.conn.LocalAddr()), endpointOf(t.conn.RemoteAddr())
		now.Bytes = t.conn.count()
	}
	return now
}

func endpointOf(a net.Addr) netip.AddrPort {
	at, _ := netip.ParseAddrPort(a.String())
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}
