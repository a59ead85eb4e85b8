package ftpc

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// dataConn is a data connection from the moment that the two sides have agreed
// on it.
//
// In passive mode the server opens a port, and says which; we connect to it. In
// active mode we open a port, and say which; the server connects to it, but only
// once it has been given a command that needs it.
type dataConn struct {
	Data
	session *Session
	began   time.Time

	mu       sync.Mutex
	listener net.Listener // active: where the server shall connect to
	raw      net.Conn     // the connection, when it is open
	conn     net.Conn     // what is read and written: raw, or TLS over it
	closed   bool
}

// DataError is that there is no data connection, though the control connection is
// well.
type DataError struct {
	Active bool           // the server could not connect to us; else we could not to it
	At     netip.AddrPort // to where
	Err    error
}

// Error says who could not connect to whom.
func (e *DataError) Error() string {
	if e.Active {
		return fmt.Sprintf("the server did not connect to %v, where we waited for it: %v", e.At, e.Err)
	}
	return fmt.Sprintf("the server waits at %v, but we cannot connect: %v", e.At, e.Err)
}

// Unwrap is the reason: an [*Error] of the server's, or one of the network.
func (e *DataError) Unwrap() error { return e.Err }

// agree settles who connects to whom.
func (s *Session) agree(ctx context.Context) (*dataConn, error) {
	d := &dataConn{session: s, began: s.clock().Now()}
	var err error
	if s.Active {
		err = d.listen(ctx)
	} else {
		err = d.dial(ctx)
	}
	if err != nil {
		d.close()
		return nil, err
	}
	return d, nil
}

// dial is passive mode: the server is asked where it waits, and we go there.
func (d *dataConn) dial(ctx context.Context) error {
	s := d.session
	at, err := s.askPort(ctx)
	if err != nil {
		return err
	}
	conn, err := s.client.dial(ctx, at.String())
	if err != nil {
		return &DataError{At: at, Err: err}
	}
	d.Client, d.Server = addrPort(conn.LocalAddr()), at
	d.opened(conn)
	return nil
}

// askPort asks where the server waits: EPSV (RFC 2428 §3), whose reply has a port
// only, and PASV (RFC 959 §4.1.2) where that is not known.
func (s *Session) askPort(ctx context.Context) (netip.AddrPort, error) {
	if !s.noEPSV {
		reply, err := s.command(ctx, "EPSV", "")
		if err != nil {
			return netip.AddrPort{}, err
		}
		if reply.Code == 229 {
			port, err := ftp.ParseExtendedPassive(reply.Text())
			if err != nil {
				return netip.AddrPort{}, fmt.Errorf("EPSV: %w", err)
			}
			return netip.AddrPortFrom(s.server.Addr(), port), nil
		}
		if !unknown(reply) || s.server.Addr().Is6() { // PASV can only say IPv4
			return netip.AddrPort{}, refused("EPSV", "", reply)
		}
		s.noEPSV = true
		s.note(NoteNoExtended)
	}
	reply, err := s.command(ctx, "PASV", "")
	if err != nil {
		return netip.AddrPort{}, err
	}
	if reply.Code != 227 {
		return netip.AddrPort{}, refused("PASV", "", reply)
	}
	at, err := ftp.ParsePassive(reply.Text())
	if err != nil {
		return netip.AddrPort{}, fmt.Errorf("PASV: %w", err)
	}
	// The reply may name any address. A server behind a NAT names one that
	// does not work; a malicious one lets us knock at other people's doors,
	// behind our firewall. It is the bounce attack of RFC 2577 §2, turned
	// round. We go where the server is.
	if at.Addr() != s.server.Addr() {
		s.note(NoteForeignAddress)
	}
	return netip.AddrPortFrom(s.server.Addr(), at.Port()), nil
}

// listen is active mode: we open a port, and the server is told which.
func (d *dataConn) listen(ctx context.Context) error {
	s := d.session
	// The address is the one that the server sees us at; if a NAT lies
	// between, it is not, and the server will try in vain.
	ln, err := s.client.network().Listen(ctx, "tcp", net.JoinHostPort(s.local.Addr().String(), "0"))
	if err != nil {
		return err
	}
	d.listener = ln
	d.Active, d.Client = true, addrPort(ln.Addr())
	err = s.tellPort(ctx, d.Client)
	// A server that sees us at another address, since a NAT is between, will
	// not hear of this one (RFC 2577 §3).
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Reply.Code != notLoggedIn {
		return &DataError{Active: true, At: d.Client, Err: err}
	}
	return err
}

// tellPort tells the server where we wait: EPRT (RFC 2428 §2), or PORT (RFC 959
// §4.1.2) where that is not known.
func (s *Session) tellPort(ctx context.Context, at netip.AddrPort) error {
	if !s.noEPRT {
		arg := ftp.FormatExtendedPort(at)
		reply, err := s.command(ctx, "EPRT", arg)
		if err != nil || reply.Completed() {
			return err
		}
		if !unknown(reply) || at.Addr().Is6() {
			return refused("EPRT", arg, reply)
		}
		s.noEPRT = true
		s.note(NoteNoExtended)
	}
	_, err := s.must(ctx, "PORT", ftp.FormatPort(at))
	return err
}

// unknown reports whether a command may be refused for being too new: unknown,
// not implemented, or not for this family of addresses (522, RFC 2428 §2). Some
// say 550 or the like; that nobody has logged in yet is another matter.
func unknown(reply ftp.Reply) bool { return reply.Permanent() && reply.Code != notLoggedIn }

const notLoggedIn = 530

// open makes sure that the connection is there, and protected if it shall be. The
// server has said that it begins: it accepts, or has connected, about now.
func (d *dataConn) open(ctx context.Context) error {
	if d.Active {
		if err := d.accept(); err != nil {
			return &DataError{Active: true, At: d.Client, Err: err}
		}
	}
	if !d.session.protected {
		return nil
	}
	// We are TLS's client also when the server has connected to us (RFC
	// 4217).
	protected := tls.Client(d.raw, d.session.tlsConfig())
	if err := d.session.client.inTime(ctx, protected.HandshakeContext); err != nil {
		return fmt.Errorf("TLS on the data connection: %w", err)
	}
	d.TLS, d.Resumed = true, protected.ConnectionState().DidResume
	d.conn = protected
	return nil
}

const dataPort = 20

var errNobody = errors.New("nobody came in time")

// accept waits until the server connects. Others who find the port are sent away.
func (d *dataConn) accept() error {
	s := d.session
	timer := s.clock().AfterFunc(s.client.timeout(), func() { d.listener.Close() })
	defer timer.Stop()
	for {
		conn, err := d.listener.Accept()
		if err != nil {
			return errNobody
		}
		from := addrPort(conn.RemoteAddr())
		if from.Addr() != s.server.Addr() {
			s.note(NoteStranger)
			conn.Close()
			continue
		}
		// The data port is the one below that of the control connection
		// (RFC 959 §3.2, L-1): 20, as a rule.
		if from.Port() != s.server.Port()-1 && from.Port() != dataPort {
			s.note(NoteOddPort)
		}
		d.Server = from
		d.opened(conn)
		return nil
	}
}

// opened keeps the connection; its reads and writes have deadlines from here on.
func (d *dataConn) opened(conn net.Conn) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		conn.Close()
	}
	d.raw = patient{conn, d.session.deadline}
	d.conn = d.raw
}

// end tells the server that we have sent everything. It does not close the
// connection: bytes that nobody has read yet, such as a TLS ticket, would make
// that a reset, in which what we have sent may be lost.
func (d *dataConn) end() error {
	if protected, ok := d.conn.(*tls.Conn); ok {
		if err := protected.CloseWrite(); err != nil {
			return err
		}
	}
	if half, ok := d.raw.(patient).Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return d.conn.Close()
}

// close closes whatever is open. It may be called at any time, and again.
func (d *dataConn) close() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.closed = true
	if d.listener != nil {
		d.listener.Close()
	}
	if d.raw != nil {
		d.raw.Close()
	}
}

// patient is a connection each of whose reads and writes has a deadline of its own.
type patient struct {
	net.Conn
	deadline func() time.Time
}

func (p patient) Read(b []byte) (int, error) {
	p.Conn.SetReadDeadline(p.deadline())
	return p.Conn.Read(b)
}

func (p patient) Write(b []byte) (int, error) {
	p.Conn.SetWriteDeadline(p.deadline())
	return p.Conn.Write(b)
}
