package ftp_test

import (
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/ladder"
)

// scene is some hosts and what they say, as the observer sees it.
type scene struct {
	forge.Network
	alice, ftp, eve *forge.Host
	frames          []frame.Frame
}

func newScene() *scene {
	return &scene{
		alice: forge.NewHost("alice", "10.0.0.1", 1), ftp: forge.NewHost("ftp", "10.0.0.2", 2), eve: forge.NewHost("eve", "10.0.0.9", 9),
	}
}

func (s *scene) add(frames ...frame.Frame) { s.frames = append(s.frames, frames...) }

// dial opens a connection.
func (s *scene) dial(from, to *forge.Host, fromPort, toPort uint16) *forge.Conversation {
	c, handshake := s.Dial(from, to, fromPort, toPort)
	s.add(handshake...)
	return c
}

// talk has client and server speak in turn: "C: …" and "S: …".
func (s *scene) talk(c *forge.Conversation, lines ...string) {
	for _, line := range lines {
		who, text, _ := strings.Cut(line, ": ")
		s.add(c.Say(side(who), text+"\r\n")...)
	}
}

func side(who string) int {
	if who == "S" {
		return 1
	}
	return 0
}

// control opens a control connection on which alice has logged in.
func (s *scene) control() *forge.Conversation {
	c := s.dial(s.alice, s.ftp, 40000, 21)
	s.talk(c, "S: 220 ready", "C: USER anonymous", "S: 331 Password?", "C: PASS me@example.com", "S: 230 Welcome")
	return c
}

// reset breaks a connection off.
func reset(t *layers.TCP) { t.RST = true }

// see is what the observer makes of it.
func (s *scene) see(t *testing.T) []*wire.Message {
	t.Helper()
	names := wire.NamesFunc(func(a netip.Addr) string {
		for _, h := range []*forge.Host{s.alice, s.ftp, s.eve} {
			if h.Addr == a {
				return h.Name
			}
		}
		return ""
	})
	w := wire.New(wire.Options{Names: names})
	events := w.Subscribe(1000)
	w.See(s.frames...)
	w.Close()
	log := wire.NewLog(1000)
	log.Follow(events)
	if n := w.Stats().Failures; n > 0 {
		t.Errorf("%d dissectors failed", n)
	}
	return log.Messages()
}

// TestLadders: how sessions look, the control and the data connection together.
func TestLadders(t *testing.T) {
	for name, play := range map[string]func(*scene){
		"passive": func(s *scene) {
			c := s.control()
			s.talk(c, "C: PASV", "S: 227 Entering Passive Mode (10,0,0,2,156,65)")
			data := s.dial(s.alice, s.ftp, 40002, 40001)
			s.talk(c, "C: RETR readme.txt", "S: 150 Here it comes")
			s.add(data.Say(1, strings.Repeat("0123456789", 300))...)
			s.add(data.Close(1)...)
			s.talk(c, "S: 226 Transfer complete", "C: EPSV", "S: 229 Extended (|||40003|)", "C: MLSD")
			data = s.dial(s.alice, s.ftp, 40004, 40003)
			s.talk(c, "S: 150 Listing")
			s.add(data.Say(1, "type=file;size=3000; readme.txt\r\ntype=dir; pub\r\n")...)
			s.add(data.Close(1)...)
			s.talk(c, "S: 226 Done", "C: QUIT", "S: 221 Good bye")
			s.add(c.Close(1)...)
		},
		"active": func(s *scene) {
			c := s.control()
			s.talk(c, "C: PORT 10,0,0,1,195,80", "S: 200 OK", "C: STOR mine.txt")
			data := s.dial(s.ftp, s.alice, 20, 50000)
			s.talk(c, "S: 150 Send it")
			s.add(data.Say(1, "My file.\n")...)
			s.add(data.Close(1)...)
			s.talk(c, "S: 226 Stored")
		},
		"refused": func(s *scene) {
			c := s.control()
			s.talk(c, "C: PORT 10,0,0,1,195,80", "S: 200 OK", "C: LIST")
			data := &forge.Conversation{Network: &s.Network, Client: s.ftp, Server: s.alice, Ports: [2]uint16{20, 50000}, MSS: 1460}
			s.add(data.Segment(0, func(t *layers.TCP) { t.SYN, t.ACK = true, false }, nil))
			data.Seq[0]++
			s.add(data.Segment(1, reset, nil))
			s.talk(c, "S: 425 Cannot connect")
		},
		"lost": func(s *scene) {
			c := s.control()
			s.talk(c, "C: PORT 10,0,0,1,195,80", "S: 200 OK", "C: LIST")
			data := &forge.Conversation{Network: &s.Network, Client: s.ftp, Server: s.alice, Ports: [2]uint16{20, 50000}, MSS: 1460}
			syn := data.Segment(0, func(t *layers.TCP) { t.SYN, t.ACK = true, false }, nil)
			syn.Fate = frame.Lost
			s.add(syn)
			s.talk(c, "S: 425 Cannot connect")
		},
		"aborted": func(s *scene) {
			c := s.control()
			s.talk(c, "C: EPSV", "S: 229 (|||40001|)", "C: RETR large")
			data := s.dial(s.alice, s.ftp, 40002, 40001)
			s.talk(c, "S: 150 Here it comes")
			s.add(data.Say(1, "some of it")...)
			s.talk(c, "C: \xff\xf4\xff\xf2ABOR")
			s.add(data.Segment(1, reset, nil))
			s.talk(c, "S: 426 Aborted", "S: 226 Done")
		},
		"stolen": func(s *scene) {
			c := s.control()
			s.talk(c, "C: PASV", "S: 227 (10,0,0,2,156,65)", "C: RETR readme.txt")
			data := s.dial(s.eve, s.ftp, 6666, 40001)
			s.talk(c, "S: 150 Here it comes")
			s.add(data.Say(1, "for alice only")...)
			s.add(data.Close(1)...)
			s.talk(c, "S: 226 Done")
		},
		"odd": func(s *scene) { // from another port than 20, and the file from the wrong side
			c := s.control()
			s.talk(c, "C: EPRT |1|10.0.0.1|50000|", "S: 200 OK", "C: RETR readme.txt")
			data := s.dial(s.ftp, s.alice, 2020, 50000)
			s.add(data.Say(1, "what?")...)
			s.add(data.Close(1)...)
		},
		"bounce": func(s *scene) {
			c := s.control()
			s.talk(c, "C: PORT 10,0,0,9,0,25", "S: 200 OK", "C: RETR mail.txt")
			data := s.dial(s.ftp, s.eve, 20, 25)
			s.add(data.Say(0, "HELO ftp\r\n")...)
			s.add(data.Close(0)...)
		},
		"foreign": func(s *scene) { // 227 names another address, and the client knows better
			c := s.control()
			s.talk(c, "C: PASV", "S: 227 (192,168,1,21,156,65)", "C: RETR readme.txt")
			data := s.dial(s.alice, s.ftp, 40002, 40001)
			s.talk(c, "S: 150 Here it comes")
			s.add(data.Say(1, "hello")...)
			s.add(data.Close(1)...)
		},
		"tls": func(s *scene) {
			c := s.dial(s.alice, s.ftp, 40000, 21)
			s.talk(c, "S: 220 ready", "C: AUTH TLS", "S: 234 Go on")
			s.talk(c, "C: \x16\x03\x01\x00\x05hello", "S: \x16\x03\x03\x00\x05hello", "C: \x17\x03\x03\x00\x05xxxxx", "S: \x17\x03\x03\x00\x05xxxxx")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newScene()
			play(s)
			var got strings.Builder
			if err := ladder.Write(&got, s.see(t), ladder.Options{Words: explain.English, Width: 100}); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", "ladders", name+".txt"), got.String())
			if name != "passive" {
				return
			}
			got.Reset()
			if err := ladder.Write(&got, s.see(t), ladder.Options{Words: explain.Chinese, Explain: true, ASCII: true}); err != nil {
				t.Fatal(err)
			}
			compare(t, filepath.Join("testdata", "ladders", name+"-ascii.txt"), got.String())
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// A port that was named and refused may be the client's own for something else.
func TestRefusedPort(t *testing.T) {
	s := newScene()
	c := s.control()
	s.talk(c, "C: PORT 10,0,0,1,195,80", "S: 504 No")
	web := s.dial(s.alice, s.ftp, 50000, 80)
	s.add(web.Say(0, "GET / HTTP/1.0\r\n\r\n")...)
	messages := s.see(t)
	if last := messages[len(messages)-1]; last.Protocol != "HTTP" {
		t.Errorf("%s: %s", last.Protocol, last.Summary)
	}
}

// What is sent and what comes is counted, whatever the observer keeps of it.
func TestLargeFile(t *testing.T) {
	s := newScene()
	c := s.control()
	s.talk(c, "C: EPSV", "S: 229 (|||40001|)", "C: RETR large", "S: 150 Here it comes")
	data := s.dial(s.alice, s.ftp, 40002, 40001)
	s.add(data.Say(1, strings.Repeat("x", 1_234_567))...)
	cut := len(s.frames)
	s.add(data.Close(1)...)
	whole := s.see(t)
	if last := whole[len(whole)-1]; last.Summary != "RETR large: 1,234,567 bytes, complete" || len(last.Bytes) > 64<<10 {
		t.Errorf("%s, %d bytes kept", last.Summary, len(last.Bytes))
	}
	s.frames = s.frames[:cut]
	part := s.see(t)
	if last := part[len(part)-1]; last.Summary != "RETR large: 1,234,567 bytes so far" {
		t.Errorf("without an end: %s", last.Summary)
	}
}

// Who comes late sees the rest, and finds no fault with what he has missed.
func TestMidway(t *testing.T) {
	s := newScene()
	c := s.control()
	missed := len(s.frames)
	s.talk(c, "S: 150 Of something", "S: 226 Done", "C: PASV", "S: 227 (10,0,0,2,156,65)", "C: RETR a", "S: 226 Done")
	s.frames = s.frames[missed:]
	var got []string
	for _, m := range s.see(t) {
		got = append(got, m.Summary)
		if len(m.Findings) > 0 {
			t.Errorf("%s: %v", m.Summary, m.Findings)
		}
	}
	if len(got) != 6 {
		t.Errorf("%d messages: %s", len(got), strings.Join(got, "; "))
	}
	whole := newScene()
	c = whole.control()
	whole.talk(c, "C: LIST")
	gap := len(whole.frames) - 1
	whole.talk(c, "S: 425 No", "C: NOOP", "S: 200 Fine")
	whole.frames = append(whole.frames[:gap], whole.frames[gap+1:]...) // LIST was not seen
	for _, m := range whole.see(t) {
		if len(m.Findings) > 0 {
			t.Errorf("after a gap: %s: %v", m.Summary, m.Findings)
		}
	}
}
