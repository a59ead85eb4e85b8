package transcript

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// patience is how long a conversation may take, on a loaded machine.
const patience = 30 * time.Second

// Dir plays every conversation of every .txt file in dir, each as a subtest.
// Dial connects to the server.
func Dir(t *testing.T, dir string, dial func(t *testing.T) net.Conn) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.txt"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations in %s (%v)", dir, err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".txt")
		t.Run(name, func(t *testing.T) { File(t, file, dial) })
	}
}

// File plays every conversation of one file.
func File(t *testing.T, file string, dial func(t *testing.T) net.Conn) {
	t.Helper()
	scripts, err := Read(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(scripts) == 0 {
		t.Fatalf("%s has no conversation", file)
	}
	for _, script := range scripts {
		t.Run(script.Name, func(t *testing.T) {
			conn := dial(t)
			defer conn.Close()
			if err := script.Play(conn); err != nil {
				t.Error(err)
			}
		})
	}
}

// Play has the conversation on a connection. The error says where in the file
// the server did not keep to it.
func (s Script) Play(conn net.Conn) error {
	conn.SetDeadline(time.Now().Add(patience))
	p := player{conn: conn, in: bufio.NewReader(conn)}
	at := s.Name
	for _, step := range s.steps {
		at = step.at
		if err := p.play(step); err != nil {
			return fmt.Errorf("%s: %w", at, err)
		}
	}
	if err := p.end(); err != nil {
		return fmt.Errorf("after %s: %w", at, err)
	}
	return nil
}

type player struct {
	conn  net.Conn
	in    *bufio.Reader
	out   bytes.Buffer // what the client says next
	ended bool         // the server has closed
}

func (p *player) play(s step) error {
	if s.kind == clientSays {
		p.out.WriteString(s.text)
		return nil
	}
	if err := p.send(); err != nil {
		return err
	}
	switch s.kind {
	case clientCloses:
		return p.closeWrite()
	case serverCloses:
		return p.expectEnd()
	}
	return p.expect(s.text)
}

func (p *player) send() error {
	if p.out.Len() == 0 {
		return nil
	}
	_, err := p.out.WriteTo(p.conn)
	return err
}

// expect reads what the server must say: a line if the text ends in a newline,
// and as many bytes as the text has otherwise.
func (p *player) expect(want string) error {
	var got []byte
	var err error
	if strings.HasSuffix(want, "\n") {
		got, err = p.in.ReadBytes('\n')
	} else {
		got = make([]byte, len(want))
		var n int
		n, err = io.ReadFull(p.in, got)
		got = got[:n]
	}
	if err != nil {
		return fmt.Errorf("want %q, got %q and %w", want, got, err)
	}
	if !matches(want, string(got)) {
		return fmt.Errorf("want %q, got %q", want, got)
	}
	return nil
}

// matches compares with "…" standing for any text, also none.
func matches(pattern, s string) bool {
	first, rest, wild := strings.Cut(pattern, "…")
	if !wild {
		return s == pattern
	}
	s, ok := strings.CutPrefix(s, first)
	if !ok {
		return false
	}
	for i := 0; i <= len(s); i++ {
		if matches(rest, s[i:]) {
			return true
		}
	}
	return false
}

func (p *player) closeWrite() error {
	if half, ok := p.conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

func (p *player) expectEnd() error {
	p.ended = true
	rest, err := io.ReadAll(p.in)
	if len(rest) > 0 {
		return fmt.Errorf("want the end, got %q", rest)
	}
	if err != nil {
		return fmt.Errorf("want the end, got %w", err)
	}
	return nil
}

func (p *player) end() error {
	if err := p.send(); err != nil {
		return err
	}
	if p.ended {
		return nil
	}
	// The server may have closed first, and then there is nothing to end.
	_ = p.closeWrite()
	return p.expectEnd()
}
