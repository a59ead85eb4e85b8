package imapd

import (
	"context"
	"crypto/tls"
	"errors"
	"io/fs"
	"sync"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/servers/mailbox"
)

// session is a conversation with a client: the library calls a method for each
// command, and sees to it that the state is right.
type session struct {
	*office
	ctx  context.Context // until the connection ends
	stop context.CancelFunc
	wire *wire
	conn *imapserver.Conn

	user     string
	failures int              // wrong passwords
	box      *mailbox.Mailbox // from the login on

	// The library does not wait for Idle's end when IDLE ends otherwise than by
	// DONE. What uses the view must hold this.
	mu   sync.Mutex
	view *view // of the selected folder; nil: none is selected
}

var (
	_ imapserver.SessionNamespace   = (*session)(nil)
	_ imapserver.SessionMove        = (*session)(nil)
	_ imapserver.SessionAppendLimit = (*session)(nil)
)

func (o *office) newSession(conn *imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
	below := conn.NetConn()
	if secured, ok := below.(*tls.Conn); ok {
		below = secured.NetConn()
	}
	s := &session{office: o, conn: conn, wire: below.(*wire)}
	s.ctx, s.stop = context.WithCancel(s.wire.ctx)
	return s, &imapserver.GreetingData{}, nil
}

// Close is called when the conversation is over.
func (s *session) Close() error {
	s.stop()
	s.conn.NetConn().Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.view.close()
	s.view = nil
	if s.box != nil {
		s.box.Close()
	}
	close(s.wire.over)
	return nil
}

// Login takes a name and a password, from LOGIN or from AUTHENTICATE PLAIN
// (RFC 9051 §6.2.2, §6.2.3). To guess takes longer with each guess, and ends soon.
func (s *session) Login(user, password string) error {
	if !s.Users.Check(user, password) {
		s.failures++
		s.Log.Info("imapd: wrong password", "client", s.wire.client(), "user", user)
		if s.failures >= s.MaxLogins {
			s.wire.noMore()
		}
		if err := clock.Sleep(s.ctx, s.Clock, s.LoginDelay*time.Duration(s.failures)); err != nil {
			return err
		}
		return imapserver.ErrAuthFailed
	}
	box, err := s.Mail.Open(user)
	if err != nil {
		s.Log.Error("imapd: mailbox", "user", user, "error", err)
		return no(imap.ResponseCodeUnavailable, "The mailbox cannot be opened now")
	}
	s.box, s.user = box, user
	s.wire.loggedIn()
	return nil
}

// Namespace says that there are no folders but one's own (RFC 2342).
func (s *session) Namespace() (*imap.NamespaceData, error) {
	return &imap.NamespaceData{Personal: []imap.NamespaceDescriptor{{Delim: delimiter}}}, nil
}

// AppendLimit is asked by the library, which refuses a larger literal without
// reading it, and would take its text for commands if the client sends it without
// being asked to (RFC 7888). So it is to let all through; Append has the limit.
func (s *session) AppendLimit() uint32 { return 1<<32 - 1 }

// no is the answer that a command was not done.
func no(code imap.ResponseCode, text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeNo, Code: code, Text: text}
}

// bad is the answer that a command makes no sense.
func bad(text string) error {
	return &imap.Error{Type: imap.StatusResponseTypeBad, Code: imap.ResponseCodeClientBug, Text: text}
}

// answer turns a fault of the store into an answer for the client, with a code of
// RFC 9051 §7.1.
func (s *session) answer(err error) error {
	var already *imap.Error
	switch {
	case err == nil || errors.As(err, &already):
		return err
	case errors.Is(err, fs.ErrNotExist):
		return no(imap.ResponseCodeNonExistent, "There is no such folder or message")
	case errors.Is(err, fs.ErrExist):
		return no(imap.ResponseCodeAlreadyExists, "There is a folder of that name")
	case errors.Is(err, mailbox.ErrFolder):
		return no(imap.ResponseCodeCannot, "No folder can be called so")
	case errors.Is(err, mailbox.ErrKeywords):
		return no(imap.ResponseCodeLimit, "The folder can have no further keyword")
	case errors.Is(err, fs.ErrPermission):
		return no(imap.ResponseCodeNoPerm, "The Inbox stays where it is")
	}
	s.Log.Error("imapd: mailbox", "user", s.user, "error", err)
	return no(imap.ResponseCodeUnavailable, "That cannot be done now")
}
