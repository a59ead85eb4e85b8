package ftpd_test

import (
	"bytes"
	"log/slog"
	mathrand "math/rand/v2"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/wirebook/wirebook/internal/certificate"
	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// content is a file of that size, always the same.
func content(size int) []byte {
	b := make([]byte, size)
	mathrand.NewChaCha8([32]byte{byte(size), byte(size >> 8)}).Read(b)
	return b
}

const large = 3 << 20 // bytes of the file that is resumed

// program is a client that others have written. The script, whose words HOST,
// PORT and LOCAL are filled in, does the same with each: it fetches big.bin into
// LOCAL; goes on with half.bin, of which LOCAL has a third; sends up.bin; and
// fetches the folder tree with the two files in it.
type program struct {
	name   string
	path   string // of what is run, a shell perhaps
	debian string // the package, and the program's name
	args   []string
	input  string
}

var programs = []program{
	{"curl", "bash", "curl", []string{"-ec", `
		curl -sS MODE -o LOCAL/big.bin ftp://alice:alice@HOST:PORT/big.bin
		curl -sS MODE -C - -o LOCAL/half.bin ftp://alice:alice@HOST:PORT/half.bin
		curl -sS MODE -T LOCAL/up.bin ftp://alice:alice@HOST:PORT/
		head -c 1000000 LOCAL/up.bin > LOCAL/part
		curl -sS MODE -T LOCAL/part ftp://alice:alice@HOST:PORT/again.bin
		curl -sS MODE -C - -T LOCAL/up.bin ftp://alice:alice@HOST:PORT/again.bin
		curl -sS MODE --ftp-create-dirs -T LOCAL/up.bin ftp://alice:alice@HOST:PORT/made/by/curl.bin
		mkdir -p LOCAL/tree/deep
		for f in $(curl -sS MODE -l ftp://alice:alice@HOST:PORT/tree/ | grep txt) deep/two.txt; do
			curl -sS MODE -o LOCAL/tree/$f ftp://alice:alice@HOST:PORT/tree/$f
		done
		curl -sS MODE -Q "-DELE again.bin" -Q "-RNFR made" -Q "-RNTO remade" ftp://alice:alice@HOST:PORT/ >LOCAL/listing
	`}, ""},
	{"lftp", "lftp", "lftp", []string{"--norc", "-c", `
		set net:max-retries 1; set net:timeout 20; set cmd:fail-exit yes; set xfer:clobber on;
		MODE
		open -u alice,alice -p PORT HOST;
		get big.bin -o LOCAL/big.bin;
		get -c half.bin -o LOCAL/half.bin;
		put LOCAL/up.bin;
		!head -c 1000000 LOCAL/up.bin > LOCAL/part;
		put LOCAL/part -o again.bin;
		put -c LOCAL/up.bin -o again.bin;
		mirror tree LOCAL/tree;
		mirror -R LOCAL/tree back;
		mkdir -p made/by; mv again.bin made/by/lftp.bin; rm made/by/lftp.bin; rmdir made/by;
		cls -l; nlist; quote MLST tree
	`}, ""},
	{"tnftp", "tnftp", "tnftp", []string{"-inv", "MODE", "-P", "PORT", "HOST"}, `
		user alice alice
		binary
		get big.bin LOCAL/big.bin
		restart 1048576
		lcd LOCAL
		reget half.bin
		put up.bin
		mkdir made
		cd made
		append part again.bin
		append part again.bin
		mget *
		cd ..
		ls
		mlsd
		!mkdir -p tree/deep
		lcd tree
		cd tree
		mget *.txt
		lcd deep
		cd deep
		mget *.txt
		modtime two.txt
		size two.txt
		bye
	`},
	{"wget", "bash", "wget", []string{"-ec", `
		cd LOCAL
		wget -nv MODE -O big.bin ftp://alice:alice@HOST:PORT/big.bin
		wget -nv MODE -c ftp://alice:alice@HOST:PORT/half.bin
		wget -nv MODE -nH -r ftp://alice:alice@HOST:PORT/tree/
		wget -nv MODE 'ftp://alice:alice@HOST:PORT/tree/deep/*.txt'
		wget -nv MODE -N ftp://alice:alice@HOST:PORT/tree/one.txt
	`}, ""},
	{"ftplib", "python3", "python3", []string{"-c", ftplib}, ""},
}

const ftplib = `
import ftplib, io, os, ssl
os.chdir('LOCAL')
if 'MODE' == 'tls':
    f = ftplib.FTP_TLS(context=ssl._create_unverified_context())
else:
    f = ftplib.FTP()
f.connect('HOST', PORT, timeout=20)
f.login('alice', 'alice')
if 'MODE' == 'tls': f.prot_p()
f.set_pasv('MODE' != 'active')
with open('big.bin', 'wb') as out: f.retrbinary('RETR big.bin', out.write)
with open('half.bin', 'ab') as out: f.retrbinary('RETR half.bin', out.write, rest=out.tell())
with open('up.bin', 'rb') as up: f.storbinary('STOR up.bin', up)
with open('up.bin', 'rb') as up:
    f.storbinary('STOR again.bin', io.BytesIO(up.read(1000000)))
    f.storbinary('STOR again.bin', up, rest=1000000)
def fetch(folder):
    os.makedirs(folder, exist_ok=True)
    for name, facts in f.mlsd(folder):
        path = folder + '/' + name
        if facts['type'] == 'dir': fetch(path)
        else:
            with open(path, 'wb') as out: f.retrbinary('RETR ' + path, out.write)
fetch('tree')
lines = []
f.retrlines('RETR tree/one.txt', lines.append)
assert lines == ['one', 'more'], lines
f.storlines('STOR text.txt', io.BytesIO(b'a\nb\n'))
f.voidcmd('TYPE I')
assert f.size('text.txt') == 4, f.size('text.txt')
assert f.mkd('made "it"') == '/made "it"'
assert f.pwd() == '/'
f.cwd('made "it"'); assert f.pwd() == '/made "it"'; f.cwd('..')
f.rename('again.bin', 'made "it"/again.bin')
assert f.nlst('made "it"') == ['made "it"/again.bin'], f.nlst('made "it"')
f.delete('made "it"/again.bin'); f.rmd('made "it"')
f.dir(lines.append)
assert any('tree' in l for l in lines), lines
try: f.rmd('nowhere'); assert False
except ftplib.error_perm as e: assert str(e).startswith('550'), e
f.voidcmd('TYPE I')
conn = f.transfercmd('RETR big.bin')
conn.recv(1)
f.abort() if f.af == 2 and 'MODE' != 'tls' else None
conn.close()
if 'MODE' != 'tls': assert f.voidcmd('NOOP').startswith('2')
f.close() if 'MODE' == 'tls' else f.quit()
`

// modes are how the words for active, passive and TLS are in each program.
var modes = map[string]map[string]string{
	"curl":   {"passive": "", "pasv": "--disable-epsv", "active": "--ftp-port -", "port": "--disable-eprt --ftp-port -", "tls": "--ssl-reqd -k"},
	"lftp":   {"passive": "set ftp:ssl-allow no;", "pasv": "set ftp:ssl-allow no; set ftp:prefer-epsv no; set ftp:use-mlsd yes;", "active": "set ftp:ssl-allow no; set ftp:passive-mode off;", "tls": "set ftp:ssl-force yes; set ftp:ssl-protect-data yes; set ssl:verify-certificate no;"},
	"tnftp":  {"passive": "-p", "active": "-A"},
	"wget":   {"passive": "", "active": "--no-passive-ftp"},
	"ftplib": {"passive": "passive", "active": "active", "tls": "tls"},
}

// TestPrograms: what others have written gets, puts, resumes and lists.
func TestPrograms(t *testing.T) {
	for _, p := range programs {
		for mode, words := range modes[p.name] {
			t.Run(p.name+"/"+mode, func(t *testing.T) {
				root, local := peerFiles(t)
				s := &ftpd.Server{Users: map[string]ftpd.User{"alice": {Password: "alice", Root: root}}, TLS: certificate.For(t).Server, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}
				p.run(t, start(t, s), words, local)
				p.check(t, root, local)
			})
		}
	}
}

// peerFiles makes what the scripts expect on both sides.
func peerFiles(t *testing.T) (root, local string) {
	root, local = t.TempDir(), t.TempDir()
	then := time.Unix(1584198566, 0)
	for path, b := range map[string][]byte{
		root + "/big.bin":           content(large),
		root + "/half.bin":          content(large + 1),
		root + "/tree/one.txt":      []byte("one\nmore\n"),
		root + "/tree/deep/two.txt": []byte("two\n"),
		local + "/half.bin":         content(large + 1)[:large/3],
		local + "/up.bin":           content(large - 1),
		local + "/part":             content(1000),
	} {
		os.MkdirAll(filepath.Dir(path), 0o755)
		if err := os.WriteFile(path, b, 0o644); err != nil {
			t.Fatal(err)
		}
		os.Chtimes(path, then, then)
	}
	return root, local
}

func (p program) run(t *testing.T, at netip.AddrPort, mode, local string) {
	t.Helper()
	peer.Path(t, p.debian, p.debian)
	fill := strings.NewReplacer("HOST", at.Addr().String(), "PORT", at.String()[strings.LastIndex(at.String(), ":")+1:], "MODE", mode, "LOCAL", local)
	line := make([]string, len(p.args))
	for i, arg := range p.args {
		line[i] = fill.Replace(arg)
	}
	cmd := exec.CommandContext(t.Context(), peer.Path(t, p.path, p.debian), line...)
	cmd.Dir, cmd.Env = local, append(os.Environ(), "HOME="+local, "LC_ALL=C.UTF-8")
	cmd.Stdin = strings.NewReader(strings.ReplaceAll(fill.Replace(p.input), "\t", ""))
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if testing.Verbose() {
		t.Logf("%s", out)
	}
}

func (p program) check(t *testing.T, root, local string) {
	t.Helper()
	for path, want := range map[string][]byte{
		local + "/big.bin":           content(large),
		local + "/half.bin":          content(large + 1),
		local + "/tree/one.txt":      []byte("one\nmore\n"),
		local + "/tree/deep/two.txt": []byte("two\n"),
	} {
		expectFile(t, path, want)
	}
	switch p.name {
	case "wget": // which only fetches
	case "tnftp":
		expectFile(t, local+"/again.bin", append(content(1000), content(1000)...))
		fallthrough
	default:
		expectFile(t, root+"/up.bin", content(large-1))
	}
	switch p.name {
	case "curl":
		expectFile(t, root+"/remade/by/curl.bin", content(large-1))
	case "lftp":
		expectFile(t, root+"/back/deep/two.txt", []byte("two\n"))
	}
}

func expectFile(t *testing.T, path string, want []byte) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Error(err)
	} else if !bytes.Equal(got, want) {
		t.Errorf("%s: %d bytes, which are not the %d of the file", path, len(got), len(want))
	}
}
