package transcript

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// startEcho starts a server that greets, answers each line with itself and a
// number, and closes after "bye".
func startEcho(t *testing.T) (address string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	t.Cleanup(func() { ln.Close(); <-done })
	go func() {
		defer close(done)
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			echo(conn)
		}
	}()
	return ln.Addr().String()
}

func echo(conn net.Conn) {
	defer conn.Close()
	fmt.Fprint(conn, "hello\r\n")
	lines := bufio.NewScanner(conn)
	for n := 1; lines.Scan(); n++ {
		fmt.Fprintf(conn, "%d %s\r\n", n, lines.Text())
		if lines.Text() == "bye" {
			return
		}
	}
}

func TestAConversationThatGoesWell(t *testing.T) {
	address := startEcho(t)
	Dir(t, "testdata", func(t *testing.T) net.Conn { return dial(t, address) })
}

func dial(t *testing.T, address string) net.Conn {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func TestWhatIsNotAsWrittenIsAnErrorWithItsPlace(t *testing.T) {
	address := startEcho(t)
	for _, test := range []struct{ script, want string }{
		{"S: hi", "script.txt:2: want \"hi\\r\\n\", got \"hello\\r\\n\""},
		{"S: hello\nC: a\nS: 1 a\nC. close\nS: 2 a\n", "script.txt:6: want \"2 a\\r\\n\", got"},
		{"S: hello\nC: a", "script.txt:3: want the end, got \"1 a\\r\\n\""},
		{"S: hello\nC: bye\nS. close", "script.txt:4: want the end, got \"1 bye\\r\\n\""},
		{"S: h…p", "script.txt:2: want"},
		{"S| hexlo", "script.txt:2: want"},
	} {
		scripts, err := Read(write(t, "== x\n"+test.script))
		if err != nil {
			t.Fatal(err)
		}
		conn := dial(t, address)
		err = scripts[0].Play(conn)
		conn.Close()
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q:\nwant an error with %q\ngot %v", test.script, test.want, err)
		}
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	for _, text := range []string{"C: before a name", "== x\nX: y", "== x\nC| \\q", "== x\nC"} {
		if scripts, err := Read(write(t, text)); err == nil {
			t.Errorf("%q was read as %v", text, scripts)
		}
	}
}

func write(t *testing.T, text string) string {
	file := filepath.Join(t.TempDir(), "script.txt")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
