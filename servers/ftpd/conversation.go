package ftpd

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// conversation is one control connection, from the greeting on.
type conversation struct {
	desk        *desk
	ctx         context.Context
	conn        net.Conn // after AUTH TLS, a *tls.Conn
	in          *bufio.Reader
	local, peer netip.Addr

	loginBy time.Time
	name    string   // as USER said
	library *library // nil before somebody has logged in
	wrong   int      // passwords so far
	secure  bool     // the control connection is under TLS
	private bool     // data connections are, too: PROT P

	data     dataPort
	listAll  bool           // the listing shows names that begin with a dot
	transfer *transfer      // the one that runs, or was the last
	running  sync.WaitGroup // while a transfer runs

	mu   sync.Mutex // one writes at a time; also guards busy
	busy bool       // a transfer runs, and silence is no idleness
}

func (d *desk) newConversation(ctx context.Context, conn net.Conn) *conversation {
	takeUrgentInline(conn)
	return &conversation{
		desk: d, ctx: ctx, conn: conn, in: bufio.NewReader(conn), loginBy: d.Clock.Now().Add(d.LoginTimeout),
		local: addressOf(conn.LocalAddr()), peer: addressOf(conn.RemoteAddr()),
	}
}

func addressOf(a net.Addr) netip.Addr {
	at, _ := netip.ParseAddrPort(a.String())
	return at.Addr().Unmap()
}

// command is what the server does for one verb.
type command struct {
	run   func(*conversation, ftp.Command) (quit bool)
	rules rules
}

type rules int

const (
	open     rules = 1 << iota // also for who has not logged in
	anytime                    // also while a transfer runs
	argument                   // not without one
)

// commands are those of RFC 959, and what RFC 1123, 2228, 2389, 2428, 3659 and
// 4217 have added. The ones that handle files are the library's.
var commands map[string]command

func init() {
	c := map[string]command{
		"USER": {(*conversation).user, open | argument},
		"PASS": {(*conversation).pass, open},
		"AUTH": {(*conversation).auth, open | argument},
		"PBSZ": {(*conversation).pbsz, open | argument},
		"PROT": {(*conversation).prot, open | argument},
		"QUIT": {(*conversation).quit, open},

		"PORT": {(*conversation).port, argument},
		"EPRT": {(*conversation).port, argument},
		"PASV": {(*conversation).pasv, 0},
		"EPSV": {(*conversation).epsv, 0},
		"ABOR": {(*conversation).abor, anytime},

		"TYPE": {(*conversation).setType, argument},
		"REST": {(*conversation).rest, argument},
		"STRU": {(*conversation).stru, argument},
		"ALLO": {(*conversation).superfluous, 0},
		"ACCT": {(*conversation).superfluous, 0},
		"SYST": {(*conversation).syst, open},
		"FEAT": {(*conversation).feat, open},
		"OPTS": {(*conversation).opts, open | argument},
		"HELP": {(*conversation).help, open},
		"NOOP": {(*conversation).noop, open | anytime},
		"STAT": {(*conversation).stat, anytime},
	}
	for _, verb := range []string{"PWD", "XPWD", "CDUP", "MLST"} {
		c[verb] = command{(*conversation).ask, 0}
	}
	for _, verb := range []string{"CWD", "XCWD", "MODE", "SIZE", "MDTM", "MFMT", "DELE", "RMD", "XRMD", "MKD", "XMKD", "RNFR", "RNTO"} {
		c[verb] = command{(*conversation).ask, argument}
	}
	for _, verb := range []string{"LIST", "NLST", "MLSD"} {
		c[verb] = command{(*conversation).carry, 0}
	}
	for _, verb := range []string{"RETR", "STOR", "APPE"} {
		c[verb] = command{(*conversation).carry, argument}
	}
	commands = c
}

// hold greets, and does what it is told until one side has had enough.
func (c *conversation) hold() {
	defer c.end()
	c.reply(220, c.desk.Banner)
	for {
		line, err := c.readLine()
		if err != nil {
			c.farewell(err)
			return
		}
		cmd, err := ftp.ParseCommand(line)
		if err != nil {
			c.reply(500, "That is not an FTP command.")
			continue
		}
		if quit := c.obey(cmd); quit {
			return
		}
	}
}

// obey runs one command.
func (c *conversation) obey(cmd ftp.Command) (quit bool) {
	what, known := commands[cmd.Verb]
	if what.rules&anytime == 0 {
		c.running.Wait() // a client may send ahead what is to be done next
	}
	switch {
	case !known && c.library == nil:
		c.reply(530, "Log in first, with USER and PASS.")
	case !known:
		c.reply(502, cmd.Verb+" is not implemented.")
	case what.rules&open == 0 && c.library == nil:
		c.reply(530, "Log in first, with USER and PASS.")
	case what.rules&argument != 0 && cmd.Arg == "":
		c.reply(501, cmd.Verb+" needs an argument.")
	case len(cmd.Arg) > maxArg:
		c.reply(501, "That is too long.")
	default:
		return what.run(c, cmd)
	}
	return false
}

// maxArg is how long an argument may be, in bytes: as long as a path in Linux,
// and as the library reads it.
const maxArg = 4000

// readLine waits for the next command.
func (c *conversation) readLine() (string, error) {
	c.mu.Lock()
	if !c.busy {
		c.conn.SetReadDeadline(c.limit())
	}
	c.mu.Unlock()
	return ftp.ReadLine(c.in)
}

// limit is how long the server waits for the next command. What is said does not
// prolong the time to log in.
func (c *conversation) limit() time.Time {
	if c.library == nil {
		return c.loginBy
	}
	return c.desk.Clock.Now().Add(c.desk.IdleTimeout)
}

// setBusy turns the limit for idleness off while a transfer runs, and on again:
// the client has nothing to say meanwhile.
func (c *conversation) setBusy(busy bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.busy = busy
	var until time.Time
	if !busy {
		until = c.limit()
	}
	c.conn.SetReadDeadline(until)
}

// farewell says why the server hangs up, where the client is there to hear it.
func (c *conversation) farewell(err error) {
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded) && c.library == nil:
		c.reply(421, fmt.Sprintf("Nobody has logged in within %v; closing.", c.desk.LoginTimeout))
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.reply(421, fmt.Sprintf("Nothing was said for %v; closing.", c.desk.IdleTimeout))
	case errors.Is(err, ftp.ErrTooLong):
		c.reply(500, "The line is too long; closing.")
	case !errors.Is(err, io.EOF):
		c.desk.Log.Debug("ftpd: control connection broke", "client", c.peer, "error", err)
	}
}

// end leaves nothing behind.
func (c *conversation) end() {
	c.transfer.abort()
	c.running.Wait()
	c.data.close()
	if c.library != nil {
		c.library.close()
	}
	if c.secure {
		c.conn.Close() // and tell the client that nothing was cut off
	}
}

// inOneLine: a file's name, which is part of some replies, may hold a line break.
var inOneLine = strings.NewReplacer("\r", "?", "\n", "?")

// reply sends one reply (RFC 959 §4.2): several lines, when the text has them.
func (c *conversation) reply(code int, text ...string) {
	var b strings.Builder
	for i, line := range text {
		line = inOneLine.Replace(line)
		switch {
		case i == len(text)-1:
			fmt.Fprintf(&b, "%03d %s\r\n", code, line)
		case i == 0:
			fmt.Fprintf(&b, "%03d-%s\r\n", code, line)
		default:
			fmt.Fprintf(&b, "%s\r\n", line)
		}
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn.SetWriteDeadline(c.desk.Clock.Now().Add(time.Minute))
	io.WriteString(c.conn, b.String()) // an error shows when the next line is read
}

// quit says goodbye, after a transfer that runs (RFC 959 §4.1.1).
func (c *conversation) quit(ftp.Command) bool {
	c.reply(221, "Goodbye.")
	return true
}
