package ftpd_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/internal/transcript"
	"github.com/wirebook/wirebook/protocol/ftp"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// dialogue is a control connection for package transcript, with the data
// connections seen in it: what goes over them is lines that begin with a bar,
// with \r and \n spelt out. They stand after the 150 in both directions:
//
//	C: PORT here            with the address of a port that waits
//	C: STOR new.txt
//	C: | hello\r\n
//	S: 150 …
//	S: 226 …
//	C: EPSV
//	S: 229 …
//	C: RETR new.txt
//	S: 150 …
//	S: | hello\r\n
//	S: 226 …
type dialogue struct {
	net.Conn
	in      *bufio.Reader
	heard   bytes.Buffer // for the player
	upload  bytes.Buffer
	waiting net.Listener // after PORT
	data    net.Conn     // after 227 or 229
}

func (d *dialogue) Write(b []byte) (int, error) {
	for line := range bytes.Lines(b) {
		if err := d.tell(line); err != nil {
			return 0, err
		}
	}
	return len(b), nil
}

func (d *dialogue) tell(line []byte) error {
	text := strings.TrimRight(string(line), "\r\n")
	if content, ok := strings.CutPrefix(text, "| "); ok {
		d.upload.WriteString(strings.NewReplacer(`\r`, "\r", `\n`, "\n").Replace(content))
		return nil
	}
	if verb, ok := strings.CutSuffix(text, " here"); ok {
		at, err := d.wait()
		if err != nil {
			return err
		}
		line = fmt.Appendf(nil, "%s %s\r\n", verb, ftp.FormatPort(at))
		if verb == "EPRT" {
			line = fmt.Appendf(nil, "%s %s\r\n", verb, ftp.FormatExtendedPort(at))
		}
	}
	_, err := d.Conn.Write(line)
	return err
}

func (d *dialogue) wait() (netip.AddrPort, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return netip.AddrPort{}, err
	}
	d.drop()
	d.waiting = ln
	return ln.Addr().(*net.TCPAddr).AddrPort(), nil
}

func (d *dialogue) Read(b []byte) (int, error) {
	if d.heard.Len() == 0 {
		if err := d.hear(); err != nil {
			return 0, err
		}
	}
	return d.heard.Read(b)
}

// hear reads a line of the server's, and does what it asks of a client.
func (d *dialogue) hear() error {
	line, err := d.in.ReadString('\n')
	d.heard.WriteString(line)
	if err != nil {
		return err
	}
	switch {
	case strings.HasPrefix(line, "227 "):
		at, err := ftp.ParsePassive(line)
		return errors.Join(err, d.connect(at))
	case strings.HasPrefix(line, "229 "):
		port, err := ftp.ParseExtendedPassive(line)
		return errors.Join(err, d.connect(netip.AddrPortFrom(netip.MustParseAddr("127.0.0.1"), port)))
	case strings.HasPrefix(line, "150 "):
		return d.move()
	}
	return nil
}

func (d *dialogue) connect(to netip.AddrPort) (err error) {
	d.drop()
	d.data, err = net.Dial("tcp", to.String())
	return err
}

// move sends what is to be sent, or shows what comes.
func (d *dialogue) move() (err error) {
	defer d.drop()
	if d.waiting != nil {
		d.waiting.(*net.TCPListener).SetDeadline(time.Now().Add(patience))
		if d.data, err = d.waiting.Accept(); err != nil {
			return err
		}
	}
	d.data.SetDeadline(time.Now().Add(patience))
	if d.upload.Len() > 0 {
		_, err = d.upload.WriteTo(d.data)
		return err
	}
	came, err := io.ReadAll(d.data)
	for line := range bytes.Lines(came) {
		fmt.Fprintf(&d.heard, "| %s\r\n", strings.NewReplacer("\r", `\r`, "\n", `\n`).Replace(string(line)))
	}
	return err
}

func (d *dialogue) drop() {
	if d.data != nil {
		d.data.Close()
	}
	if d.waiting != nil {
		d.waiting.Close()
	}
	d.data, d.waiting = nil, nil
}

func (d *dialogue) Close() error {
	d.drop()
	return d.Conn.Close()
}

func (d *dialogue) CloseWrite() error { return d.Conn.(*net.TCPConn).CloseWrite() }

// TestConversations plays testdata, each file against a server of its own.
func TestConversations(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations")
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			at := start(t, exampleServer(t))
			transcript.File(t, file, func(t *testing.T) net.Conn {
				conn, err := net.Dial("tcp", at.String())
				if err != nil {
					t.Fatal(err)
				}
				return &dialogue{Conn: conn, in: bufio.NewReader(conn)}
			})
		})
	}
}

// exampleServer has the files that testdata speaks of.
func exampleServer(t testing.TB) *ftpd.Server {
	home := t.TempDir()
	outside := filepath.Join(t.TempDir(), "secret.txt")
	for _, err := range []error{
		os.WriteFile(filepath.Join(home, "hello.txt"), []byte("hello\nthere\n"), 0o644),
		os.WriteFile(filepath.Join(home, ".hidden"), []byte("x"), 0o644),
		os.Mkdir(filepath.Join(home, "notes"), 0o755),
		os.WriteFile(filepath.Join(home, "notes", "a.txt"), []byte("a"), 0o644),
		os.WriteFile(filepath.Join(home, "notes", "b.dat"), []byte("bb"), 0o644),
		os.WriteFile(outside, []byte("secret"), 0o644),
		os.Symlink(outside, filepath.Join(home, "out")),
		os.Symlink("hello.txt", filepath.Join(home, "link.txt")),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	then := time.Date(2020, time.March, 14, 15, 9, 26, 0, time.UTC)
	filepath.WalkDir(home, func(path string, entry fs.DirEntry, _ error) error {
		if entry.Type()&fs.ModeSymlink == 0 {
			os.Chtimes(path, then, then)
		}
		return nil
	})
	public := fstest.MapFS{
		"pub/README": {Data: []byte("Things to fetch\n"), ModTime: then, Mode: 0o644},
		"pub":        {Mode: fs.ModeDir | 0o755, ModTime: then},
	}
	return &ftpd.Server{
		Users: map[string]ftpd.User{
			"alice": {Password: "alice", Root: home},
			"bob":   {Password: "bob", FS: public},
		},
		Anonymous:  &ftpd.User{FS: public},
		LoginDelay: time.Millisecond,
	}
}
