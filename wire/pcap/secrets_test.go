package pcap_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/packet"
	"github.com/wirebook/wirebook/wire/pcap"
)

// written is what a capture of the frames has, packet by packet.
func written(t *testing.T, frames []frame.Frame) [][]byte {
	t.Helper()
	var file bytes.Buffer
	w, err := pcap.NewWriter(&file)
	if err == nil {
		err = w.See(frames...)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	r, err := pcapgo.NewNgReader(&file, pcapgo.NgReaderOptions{WantMixedLinkType: true})
	if err != nil {
		t.Fatal(err)
	}
	var packets [][]byte
	for {
		data, _, err := r.ReadPacketData()
		if err != nil {
			return packets
		}
		packets = append(packets, data)
	}
}

func TestPasswordsAreHidden(t *testing.T) {
	const hidden = "**********"
	for _, test := range []struct {
		name   string
		pieces []string
		want   string // all that the client says
	}{
		{"at once", []string{"USER alice\r\nPASS Wonder1and\r\nPWD\r\n"}, "USER alice\r\nPASS " + hidden + "\r\nPWD\r\n"},
		{"byte by byte", strings.Split("PASS Wonder1and\r\nPWD\r\n", ""), "PASS " + hidden + "\r\nPWD\r\n"},
		{"odd pieces", []string{"PA", "SS Won", "der1a", "nd", "\r\nNOOP\r\n"}, "PASS " + hidden + "\r\nNOOP\r\n"},
		{"small letters", []string{"pass Wonder1and\n"}, "pass " + hidden + "\n"},
		{"no space", []string{"PASSWonder1and\r\n"}, "PASS" + hidden + "\r\n"},
		{"a tab", []string{"PASS\tWonder1and\r\n"}, "PASS\t" + hidden + "\r\n"},
		{"account", []string{" ACCT Wonder1and\r\n"}, " ACCT " + hidden + "\r\n"},
		{"spaces in it", []string{"PASS Won er and\r\n"}, "PASS " + hidden + "\r\n"},
		{"nothing", []string{"PASV\r\n", "RETR PASS x\r\n", "SPASS y\r\n"}, "PASV\r\nRETR PASS x\r\nSPASS y\r\n"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var n forge.Network
			alice, ftp := forge.NewHost("alice", "10.0.0.1", 1), forge.NewHost("ftp", "10.0.0.2", 2)
			c, frames := n.Dial(alice, ftp, 40000, 21)
			for _, piece := range test.pieces {
				frames = append(frames, c.Say(0, piece)...)
			}
			for _, f := range slices.Clone(frames) { // on another link, and sent again
				frames = append(frames, forge.Again(f, ftp, 0), f)
			}
			var before []string
			for _, f := range frames {
				before = append(before, string(f.Data))
			}
			var said strings.Builder
			for i, data := range written(t, frames) {
				var p packet.Packet
				p.Decode(data)
				if p.Faults != 0 || bytes.Contains(data, []byte("Wonder1and")) || len(data) != len(frames[i].Data) {
					t.Errorf("packet %d: faults %b: %q", i, p.Faults, p.Payload())
				}
				if i < len(test.pieces)+3 {
					said.Write(p.Payload())
				}
				if string(frames[i].Data) != before[i] {
					t.Errorf("frame %d was changed for others, too", i)
				}
			}
			if got := said.String(); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			all := written(t, frames)
			for i := len(test.pieces) + 3; i < len(all); i++ {
				var p, first packet.Packet
				p.Decode(all[i])
				first.Decode(all[(i-len(test.pieces)-3)/2])
				if !bytes.Equal(p.Payload(), first.Payload()) {
					t.Errorf("packet %d once more: %q, was %q", i, p.Payload(), first.Payload())
				}
			}
		})
	}
}

// A checksum that was wrong stays wrong, and other ports are left alone.
func TestWhatIsNotHidden(t *testing.T) {
	var n forge.Network
	alice, ftp := forge.NewHost("alice", "fd00::1", 1), forge.NewHost("ftp", "fd00::2", 2)
	c, _ := n.Dial(alice, ftp, 40000, 21)
	bad := c.Say(0, "PASS secret\r\n")
	bad[0].Data[len(bad[0].Data)-3] ^= 1
	web, _ := n.Dial(alice, ftp, 40001, 80)
	frames := append(bad, web.Say(0, "PASS secret\r\n")...)
	frames = append(frames, c.Segment(1, func(t *layers.TCP) { t.PSH = true }, []byte("PASS secret\r\n")))
	var faults packet.Fault
	for i, data := range written(t, frames) {
		var p packet.Packet
		p.Decode(data)
		if i == 0 {
			faults = p.Faults
		} else if string(p.Payload()) != "PASS secret\r\n" {
			t.Errorf("packet %d: %q", i, p.Payload())
		}
	}
	if faults != packet.BadTransportChecksum {
		t.Errorf("faults %b of a damaged packet", faults)
	}
}

func FuzzPasswords(f *testing.F) {
	f.Add("USER a\r\nPASS secret\r\n", uint8(3))
	f.Add("PASS\r\nPASS\r\n", uint8(1))
	f.Add("AUTH PLAIN abcd\r\nefgh\r\n", uint8(6))
	f.Add("APOP a b\r\nAUTH x y\r\nz\r\n", uint8(7))
	f.Add("a LOGIN \"b \\\" c\" d e\r\nb LOGIN {1+}\r\nc {2+}\r\nde f\r\ng AUTHENTICATE h i\r\n", uint8(8))
	f.Add("GET / HTTP/1.1\r\nAuthorization: Basic abc\r\n\r\n", uint8(9))
	f.Fuzz(func(t *testing.T, text string, size uint8) {
		var n forge.Network
		alice, ftp := forge.NewHost("alice", "10.0.0.1", 1), forge.NewHost("ftp", "10.0.0.2", 2)
		c, _ := n.Dial(alice, ftp, 40000, []uint16{21, 25, 110, 143, 80}[size%5])
		c.MSS = max(int(size/5), 1)
		if len(text) > 1000 {
			return
		}
		frames := c.Say(0, text)
		c.Seq[0] -= uint32(len(text))
		c.MSS = 1460
		frames = append(frames, c.Say(0, text)...)
		var pieces, whole []byte
		packets := written(t, frames)
		for i, data := range packets {
			var p packet.Packet
			p.Decode(data)
			if p.Faults != 0 {
				t.Errorf("faults %b", p.Faults)
			}
			if i == len(packets)-1 {
				whole = p.Payload()
			} else {
				pieces = append(pieces, p.Payload()...)
			}
		}
		if !bytes.Equal(pieces, whole) {
			t.Errorf("in pieces %q, whole %q", pieces, whole)
		}
	})
}
