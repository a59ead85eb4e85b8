package ftpd

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/ftp"
)

// transfer is one use of a data connection. A nil one is none.
type transfer struct {
	cmd    ftp.Command
	active bool // the server connects to the client
	cancel context.CancelFunc

	mu      sync.Mutex
	conn    *dataConn // nil before it is open
	aborted bool
	done    bool
	failed  error // why it is not
}

// carry runs a command that has a data connection: LIST, NLST, MLSD, RETR, STOR,
// APPE. The conversation goes on meanwhile, for ABOR.
func (c *conversation) carry(cmd ftp.Command) bool {
	agreed := c.data
	switch {
	case !agreed.agreed:
		c.reply(425, "Say first where the data connection goes: PASV, EPSV, PORT or EPRT.")
		return false
	case c.desk.RequireTLS && !c.private && !c.isAnonymous():
		c.reply(521, "Data connections must be private here: PROT P first.")
		return false
	}
	c.data.agreed = false
	if cmd.Verb == "LIST" || cmd.Verb == "NLST" {
		cmd.Arg, c.listAll = listArg(cmd.Arg)
	}
	ctx, cancel := context.WithCancel(c.ctx)
	t := &transfer{cmd: cmd, active: agreed.active.IsValid(), cancel: cancel}
	c.transfer = t
	c.desk.Sessions.note(c)
	dial := func() (net.Conn, error) {
		conn, err := c.openData(ctx, agreed)
		if err != nil {
			t.failed = err
			return nil, err
		}
		if c.private {
			conn = tls.Server(conn, c.desk.TLS) // shakes hands at its first byte, after the 150
		}
		return t.begin(&dataConn{Conn: conn, clock: c.desk.Clock, stall: c.desk.StallTimeout})
	}
	c.setBusy(true)
	c.running.Go(func() {
		defer c.setBusy(false)
		defer t.end()
		told := false
		netx.Guard(c.ctx, c.desk.Log, "transfer with "+c.peer.String(), func() {
			c.perform(t, dial)
			told = true
		})
		if !told {
			c.reply(451, "The server is at fault.")
		}
	})
	return false
}

// perform carries the file or the listing, or has the library do it, and tells the
// client how it goes: 150, and at the end whether all of it has gone through.
func (c *conversation) perform(t *transfer, dial func() (net.Conn, error)) {
	first, finish := c.start(t.cmd, dial)
	switch {
	case !t.opened():
		c.data.close() // who has not come yet might still come, for something else
		switch {
		case t.wasAborted():
			c.reply(426, "Aborted.")
		case t.failed != nil:
			c.desk.Log.Info("ftpd: no data connection", "client", c.peer, "command", t.cmd, "error", t.failed)
			c.reply(425, "There is no data connection: "+cause(t.failed).Error())
		default:
			c.relay(t.cmd, first)
		}
		return
	case !first.Preliminary():
		c.relay(t.cmd, first)
		return
	}
	c.reply(150, "Here it comes.")
	final := finish()
	code, text := t.verdict(c.library.failure, final)
	c.desk.Log.Debug("ftpd: transfer", "client", c.peer, "user", c.name, "command", t.cmd, "bytes", t.conn.count(), "reply", code)
	c.reply(code, text)
}

// start opens what is asked for, and the data connection. When the reply is a
// preliminary one, finish carries it to its end.
func (c *conversation) start(cmd ftp.Command, dial func() (net.Conn, error)) (first ftp.Reply, finish func() ftp.Reply) {
	if c.library.takes(cmd) {
		return c.library.transfer(cmd, dial), c.library.next
	}
	file, err := c.library.open(cmd)
	if err != nil {
		return ftp.Reply{Code: 550}, nil
	}
	conn, err := dial()
	if err != nil {
		file.Close()
		return ftp.Reply{Code: 425}, nil
	}
	return ftp.Reply{Code: 150}, func() ftp.Reply {
		defer file.Close()
		defer conn.Close() // once more does no harm
		if err := errors.Join(move(cmd, file, conn), conn.Close()); err != nil {
			return ftp.Reply{Code: 451, Lines: []string{err.Error()}}
		}
		return ftp.Reply{Code: 226}
	}
}

// move copies a file from or to the data connection.
func move(cmd ftp.Command, file io.ReadWriter, conn net.Conn) error {
	if cmd.Verb != "RETR" {
		_, err := io.Copy(file, conn)
		return err
	}
	if _, err := io.Copy(conn, file); err != nil {
		return err
	}
	return conn.(*dataConn).Flush()
}

// verdict is the reply at the end. The client must not take for whole what is
// not.
func (t *transfer) verdict(failure error, final ftp.Reply) (code int, text string) {
	broken := t.conn.broken()
	switch {
	case t.wasAborted():
		return 426, "Aborted."
	case failure != nil:
		if code = replyTo(failure); code == 550 {
			code = 451 // what was begun has failed
		}
		return code, describe(failure)
	case broken != nil:
		return 426, "The data connection broke: " + cause(broken).Error()
	case final.Completed():
		return 226, "Transfer complete."
	case final.Code == 0:
		return 451, "The server is at fault."
	}
	return 451, final.Text()
}

// abor ends a transfer (RFC 959 §4.1.3): 426 is its reply, and 226 the one to
// ABOR.
func (c *conversation) abor(ftp.Command) bool {
	c.transfer.abort()
	c.running.Wait()
	c.data.close()
	c.reply(226, "Nothing is being transferred.")
	return false
}

var errAborted = errors.New("aborted")

// begin takes the connection that has been opened.
func (t *transfer) begin(conn *dataConn) (net.Conn, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.aborted {
		conn.Conn.Close()
		return nil, errAborted
	}
	t.conn = conn
	return conn, nil
}

func (t *transfer) abort() {
	if t == nil {
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.done {
		return
	}
	t.aborted = true
	t.cancel()
	if t.conn != nil {
		t.conn.Conn.Close()
	}
}

func (t *transfer) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.done = true
	t.cancel()
}

func (t *transfer) opened() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.conn != nil
}

func (t *transfer) wasAborted() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.aborted
}

// String is what STAT says of it.
func (t *transfer) String() string {
	if t == nil {
		return "Nothing has been transferred"
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case t.done:
		return "Nothing is being transferred"
	case t.conn == nil:
		return t.cmd.String() + ": waiting for the data connection"
	}
	return fmt.Sprintf("%s: %d bytes so far", t.cmd, t.conn.count())
}
