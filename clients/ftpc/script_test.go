package ftpc_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
)

// TestConversations plays the golden conversations: the test is the server, and
// says what the file says; the client has to say its part.
//
//	== a conversation, on a session of its own
//	do get hello.txt        what the client does next: a method of Session
//	S: 220 ready            the server's line
//	C: EPSV                 the client's line
//	data opened             the server accepts, or connects
//	data > hello\r\n        it sends, with Go's escapes
//	data < hello\r\n        it receives, up to the end
//	data closed
//	got hello\n             how what was begun by do ended,
//	fails 550               or part of the error with which it failed
//	noted stranger          the client told of this
//
// {port} is the port of the data connection, {hilo} the same in two bytes. {…} in
// a line of the client's is one that the test learns.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no conversations: %v", err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for i, script := range strings.Split("\n"+string(text), "\n== ")[1:] {
			name, lines, _ := strings.Cut(script, "\n")
			t.Run(fmt.Sprintf("%s/%d %s", strings.TrimSuffix(filepath.Base(file), ".txt"), i, name), func(t *testing.T) {
				t.Parallel()
				play(t, strings.Split(lines, "\n"))
			})
		}
	}
}

// stage is a conversation that is being played.
type stage struct {
	t       *testing.T
	client  *ftpc.Client
	session *ftpc.Session
	cancel  context.CancelFunc // of what the client does
	outcome chan outcome
	passive net.Listener // where the server waits for data connections
	port    string       // where the client does
	control net.Conn
	lines   *bufio.Reader
	data    net.Conn

	mu    sync.Mutex
	notes []string
}

type outcome struct {
	got string
	err error
}

const patience = 30 * time.Second

func listen(t *testing.T) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ln.Close() })
	return ln
}

func play(t *testing.T, lines []string) {
	s := &stage{t: t, outcome: make(chan outcome, 1), passive: listen(t), client: &ftpc.Client{Timeout: patience}, cancel: func() {}}
	s.client.Trace.Note = func(n ftpc.Note) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.notes = append(s.notes, n.String())
	}
	s.client.Progress = func(ftpc.Progress) { s.cancel() }
	ln := listen(t)
	dialled := make(chan outcome, 1)
	go func() {
		var err error
		s.session, err = s.client.Dial(t.Context(), ln.Addr().String())
		dialled <- outcome{err: err}
	}()
	conn, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(patience))
	s.control, s.lines = conn, bufio.NewReader(conn)
	s.say("220 ready\r\n")
	if out := <-dialled; out.err != nil {
		t.Fatal(out.err)
	}
	defer s.session.Close()
	for i, line := range lines {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := s.step(line); err != nil {
			t.Fatalf("line %d, %s: %v", i+1, line, err)
		}
	}
}

func (s *stage) say(text string) { io.WriteString(s.control, text) }

func (s *stage) step(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "active":
		s.session.Active = true
	case "text":
		s.session.Text = true
	case "cancel":
		// From now on, the first byte of data is the end of it.
		ctx, cancel := context.WithCancel(s.t.Context())
		s.cancel = cancel
		s.begin(ctx, rest)
	case "do":
		s.begin(s.t.Context(), rest)
	case "S:":
		s.say(s.fill(rest) + "\r\n")
	case "S.":
		s.control.Close()
	case "C:":
		return s.hear(rest)
	case "data":
		return s.dataStep(rest)
	case "got", "fails":
		return s.compare(word, rest)
	case "noted":
		s.mu.Lock()
		defer s.mu.Unlock()
		if !slices.Contains(s.notes, rest) {
			return fmt.Errorf("noted are %q", s.notes)
		}
	default:
		return fmt.Errorf("the script makes no sense")
	}
	return nil
}

func (s *stage) fill(text string) string {
	_, port, _ := net.SplitHostPort(s.passive.Addr().String())
	n, _ := strconv.Atoi(port)
	return strings.NewReplacer("{port}", port, "{hilo}", fmt.Sprintf("%d,%d", n>>8, n&0xff)).Replace(text)
}

var learned = regexp.MustCompile(`(\d+),(\d+)$|(\d+)\|$`)

func (s *stage) hear(want string) error {
	got, err := s.lines.ReadString('\n')
	if err != nil {
		return fmt.Errorf("%q, %w", got, err)
	}
	got = strings.TrimSuffix(got, "\r\n")
	if before, _, ok := strings.Cut(want, "{"); ok {
		m := learned.FindStringSubmatch(got)
		if m == nil || !strings.HasPrefix(got, before) {
			return fmt.Errorf("the client says %q", got)
		}
		hi, _ := strconv.Atoi(m[1])
		lo, _ := strconv.Atoi(m[2])
		if s.port = m[3]; s.port == "" {
			s.port = strconv.Itoa(hi<<8 | lo)
		}
		return nil
	}
	if got != want {
		return fmt.Errorf("the client says %q", got)
	}
	return nil
}

// dataStep is the server's end of a data connection.
func (s *stage) dataStep(what string) (err error) {
	verb, rest, _ := strings.Cut(what, " ")
	text, err := strconv.Unquote(`"` + rest + `"`)
	if err != nil {
		return err
	}
	switch verb {
	case "opened":
		if s.session.Active {
			s.data, err = net.Dial("tcp", "127.0.0.1:"+s.port)
		} else {
			s.data, err = s.passive.Accept()
		}
		if err == nil {
			s.data.SetDeadline(time.Now().Add(patience))
			s.t.Cleanup(func() { s.data.Close() })
		}
	case "stranger":
		from := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 9)}}
		conn, err := from.Dial("tcp", "127.0.0.1:"+s.port)
		if err != nil {
			return err
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		if n, err := conn.Read(make([]byte, 1)); err == nil {
			return fmt.Errorf("a stranger was sent %d bytes", n)
		}
	case ">":
		_, err = io.WriteString(s.data, text)
	case "<":
		got, err := io.ReadAll(s.data)
		if err != nil || string(got) != text {
			return fmt.Errorf("received %q, %v", got, err)
		}
	case "closed":
		err = s.data.Close()
	default:
		return fmt.Errorf("the script makes no sense")
	}
	return err
}

func (s *stage) compare(word, want string) error {
	out := <-s.outcome
	s.cancel()
	if word == "fails" {
		if out.err == nil || !strings.Contains(out.err.Error(), want) {
			return fmt.Errorf("%q, %v", out.got, out.err)
		}
		return nil
	}
	if got := strings.Trim(strconv.Quote(out.got), `"`); out.err != nil || got != want {
		return fmt.Errorf("%q, %v", out.got, out.err)
	}
	return nil
}

// begin lets the client do something.
func (s *stage) begin(ctx context.Context, what string) {
	go func() {
		got, err := do(ctx, s.session, what)
		s.outcome <- outcome{got, err}
	}()
}

// memory is a file of which something is there already.
type memory struct{ text []byte }

func (m *memory) Write(b []byte) (int, error)    { m.text = append(m.text, b...); return len(b), nil }
func (m *memory) Seek(int64, int) (int64, error) { return int64(len(m.text)), nil }

func do(ctx context.Context, session *ftpc.Session, what string) (string, error) {
	verb, rest, _ := strings.Cut(what, " ")
	name, content, _ := strings.Cut(rest, " ")
	var got strings.Builder
	switch verb {
	case "login":
		return "", session.Login(ctx, name, content)
	case "get":
		_, err := session.Get(ctx, rest, &got, 0)
		return got.String(), err
	case "put":
		_, err := session.Put(ctx, name, strings.NewReader(content), 0)
		return "", err
	case "putlines":
		_, err := session.Put(ctx, name, strings.NewReader(strings.ReplaceAll(content, " ", "\n")), 0)
		return "", err
	case "putbroken":
		_, err := session.Put(ctx, name, io.MultiReader(strings.NewReader(content), brokenDisk{}), 0)
		return "", err
	case "getbroken":
		_, err := session.Get(ctx, name, brokenDisk{}, 0)
		return "", err
	case "append":
		_, err := session.Append(ctx, name, strings.NewReader(content))
		return "", err
	case "resumeget":
		m := &memory{[]byte(content)}
		_, err := session.ResumeGet(ctx, name, m)
		return string(m.text), err
	case "resumeput":
		_, err := session.ResumePut(ctx, name, strings.NewReader(content))
		return "", err
	case "list":
		entries, err := session.List(ctx, rest)
		for _, e := range entries {
			fmt.Fprintf(&got, "%s %s %d %s;", e.Kind, e.Name, e.Size, e.Modified.Format("060102"))
		}
		return got.String(), err
	case "names":
		names, err := session.Names(ctx, rest)
		return strings.Join(names, ";"), err
	case "pwd":
		return session.Pwd(ctx)
	case "cwd":
		return "", session.Cwd(ctx, rest)
	case "rename":
		return "", session.Rename(ctx, name, content)
	case "size":
		size, err := session.Size(ctx, rest)
		return strconv.FormatInt(size, 10), err
	case "modtime":
		at, err := session.ModTime(ctx, rest)
		return at.Format(time.RFC3339Nano), err
	case "features":
		features, err := session.Features(ctx)
		return fmt.Sprint(features), err
	case "quote":
		reply, err := session.Quote(ctx, rest)
		return reply.String(), err
	case "delete":
		return "", session.Delete(ctx, strings.ReplaceAll(rest, "¶", "\r\n"))
	case "quit":
		return "", session.Quit(ctx)
	}
	return "", fmt.Errorf("there is nothing called %q to do", verb)
}

type brokenDisk struct{}

func (brokenDisk) Write([]byte) (int, error) { return 0, fmt.Errorf("the disk is full") }
func (brokenDisk) Read([]byte) (int, error)  { return 0, fmt.Errorf("the disk has failed") }
