package ftpd

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path"
	"strings"
	"sync"

	ftpserver "github.com/fclairamb/ftpserverlib"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/protocol/ftp"
)

// library is a session with ftpserverlib, which knows the commands on files and
// folders, TYPE A, and the forms of a listing. It is told one command at a time,
// over a pipe, and believes that each data connection is a passive one. The session
// begins when something is asked that needs it: many a client fetches a file and
// leaves.
//
// The conversation keeps what the library could do on the kernel's network only:
// it opens its own sockets, and has no other. When it opens one for EPSV, though,
// it lets its driver put another listener in its place, and there the data
// connection comes in that the conversation has made, passive or active, on
// whatever network there is.
type library struct {
	conn  net.Conn // our end of the pipe; nil before the session begins
	in    *bufio.Reader
	ended chan struct{} // the library has hung up

	driver  driver
	image   bool                     // TYPE I: files go as they are
	restart int64                    // REST: the byte at which the next one begins
	ready   bool                     // EPSV has been said
	dial    func() (net.Conn, error) // makes the next data connection
	files   sync.WaitGroup           // that are open
	failure error                    // what the store said last, if that was an error
}

// newLibrary is one for the files of a user who has logged in.
func newLibrary(c *conversation, files store) *library {
	l := &library{}
	l.driver = driver{library: l, files: files, conversation: c}
	return l
}

// begin begins the session.
func (l *library) begin() error {
	ours, theirs := net.Pipe()
	l.conn, l.in, l.ended = ours, bufio.NewReader(ours), make(chan struct{})
	server := ftpserver.NewFtpServer(&session{l, &oneConn{conn: &hangUp{Conn: theirs, ended: l.ended}}})
	server.Logger = slog.New(slog.DiscardHandler)
	err := server.Listen()
	if err == nil {
		err = server.Serve() // returns at once, with the session running
	}
	if err != nil {
		l.conn = nil
		return err
	}
	for _, step := range []struct {
		say  string
		want int
	}{{"", 220}, {"USER " + anonymous, 331}, {"PASS", 230}, {l.typeCommand(), 200}} {
		if reply := l.tell(step.say); reply.Code != step.want {
			l.close()
			l.conn = nil
			return fmt.Errorf("ftpserverlib answered %q with %v", step.say, reply)
		}
	}
	return nil
}

// ask has one command answered. A reply without a code says that the library is at
// fault, or that the session is over.
func (l *library) ask(line string) ftp.Reply {
	l.failure = nil
	if l.conn == nil {
		if err := l.begin(); err != nil {
			c := l.driver.conversation
			c.desk.Log.Error("ftpd: no session", "client", c.peer, "user", c.name, "error", err)
			return ftp.Reply{}
		}
	}
	return l.tell(line)
}

func (l *library) tell(line string) ftp.Reply {
	if line != "" {
		if _, err := io.WriteString(l.conn, line+"\r\n"); err != nil {
			return ftp.Reply{}
		}
	}
	return l.next()
}

// next reads a further reply, after a preliminary one.
func (l *library) next() ftp.Reply {
	reply, err := ftp.ReadReply(l.in)
	if err != nil {
		return ftp.Reply{}
	}
	if !strings.HasPrefix(reply.Text(), "Unhandled internal error") {
		return reply
	}
	// The library has caught a panic, perhaps one of ours. It is not to go unheard.
	c := l.driver.conversation
	netx.Guard(c.ctx, c.desk.Log, "ftpserverlib for "+c.peer.String(), func() { panic(reply.Text()) })
	return ftp.Reply{}
}

// prepare says EPSV, if the library is likely to be needed. That takes a while,
// since it opens a socket: it is done while the client connects, rather than
// while the client waits for a listing.
func (l *library) prepare() {
	if !l.image {
		l.sayEPSV()
	}
}

func (l *library) sayEPSV() ftp.Reply {
	reply := l.ask("EPSV")
	l.ready = reply.Completed()
	return reply
}

// setImage notes the type. That of lines of text has no position in bytes.
func (l *library) setImage(image bool) {
	l.image = image
	if !image {
		l.restart = 0
	}
	if l.conn != nil {
		l.ask(l.typeCommand())
	}
}

func (l *library) typeCommand() string {
	if l.image {
		return "TYPE I"
	}
	return "TYPE A"
}

// takes reports whether the library is to carry a transfer. A file as it is needs
// none of what it knows, and the conversation is quicker alone.
func (l *library) takes(cmd ftp.Command) bool {
	switch cmd.Verb {
	case "RETR", "STOR", "APPE":
		return !l.image
	}
	return true
}

// open is the file of a transfer that the conversation carries alone, at the byte
// where that is to begin.
func (l *library) open(cmd ftp.Command) (ftpserver.FileTransfer, error) {
	at, flags := l.restart, os.O_RDONLY
	l.restart, l.failure = 0, nil
	switch {
	case cmd.Verb == "APPE":
		at, flags = 0, os.O_WRONLY|os.O_CREATE|os.O_APPEND
	case cmd.Verb == "STOR" && at == 0:
		flags = os.O_WRONLY | os.O_CREATE | os.O_TRUNC
	case cmd.Verb == "STOR":
		flags = os.O_WRONLY | os.O_CREATE
	}
	file, err := l.driver.GetHandle(l.path(cmd.Arg), flags, at)
	if err != nil || at == 0 {
		return file, err
	}
	if _, err := file.Seek(at, io.SeekStart); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// path is what a client calls name, from the folder where it is.
func (l *library) path(name string) string {
	here := "/"
	if l.conn != nil {
		here = l.driver.context.Path()
	}
	if !path.IsAbs(name) {
		name = path.Join(here, name)
	}
	return path.Clean(name)
}

// transfer asks for a command that has a data connection, which dial makes.
func (l *library) transfer(cmd ftp.Command, dial func() (net.Conn, error)) ftp.Reply {
	if !l.ready {
		if reply := l.sayEPSV(); !l.ready {
			return reply
		}
	}
	l.dial, l.ready = dial, false
	return l.ask(cmd.String())
}

// close ends the session, and waits until the library has.
func (l *library) close() {
	if l.conn != nil {
		l.conn.Close()
		<-l.ended
	}
	l.files.Wait()
}

// oneConn is a listener to which one connection comes.
type oneConn struct{ conn net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, &net.OpError{Op: "accept", Err: net.ErrClosed}
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *oneConn) Addr() net.Addr { return pipeAddr{} }
func (l *oneConn) Close() error   { return nil }

type pipeAddr struct{}

func (pipeAddr) Network() string { return "pipe" }
func (pipeAddr) String() string  { return "pipe" }

// hangUp is the library's end of the pipe. Closing it is the last thing that a
// session of the library does.
type hangUp struct {
	net.Conn
	once  sync.Once
	ended chan struct{}
}

func (h *hangUp) Close() error {
	h.once.Do(func() { close(h.ended) })
	return h.Conn.Close()
}
