package ftp_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/internal/peer"
	"github.com/wirebook/wirebook/wire/ftp"
	"github.com/wirebook/wirebook/wire/pcap"
)

// Wireshark's dissector reads the same commands, codes and addresses, and finds
// the data connections by them.
func TestTsharkReadsTheSame(t *testing.T) {
	path := peer.Path(t, "tshark", "tshark")
	s := newScene()
	c := s.control()
	s.talk(c, "C: PASV", "S: 227 Entering Passive Mode (10,0,0,2,156,65)", "C: RETR readme.txt")
	data := s.dial(s.alice, s.ftp, 40002, 40001)
	s.talk(c, "S: 150 Here it comes")
	s.add(data.Say(1, "hello")...)
	s.add(data.Close(1)...)
	s.talk(c, "S: 226 Done", "C: PORT 10,0,0,1,195,80", "S: 200 OK", "C: STOR mine.txt")
	data = s.dial(s.ftp, s.alice, 20, 50000)
	s.talk(c, "S: 150 Send it")
	s.add(data.Say(1, "mine")...)
	s.add(data.Close(1)...)
	s.talk(c, "S: 226 Done", "C: EPSV", "S: 229 Extended (|||40003|)")

	file := filepath.Join(t.TempDir(), "ftp.pcapng")
	out, err := os.Create(file)
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	w, err := pcap.NewWriter(out)
	if err == nil {
		err = w.See(s.frames...)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}

	var want []string
	for _, m := range s.see(t) {
		v, ok := m.Value.(*ftp.Message)
		switch {
		case !ok:
		case v.Transfer != nil:
			want = append(want, fmt.Sprintf("data %d bytes", v.Transfer.Bytes))
		case v.Verb != "":
			want = append(want, v.Verb+port(v))
		default:
			want = append(want, fmt.Sprint(v.Code)+port(v))
		}
	}
	got := tsharkSays(t, path, file)
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("tshark:\n%s\nwe:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func port(m *ftp.Message) string {
	if !m.Address.IsValid() {
		return ""
	}
	return fmt.Sprintf(" %d", m.Address.Port())
}

// tsharkSays is what tshark has made of the packets, in the same words.
func tsharkSays(t *testing.T, path, file string) []string {
	t.Helper()
	var errors strings.Builder
	command := exec.Command(path, "-r", file, "-Y", "ftp || ftp-data", "-T", "fields", "-E", "separator=,",
		"-e", "ftp.request.command", "-e", "ftp.response.code", "-e", "ftp.passive.port", "-e", "ftp.active.port", "-e", "ftp.epsv.port",
		"-e", "frame.protocols", "-e", "tcp.len")
	command.Stderr = &errors
	out, err := command.Output()
	if err != nil {
		t.Fatalf("tshark: %v\n%s", err, &errors)
	}
	var said []string
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), ",")
		if strings.Contains(f[5], "ftp-data") {
			said = append(said, "data "+f[6]+" bytes")
			continue
		}
		text := f[0] + f[1]
		if where := f[2] + f[3] + f[4]; where != "" {
			text += " " + where
		}
		said = append(said, text)
	}
	return said
}
