package smtpd

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"github.com/wirebook/wirebook/netx"
)

// speak has go-smtp lead a conversation. It reads the commands, takes them apart,
// keeps them in order and writes the replies; what is to be done, it asks the
// session (conversation.go). Each conversation has a go-smtp server of its own,
// which believes that the stream is the only connection.
func (c *conversation) speak() {
	server := smtp.NewServer(smtp.BackendFunc(c.newSession))
	server.Domain = c.Hostname
	server.MaxLineLength = c.MaxLine
	server.MaxMessageBytes = c.MaxSize
	server.MaxRecipients = c.MaxRecipients
	server.EnableSMTPUTF8 = true
	server.AllowInsecureAuth = c.stream.secured || !c.NeedTLS
	if !c.stream.secured {
		server.TLSConfig = c.TLS
	}
	server.ErrorLog = libraryLog{c}
	server.Serve(&oneConn{stream: c.stream})
	server.Shutdown(context.Background()) // waits for its goroutine
}

// oneConn is a listener to which one client comes.
type oneConn struct {
	*stream
	accepted bool
}

// Accept returns the client, and after that nobody, once the client has gone.
func (l *oneConn) Accept() (net.Conn, error) {
	if l.accepted {
		<-l.ended
		return nil, net.ErrClosed
	}
	l.accepted = true
	return l.stream, nil
}

// Close has nothing to do: the stream ends by itself.
func (l *oneConn) Close() error { return nil }

// Addr implements net.Listener.
func (l *oneConn) Addr() net.Addr { return l.LocalAddr() }

// libraryLog is where go-smtp says what went wrong. It catches panics; they are
// given to netx.Guard, like those that it does not catch.
type libraryLog struct{ *conversation }

func (l libraryLog) Printf(format string, args ...any) {
	if strings.HasPrefix(format, "panic") {
		netx.Guard(l.ctx, l.Log, "connection from "+l.client(), func() { panic(fmt.Sprintf(format, args...)) })
		return
	}
	l.Log.Debug("smtpd: a connection ended", "client", l.client(), "error", fmt.Sprintf(format, args...))
}

func (l libraryLog) Println(args ...any) { l.Printf("%s", fmt.Sprint(args...)) }

const handshakeTimeout = 30 * time.Second

// startTLS puts TLS between the connection and us (RFC 3207). All that was said
// before it is forgotten, since somebody in the middle may have said it: a new
// conversation begins. Commands that came behind STARTTLS in the clear are in the
// old stream's buffer, and stay there.
func (c *conversation) startTLS(conn net.Conn) (net.Conn, error) {
	if n := c.stream.in.Buffered() + len(c.stream.rest); n > 0 {
		c.Log.Warn("smtpd: commands behind STARTTLS were thrown away", "client", c.client(), "bytes", n)
	}
	return c.handshake(c.ctx, conn)
}

// handshake begins TLS on a connection.
func (o *office) handshake(ctx context.Context, conn net.Conn) (net.Conn, error) {
	secured := tls.Server(conn, o.TLS)
	conn.SetDeadline(o.Clock.Now().Add(handshakeTimeout))
	if err := secured.HandshakeContext(ctx); err != nil {
		o.Log.Info("smtpd: no TLS", "client", conn.RemoteAddr().String(), "error", err)
		return nil, err
	}
	return secured, nil
}
