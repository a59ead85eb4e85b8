package pop3c

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// scripted is a network with one server on it, which reads what stands behind "C:"
// and says what stands behind "S:"; what stands behind "S|" with Go's escapes and
// without a line end of its own. At "S. close" it has had enough.
type scripted struct {
	netx.OS
	t      testing.TB
	script string
	done   chan error
}

// play returns a client on a network with such a server. When the test ends, the
// server must have come to the script's end.
func play(t testing.TB, script string) *Client {
	t.Helper()
	nw := &scripted{t: t, script: script, done: make(chan error, 1)}
	t.Cleanup(func() {
		select {
		case err := <-nw.done:
			if err != nil {
				t.Error(err)
			}
		case <-time.After(20 * time.Second):
			t.Error("the conversation does not end")
		}
	})
	return &Client{Network: nw, Timeout: 10 * time.Second}
}

func (nw *scripted) DialContext(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() { nw.done <- nw.serve(theirs) }()
	return ours, nil
}

func (nw *scripted) serve(conn net.Conn) error {
	defer conn.Close()
	in := bufio.NewReader(conn)
	for line := range strings.Lines(nw.script) {
		line = strings.TrimSuffix(strings.TrimLeft(line, "\t"), "\n")
		mark, text := line[:min(2, len(line))], strings.TrimPrefix(line[min(2, len(line)):], " ")
		switch mark {
		case "":
		case "C:":
			got, err := in.ReadString('\n')
			if got != text+"\r\n" {
				return fmt.Errorf("the client said %q (%v), want %q", got, err, text)
			}
		case "S.":
			return nil
		case "S:", "S|":
			if mark == "S:" {
				text += "\r\n"
			} else if raw, err := strconv.Unquote(`"` + text + `"`); err == nil {
				text = raw
			}
			// The client may have had enough.
			if _, err := io.WriteString(conn, text); err != nil {
				return nil
			}
		default:
			return fmt.Errorf("%q is no line of a script", line)
		}
	}
	rest, err := in.ReadString('\n')
	if rest != "" || err != io.EOF && !errors.Is(err, io.ErrClosedPipe) {
		return fmt.Errorf("the client said %q (%v) after the end", rest, err)
	}
	return nil
}

func dialed(t testing.TB, script string) *Session {
	t.Helper()
	s, err := play(t, script).Dial(t.Context(), "mail.example.com")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// box collects what is saved.
type box struct {
	texts []string
	full  int // after so many messages saving fails; 0: never
}

var errFull = errors.New("the disk is full")

func (b *box) save(_ Message, text io.Reader) error {
	if b.full > 0 && len(b.texts) == b.full {
		return errFull
	}
	all, err := io.ReadAll(text)
	if err == nil {
		b.texts = append(b.texts, string(all))
	}
	return err
}
