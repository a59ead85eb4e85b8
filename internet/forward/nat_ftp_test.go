package forward

import (
	"bytes"
	"encoding/binary"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The control connection is open; the client has said 0 bytes of its text, and
// so has the server.
const ftpFromInside = `
	lan  | tcp S 999,0 192.168.1.11:3345 > 203.0.113.21:21
	core | tcp SA 4999,1000 203.0.113.21:21 > 198.51.100.2:3345
	lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21
`

const ftpToInside = `
	core | tcp S 999,0 203.0.113.9:4000 > 198.51.100.2:2121
	lan  | tcp SA 4999,1000 192.168.1.21:21 > 203.0.113.9:4000
	core | tcp A 1000,5000 203.0.113.9:4000 > 198.51.100.2:2121
`

func TestFTPHelper(t *testing.T) {
	for _, test := range []struct{ rule, transcript string }{
		{"PORT: the shared address, and the server may connect to it", ftpFromInside + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,195,80\r\n"
			core | tcp S 1,0 203.0.113.21:20 > 198.51.100.2:50000
			  -> lan | tcp S 1,0 203.0.113.21:20 > 192.168.1.11:50000
			lan  | tcp SA 7,2 192.168.1.11:50000 > 203.0.113.21:20
			  -> core | tcp SA 7,2 198.51.100.2:50000 > 203.0.113.21:20
			# once, and nobody else
			core | tcp S 1,0 203.0.113.21:21 > 198.51.100.2:50000
			  -> filtered by the NAT
			core | tcp S 1,0 203.0.113.22:20 > 198.51.100.2:50000
			  -> filtered by the NAT`},
		{"commands in a row, PORT and EPRT", ftpFromInside + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "USER anonymous\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "USER anonymous\r\n"
			lan  | tcp A 1016,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,4,1\r\n"
			  -> core | tcp A 1016,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,4,1\r\n"
			lan  | tcp A 1039,5000 192.168.1.11:3345 > 203.0.113.21:21 "EPRT |1|192.168.1.11|50000|\r\n"
			  -> core | tcp A 1039,5000 198.51.100.2:3345 > 203.0.113.21:21 "EPRT |1|198.51.100.2|50000|\r\n"
			lan  | tcp A 1068,5000 192.168.1.11:3345 > 203.0.113.21:21 "NOOP\r\n"
			  -> core | tcp A 1068,5000 198.51.100.2:3345 > 203.0.113.21:21 "NOOP\r\n"`},
		{"a line becomes longer: the two sides count differently", strings.ReplaceAll(ftpFromInside, "192.168.1.11", "192.168.1.9") + `
			lan  | tcp A 1000,5000 192.168.1.9:3345 > 203.0.113.21:21 "PORT 192,168,1,9,4,1\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,4,1\r\n"
			core | tcp A 5000,1023 203.0.113.21:21 > 198.51.100.2:3345 "200 PORT command successful\r\n"
			  -> lan | tcp A 5000,1022 203.0.113.21:21 > 192.168.1.9:3345 "200 PORT command successful\r\n"
			lan  | tcp A 1022,5029 192.168.1.9:3345 > 203.0.113.21:21 "LIST\r\n"
			  -> core | tcp A 1023,5029 198.51.100.2:3345 > 203.0.113.21:21 "LIST\r\n"
			# sent again
			lan  | tcp A 1000,5000 192.168.1.9:3345 > 203.0.113.21:21 "PORT 192,168,1,9,4,1\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,4,1\r\n"
			# and once more, with the next line
			lan  | tcp A 1000,5000 192.168.1.9:3345 > 203.0.113.21:21 "PORT 192,168,1,9,4,1\r\nLIST\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,4,1\r\nLIST\r\n"
			lan  | tcp FA 1028,5029 192.168.1.9:3345 > 203.0.113.21:21
			  -> core | tcp FA 1029,5029 198.51.100.2:3345 > 203.0.113.21:21
			core | tcp A 5029,1030 203.0.113.21:21 > 198.51.100.2:3345
			  -> lan | tcp A 5029,1029 203.0.113.21:21 > 192.168.1.9:3345`},
		{"the port is taken: another is said", ftpFromInside + `
			lan  | tcp S 1,0 192.168.1.12:50000 > 203.0.113.80:80
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,195,82\r\n"
			core | tcp S 1,0 203.0.113.21:20 > 198.51.100.2:50002
			  -> lan | tcp S 1,0 203.0.113.21:20 > 192.168.1.11:50000`},
		{"a line in two segments passes as it is", ftpFromInside + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,"
			lan  | tcp A 1015,5000 192.168.1.11:3345 > 203.0.113.21:21 "11,195,80\r\n"
			  -> core | tcp A 1015,5000 198.51.100.2:3345 > 203.0.113.21:21 "11,195,80\r\n"
			# sent again in one piece, the other side may have the first half
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			core | tcp S 1,0 203.0.113.21:20 > 198.51.100.2:50000
			  -> the router`},
		{"what looks like a line, but is the middle of one", ftpFromInside + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "STOR "
			lan  | tcp A 1005,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> core | tcp A 1005,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"`},
		{"a damaged segment is left to its receiver", ftpFromInside + `
			lan  | broken tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> core | broken tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 198,51,100,2,195,80\r\n"
			lan  | broken tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			  -> bad header checksum`},
		{"only for itself, and no server's port", ftpFromInside + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,12,195,80\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,12,195,80\r\n"
			lan  | tcp A 1026,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,0,22\r\n"
			  -> core | tcp A 1026,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,0,22\r\n"
			lan  | tcp A 1050,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195\r\n"
			  -> core | tcp A 1050,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195\r\n"`},
		{"only on port 21", strings.ReplaceAll(ftpFromInside, ":21\n", ":80\n") + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:80 "PORT 192,168,1,11,195,80\r\n"
			  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:80 "PORT 192,168,1,11,195,80\r\n"`},
		{"who is expected is not waited for for ever", ftpFromInside + `
			lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
			wait 4m
			core | tcp S 1,0 203.0.113.21:20 > 198.51.100.2:50000
			  -> the router`},
		{"a client outside in active mode needs no help", ftpToInside + `
			core | tcp A 1000,5000 203.0.113.9:4000 > 198.51.100.2:2121 "PORT 203,0,113,9,195,80\r\n"
			  -> lan | tcp A 1000,5000 203.0.113.9:4000 > 192.168.1.21:21 "PORT 203,0,113,9,195,80\r\n"
			lan  | tcp S 1,0 192.168.1.21:20 > 203.0.113.9:50000
			  -> core | tcp S 1,0 198.51.100.2:20 > 203.0.113.9:50000`},
		{"227: a server inside, passive", ftpToInside + `
			lan  | tcp A 5000,1000 192.168.1.21:21 > 203.0.113.9:4000 "227 Entering Passive Mode (192,168,1,21,156,65).\r\n"
			  -> core | tcp A 5000,1000 198.51.100.2:2121 > 203.0.113.9:4000 "227 Entering Passive Mode (198,51,100,2,156,65)\r\n"
			core | tcp A 1000,5049 203.0.113.9:4000 > 198.51.100.2:2121 "LIST\r\n"
			  -> lan | tcp A 1000,5050 203.0.113.9:4000 > 192.168.1.21:21 "LIST\r\n"
			core | tcp S 1,0 203.0.113.9:4001 > 198.51.100.2:40001
			  -> lan | tcp S 1,0 203.0.113.9:4001 > 192.168.1.21:40001`},
		{"229: only the port, and only if it must be another", ftpToInside + `
			lan  | tcp A 5000,1000 192.168.1.21:21 > 203.0.113.9:4000 "229 Extended Passive Mode OK (|||40001|)\r\n"
			  -> core | tcp A 5000,1000 198.51.100.2:2121 > 203.0.113.9:4000 "229 Entering Extended Passive Mode (|||40001|)\r\n"
			core | tcp S 1,0 203.0.113.9:4001 > 198.51.100.2:40001
			  -> lan | tcp S 1,0 203.0.113.9:4001 > 192.168.1.21:40001`},
		{"a hairpin to the server inside", `
			lan  | tcp S 999,0 192.168.1.11:3345 > 198.51.100.2:2121
			lan  | tcp SA 4999,1000 192.168.1.21:21 > 198.51.100.2:3345
			lan  | tcp A 5000,1000 192.168.1.21:21 > 198.51.100.2:3345 "227 Entering Passive Mode (192,168,1,21,156,65)\r\n"
			  -> lan | tcp A 5000,1000 198.51.100.2:2121 > 192.168.1.11:3345 "227 Entering Passive Mode (198,51,100,2,156,65)\r\n"
			lan  | tcp S 1,0 192.168.1.11:3346 > 198.51.100.2:40001
			  -> lan | tcp S 1,0 198.51.100.2:3346 > 192.168.1.21:40001`},
	} {
		t.Run(test.rule, func(t *testing.T) {
			h := newHome(t, NAT{FTP: true, Forward: []PortForward{{TCP, 2121, netip.MustParseAddrPort("192.168.1.21:21")}}})
			h.play(t, test.transcript)
			if err := h.plane.Load().nat.table.check(); err != nil {
				t.Error(err)
			}
		})
	}
}

// Without the helper, the server is told an address that nobody can reach.
func TestFTPWithoutHelper(t *testing.T) {
	newHome(t, NAT{}).play(t, ftpFromInside+`
		lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
		  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
		core | tcp S 1,0 203.0.113.21:20 > 198.51.100.2:50000
		  -> the router`)
}

// No room in the table: the line passes as it is, and active mode fails.
func TestFTPHelperWithFullTable(t *testing.T) {
	newHome(t, NAT{FTP: true, MaxSessions: 1}).play(t, ftpFromInside+`
		lan  | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"
		  -> core | tcp A 1000,5000 198.51.100.2:3345 > 203.0.113.21:21 "PORT 192,168,1,11,195,80\r\n"`)
}

// A line that would make the packet too big for the link passes as it is.
func TestFTPHelperWithFullSegment(t *testing.T) {
	h := newHome(t, NAT{FTP: true})
	h.play(t, ftpFromInside)
	line := `PORT 192,168,1,11,195,80\r\n`
	long := strings.Repeat("x", 1460-26-2) + `\r\n` + line
	got := h.pass(t, `lan | tcp A 1000,5000 192.168.1.11:3345 > 203.0.113.21:21 "`+long)
	if !strings.HasSuffix(got, line+`"`) {
		t.Errorf("...%s", got[len(got)-60:])
	}
}

// RFC 2018: the blocks of a selective acknowledgment are numbers, too.
func TestFTPHelperSelectiveAcknowledgment(t *testing.T) {
	c := &control{}
	c.words.begin(1000)
	c.words.read(1000, []byte("a\r\nb\r\n"), func(line []byte) []byte {
		if line[0] == 'a' {
			return []byte("abcdef\r\n") // 1000-1003 is 1000-1008 for the receiver
		}
		return nil
	})
	sack := func(blocks ...uint32) []byte {
		b := []byte{tcpOptionNop, tcpOptionNop, tcpOptionSack, byte(2 + 4*len(blocks))}
		for _, n := range blocks {
			b = binary.BigEndian.AppendUint32(b, n)
		}
		return append(b, tcpOptionEnd, 0)
	}
	for _, test := range []struct{ options, want []byte }{
		{sack(1008, 1011), sack(1003, 1006)},
		{sack(1008, 1011, 1000, 1008), sack(1003, 1006, 1000, 1003)},
		{sack(1002, 1011), sack(1003, 1006)},                                      // half of the line
		{sack(1002, 1006), append(slices.Repeat([]byte{tcpOptionNop}, 12), 0, 0)}, // the middle of it
		{[]byte{tcpOptionSack, 10, 0, 0}, []byte{tcpOptionSack, 10, 0, 0}},        // cut short
		{[]byte{tcpOptionSack, 1}, []byte{tcpOptionSack, 1}},
		{[]byte{2, 4, 5, 0xb4}, []byte{2, 4, 5, 0xb4}},
	} {
		got := bytes.Clone(test.options)
		c.selective(got)
		if !bytes.Equal(got, test.want) {
			t.Errorf("%v became %v, want %v", test.options, got, test.want)
		}
	}
}

// A sender says lines, and says parts of them again, cut as it likes. Whatever
// arrives, every byte of the receiver's stream has always the same value, and no
// byte is missing in the end.
func TestStreamIsOneStream(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		first := rapid.SampledFrom([]uint32{0, 1000, 0xffffffe0}).Draw(t, "first number")
		lines := rapid.SliceOfN(rapid.SampledFrom([]string{"NOOP\n", "PORT\n", "PORTPORTPORT\n", "\n"}), 1, 12).Draw(t, "lines")
		text := []byte(strings.Join(lines, ""))
		replace := func(line []byte) []byte {
			switch string(line) {
			case "PORT\n":
				return []byte("PORT and more\n")
			case "PORTPORTPORT\n":
				return []byte("P\n")
			}
			return nil
		}
		var s stream
		s.begin(first)
		arrived := make(map[uint32]byte)
		sent := 0 // so much of the text has been sent at least once
		for sent < len(text) {
			from := rapid.IntRange(0, sent).Draw(t, "from")
			to := rapid.IntRange(from+1, len(text)).Draw(t, "to")
			seq, b := first+uint32(from), text[from:to]
			s.read(seq, b, replace)
			out := s.replaced(seq, b)
			if out == nil {
				out = b
			}
			at := s.sent(seq)
			for i, c := range out {
				if was, again := arrived[at+uint32(i)]; again && was != c {
					t.Fatalf("byte %d was %q and is %q", at+uint32(i)-first, was, c)
				}
				arrived[at+uint32(i)] = c
			}
			if end := s.sent(seq + uint32(len(b))); at+uint32(len(out)) != end {
				t.Fatalf("%q ends at %d, and the next begins at %d", out, at+uint32(len(out))-first, end-first)
			}
			sent = max(sent, to)
		}
		whole := make([]byte, 0, len(arrived))
		for i := range len(arrived) {
			c, ok := arrived[first+uint32(i)]
			if !ok {
				t.Fatalf("byte %d never arrived", i)
			}
			whole = append(whole, c)
		}
		if end := s.sent(first + uint32(len(text))); end-first != uint32(len(whole)) {
			t.Fatalf("%d bytes arrived, the stream has %d", len(whole), end-first)
		}
		if back := s.heard(first+uint32(len(whole)), false); back != first+uint32(len(text)) {
			t.Fatalf("the end is acknowledged as %d of %d", back-first, len(text))
		}
		if got := strings.Count(string(whole), "\n"); got != len(lines) {
			t.Fatalf("%d lines became %d: %q", len(lines), got, whole)
		}
	})
}
