package ftpc_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
)

// peerServer is a server of others that runs, and the account on it.
type peerServer struct {
	address, user, password string
	dir                     string // what it serves; pub in it can be written to
	tls                     *tls.Config
}

// startVsftpd starts vsftpd for anonymous users.
func startVsftpd(t *testing.T, host string, more ...string) *peerServer {
	program := peer.Path(t, "vsftpd", "vsftpd")
	s := &peerServer{address: freeAddress(t, host), user: "anonymous", password: "anonymous@", dir: served(t)}
	at := net.ParseIP(host)
	listen := "listen=YES\nlisten_address="
	if at.To4() == nil {
		listen = "listen=NO\nlisten_ipv6=YES\nlisten_address6="
	}
	_, port, _ := net.SplitHostPort(s.address)
	config := append([]string{
		listen + host, "listen_port=" + port, "background=NO", "seccomp_sandbox=NO",
		"anonymous_enable=YES", "local_enable=NO", "write_enable=YES", "anon_upload_enable=YES", "anon_mkdir_write_enable=YES",
		"anon_other_write_enable=YES", "anon_world_readable_only=NO", "anon_umask=022", "anon_root=" + s.dir, "ftp_username=daemon",
		"secure_chroot_dir=" + t.TempDir(), "xferlog_enable=NO",
	}, more...)
	file := filepath.Join(t.TempDir(), "vsftpd.conf")
	write(t, file, strings.Join(config, "\n")+"\n")
	s.run(t, program, file)
	return s
}

// startPureFTPd starts pure-ftpd with one virtual user.
func startPureFTPd(t *testing.T, host string) *peerServer {
	program, database := peer.Path(t, "pure-ftpd", "pure-ftpd"), peer.Path(t, "pure-pw", "pure-ftpd")
	s := &peerServer{address: freeAddress(t, host), user: "alice", password: "secret", dir: served(t)}
	accounts := filepath.Join(t.TempDir(), "accounts")
	const crypted = "$6$wirebook$vKbbTYm.crHCbxXmM5qEhrdSP/S8jahrLuG5b/Vd2DJPBoMOhuFpLnNY8vD8XkUbWHQ6FPF4HDlO3yc4fsuTz/"
	write(t, accounts, fmt.Sprintf("alice:%s:%d:%d::%s/./::::::::::::\n", crypted, daemon, daemon, s.dir))
	if out, err := exec.Command(database, "mkdb", accounts+".pdb", "-f", accounts).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	_, port, _ := net.SplitHostPort(s.address)
	s.run(t, program, "-S", host+","+port, "-E", "-H", "-l", "puredb:"+accounts+".pdb", "-g", accounts+".pid", "-u", "1")
	return s
}

// run starts a server that ends with the test, and waits until it greets.
func (s *peerServer) run(t *testing.T, program string, args ...string) {
	var log bytes.Buffer
	c := exec.Command(program, args...)
	c.Stdout, c.Stderr = &log, &log
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	t.Cleanup(func() {
		c.Process.Kill()
		<-ended
	})
	for end := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			conn.SetDeadline(end)
			_, err = conn.Read(make([]byte, 1))
			conn.Close()
		}
		if err == nil {
			return
		}
		select {
		case err := <-ended:
			ended <- err
			t.Fatalf("%s has ended: %v\n%s", program, err, log.String())
		default:
		}
		if time.Now().After(end) {
			t.Fatalf("%s does not greet: %v\n%s", program, err, log.String())
		}
	}
}

func needRoot(t *testing.T) {
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("these servers must be started by root, on Linux")
	}
}

const daemon = 1 // the user of that name

// served is a folder as the tests want it; pub belongs to daemon, as whom the
// servers write.
func served(t *testing.T) string {
	dir := t.TempDir()
	pub := filepath.Join(dir, "pub")
	if err := os.MkdirAll(filepath.Join(pub, "空 目录"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(pub, daemon, daemon); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "hello.txt"), "hello\n")
	write(t, filepath.Join(dir, "empty"), "")
	write(t, filepath.Join(dir, "pub", " two  spaces"), "spaces")
	write(t, filepath.Join(dir, "pub", "北京.txt"), "你好\n")
	return dir
}

func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func freeAddress(t *testing.T, host string) string {
	ln, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Skipf("no %s here: %v", host, err)
	}
	defer ln.Close()
	return ln.Addr().String()
}

func (s *peerServer) login(t *testing.T, c *ftpc.Client) *ftpc.Session {
	t.Helper()
	c.TLS = s.tls
	c.Trace.Line = func(sent bool, line string) { t.Log(map[bool]string{true: "C:", false: "S:"}[sent], line) }
	c.Trace.Data = func(d ftpc.Data) { t.Logf("   %+v", d) }
	c.Trace.Note = func(n ftpc.Note) { t.Log("  ", n) }
	session, err := c.Dial(t.Context(), s.address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { session.Close() })
	if err := session.Login(t.Context(), s.user, s.password); err != nil {
		t.Fatal(err)
	}
	return session
}

func TestServersOfOthers(t *testing.T) {
	needRoot(t)
	for name, start := range map[string]func(*testing.T, string) *peerServer{
		"vsftpd":     func(t *testing.T, host string) *peerServer { return startVsftpd(t, host) },
		"vsftpd TLS": startProtected,
		"pure-ftpd":  startPureFTPd,
	} {
		for _, host := range []string{"127.0.0.1", "::1"} {
			t.Run(name+" "+host, func(t *testing.T) {
				t.Parallel()
				s := start(t, host)
				for _, active := range []bool{false, true} {
					t.Run(map[bool]string{false: "passive", true: "active"}[active], func(t *testing.T) {
						everything(t, s, s.login(t, &ftpc.Client{Active: active}))
					})
				}
			})
		}
	}
}

// startProtected starts a vsftpd that wants TLS for everything, and the session of
// the control connection for data connections, as it does unless told otherwise.
func startProtected(t *testing.T, host string) *peerServer {
	c := certificate.For(t)
	s := startVsftpd(t, host, "ssl_enable=YES", "allow_anon_ssl=YES", "force_anon_logins_ssl=YES", "force_anon_data_ssl=YES",
		"require_ssl_reuse=YES", "ssl_ciphers=HIGH", "rsa_cert_file="+c.File, "rsa_private_key_file="+c.Key)
	s.tls = c.Client
	return s
}

// everything is what one can do on a server.
func everything(t *testing.T, s *peerServer, session *ftpc.Session) {
	ctx := t.Context()
	if dir, err := session.Pwd(ctx); err != nil || dir != "/" {
		t.Fatalf("pwd: %q, %v", dir, err)
	}
	listings(t, session)
	for name, want := range map[string]string{"hello.txt": "hello\n", "empty": "", "pub/ two  spaces": "spaces", "pub/北京.txt": "你好\n"} {
		var got strings.Builder
		data, err := session.Get(ctx, name, &got, 0)
		if err != nil || got.String() != want || data.Bytes != int64(len(want)) || data.Active != session.Active {
			t.Errorf("get %q: %q, %+v, %v", name, got.String(), data, err)
		}
		if (s.tls != nil) != data.TLS || data.TLS != data.Resumed {
			t.Errorf("get %q: TLS %v, resumed %v", name, data.TLS, data.Resumed)
		}
	}
	if err := session.Cwd(ctx, "pub/空 目录"); err != nil {
		t.Fatal(err)
	}
	if err := session.Cdup(ctx); err != nil {
		t.Fatal(err)
	}
	uploads(t, s, session)
	if _, err := session.Get(ctx, "nosuch", io.Discard, 0); !isRefusal(err, 550) {
		t.Errorf("nosuch: %v", err)
	}
	aborted(t, s, session)
	if err := session.Quit(ctx); err != nil {
		t.Error(err)
	}
	if err := session.Noop(ctx); !errors.Is(err, ftpc.ErrClosed) {
		t.Errorf("after QUIT: %v", err)
	}
}

func isRefusal(err error, code int) bool {
	refusal, ok := errors.AsType[*ftpc.Error](err)
	return ok && refusal.Reply.Code == code
}

func listings(t *testing.T, session *ftpc.Session) {
	for dir, want := range map[string][]string{
		"":         {"empty file 0", "hello.txt file 6", "pub dir"},
		"pub":      {" two  spaces file 6", "北京.txt file 7", "空 目录 dir"},
		"pub/空 目录": nil,
	} {
		entries, err := session.List(t.Context(), dir)
		if err != nil {
			t.Errorf("list %q: %v", dir, err)
		}
		var got []string
		for _, e := range entries {
			text := e.Name + " " + e.Kind.String()
			if e.Kind == ftpc.File {
				text += fmt.Sprint(" ", e.Size)
			}
			got = append(got, text)
			if age := time.Since(e.Modified); age < -time.Minute || age > time.Hour {
				t.Errorf("%s was changed %v ago", e.Name, age)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, want) {
			t.Errorf("list %q: %q, want %q", dir, got, want)
		}
	}
	names, err := session.Names(t.Context(), "")
	slices.Sort(names)
	if want := []string{"empty", "hello.txt", "pub"}; err != nil || !slices.Equal(names, want) {
		t.Errorf("names: %q, %v", names, err)
	}
}

// uploads puts and appends files, in pub, and gets them again.
func uploads(t *testing.T, s *peerServer, session *ftpc.Session) {
	ctx := t.Context()
	big := make([]byte, 10<<20)
	rand.Read(big)
	for name, content := range map[string][]byte{"big": big, "nothing": {}, "一 二": []byte("12")} {
		data, err := session.Put(ctx, name, bytes.NewReader(content), 0)
		if err != nil || data.Bytes != int64(len(content)) {
			t.Fatalf("put %s: %+v, %v", name, data, err)
		}
		stored(t, s, name, content)
	}
	if _, err := session.Append(ctx, "一 二", strings.NewReader("3")); err != nil {
		t.Error(err)
	}
	stored(t, s, "一 二", []byte("123"))

	// Half of it is there, at the one end and then at the other.
	half := filepath.Join(t.TempDir(), "half")
	write(t, half, string(big[:5<<20]))
	f, err := os.OpenFile(half, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	data, err := session.ResumeGet(ctx, "big", f)
	if got, _ := os.ReadFile(half); err != nil || !bytes.Equal(got, big) || data.Bytes != 5<<20 {
		t.Errorf("resumed: %+v, %v", data, err)
	}
	if data, err := session.ResumeGet(ctx, "big", f); err != nil || data.Bytes != 0 {
		t.Errorf("nothing left to get: %+v, %v", data, err)
	}
	if err := os.Truncate(filepath.Join(s.dir, "pub", "big"), 4<<20); err != nil {
		t.Fatal(err)
	}
	if data, err := session.ResumePut(ctx, "big", f); err != nil || data.Bytes != 6<<20 {
		t.Errorf("resumed: %+v, %v", data, err)
	}
	stored(t, s, "big", big)
	if _, err := session.ResumePut(ctx, "big", strings.NewReader("short")); !errors.Is(err, ftpc.ErrLonger) {
		t.Errorf("another file: %v", err)
	}

	if size, err := session.Size(ctx, "big"); err != nil || size != 10<<20 {
		t.Errorf("size: %d, %v", size, err)
	}
	if at, err := session.ModTime(ctx, "big"); err != nil || time.Since(at) > time.Hour || time.Since(at) < -time.Minute {
		t.Errorf("changed %v, %v", at, err)
	}
	if err := session.Mkdir(ctx, `new "dir"`); err != nil {
		t.Error(err)
	}
	if err := session.Rename(ctx, "一 二", `new "dir"/三`); err != nil {
		t.Error(err)
	}
	stored(t, s, `new "dir"/三`, []byte("123"))
	for _, step := range []error{
		session.Delete(ctx, `new "dir"/三`), session.Rmdir(ctx, `new "dir"`), session.Delete(ctx, "nothing"), session.Delete(ctx, "big"),
	} {
		if step != nil {
			t.Error(step)
		}
	}
}

func stored(t *testing.T, s *peerServer, name string, want []byte) {
	t.Helper()
	if got, err := os.ReadFile(filepath.Join(s.dir, "pub", name)); err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s has %d bytes, not %d: %v", name, len(got), len(want), err)
	}
}

// aborted breaks off a transfer in each direction; the session goes on.
func aborted(t *testing.T, s *peerServer, session *ftpc.Session) {
	write(t, filepath.Join(s.dir, "long"), strings.Repeat("0123456789abcdef", 4<<20))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := session.Get(ctx, "/long", after{cancel}, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	if _, err := session.Pwd(t.Context()); err != nil {
		t.Fatalf("after ABOR: %v", err)
	}
	ctx, cancel = context.WithCancel(t.Context())
	defer cancel()
	if _, err := session.Put(ctx, "endless", after{cancel}, 0); !errors.Is(err, context.Canceled) {
		t.Errorf("broken off: %v", err)
	}
	var got strings.Builder
	if _, err := session.Get(t.Context(), "/hello.txt", &got, 0); err != nil || got.String() != "hello\n" {
		t.Fatalf("after ABOR: %q, %v", got.String(), err)
	}
	for _, left := range []string{"long", "pub/endless"} {
		if err := os.Remove(filepath.Join(s.dir, left)); err != nil {
			t.Error(err)
		}
	}
}

// after is a file without end, in which something happens on the way.
type after struct{ then func() }

func (a after) Write(b []byte) (int, error) {
	a.then()
	return len(b), nil
}

func (a after) Read(b []byte) (int, error) {
	a.then()
	return len(b), nil
}
