package dhcpd

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/clock"
)

// stage is a server without a network: what it sends is written down.
type stage struct {
	*conversation
	sent  []string
	clock *clock.Movable
}

// memo is a socket that only remembers.
type memo struct {
	net.PacketConn
	stage *stage
}

func (m memo) ReadFromUDPAddrPort([]byte) (int, netip.AddrPort, error) {
	return 0, netip.AddrPort{}, net.ErrClosed
}

func (m memo) WriteToUDPAddrPort(b []byte, to netip.AddrPort) (int, error) {
	reply, err := dhcpv4.FromBytes(b)
	if err != nil {
		return 0, err
	}
	m.stage.sent = append(m.stage.sent, describe(reply, to))
	return len(b), nil
}

// describe is a reply as the transcripts write it.
func describe(m *dhcpv4.DHCPv4, to netip.AddrPort) string {
	text := fmt.Sprintf("S: %s %d", m.MessageType(), m.ClientHWAddr[5])
	if a := addrOf(m.YourIPAddr); a.IsValid() {
		text += " " + a.String()
	}
	if b := m.Options[51]; b != nil {
		text += fmt.Sprintf(" lease=%v t1=%v t2=%v", m.IPAddressLeaseTime(0), m.IPAddressRenewalTime(0), m.IPAddressRebindingTime(0))
	}
	if why := m.Message(); why != "" {
		text += fmt.Sprintf(" %q", why)
	}
	if b := m.Options[82]; b != nil {
		text += fmt.Sprintf(" agent=%x", b)
	}
	if b := m.Options[61]; b != nil {
		text += fmt.Sprintf(" id=%x", b)
	}
	return text + " to " + to.String()
}

// hear has the server answer a message.
func (st *stage) hear(ctx context.Context, b []byte) {
	st.conversation.hear(ctx, b)
	st.deliver()
}

func newStage(s *Server) (*stage, error) {
	c := clock.NewMovable()
	s.Clock, s.Log = c, quiet
	if err := s.prepare(); err != nil {
		return nil, err
	}
	st := &stage{clock: c}
	st.conversation = &conversation{Server: s, conn: memo{stage: st}, book: &book{}, probes: make(chan struct{}, 1)}
	return st, nil
}

// parse makes a message of a line such as
//
//	REQUEST 1 wish=192.0.2.100 server=192.0.2.67
//
// where 1 is the end of the client's hardware address.
func parse(t testing.TB, line string) []byte {
	t.Helper()
	words := strings.Fields(line)
	n, err := strconv.Atoi(words[1])
	if err != nil {
		t.Fatal(line, err)
	}
	m, err := dhcpv4.New(dhcpv4.WithHwAddr(mac(n)))
	if err != nil {
		t.Fatal(err)
	}
	kind, ok := map[string]dhcpv4.MessageType{
		"DISCOVER": 1, "REQUEST": 3, "DECLINE": 4, "RELEASE": 7, "INFORM": 8, "OFFER": 2, "NOTHING": 99,
	}[words[0]]
	if !ok {
		t.Fatalf("no message %q", words[0])
	}
	m.Options[53] = []byte{byte(kind)}
	for _, word := range words[2:] {
		key, value, _ := strings.Cut(word, "=")
		ip := net.ParseIP(value).To4()
		switch key {
		case "wish":
			m.Options[50] = ip
		case "server":
			m.Options[54] = ip
		case "has":
			m.ClientIPAddr = ip
		case "relay":
			m.GatewayIPAddr = ip
		case "lease":
			d, _ := time.ParseDuration(value)
			m.Options[51] = binary.BigEndian.AppendUint32(nil, uint32(d/time.Second))
		case "id":
			m.Options[61], _ = hex.DecodeString(value)
		case "agent":
			m.Options[82], _ = hex.DecodeString(value)
		case "broadcast":
			m.SetBroadcast()
		default:
			t.Fatalf("no field %q", key)
		}
	}
	return m.ToBytes()
}

// TestConversations plays the transcripts: C: is what a client says, S: what
// the server must answer to it, "+1h" lets time pass.
func TestConversations(t *testing.T) {
	files, _ := filepath.Glob("testdata/conversations/*.txt")
	if len(files) == 0 {
		t.Fatal("no transcripts")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			small := campus(3)
			small.Reservations = []Reservation{
				{MAC: mac(11), Addr: addr("192.0.2.11")},
				{ClientID: []byte("\x00bob"), Addr: addr("192.0.2.101")},
			}
			far := Network{
				Prefix: netip.MustParsePrefix("198.51.100.0/24"), Lease: time.Hour,
				Pool: []Range{{addr("198.51.100.100"), addr("198.51.100.109")}},
			}
			st, err := newStage(&Server{ID: addr("192.0.2.67"), Networks: []Network{small, far}})
			if err != nil {
				t.Fatal(err)
			}
			st.play(t, string(text))
		})
	}
}

func (st *stage) play(t *testing.T, transcript string) {
	number := 0
	expect := func(line string) {
		t.Helper()
		got := "nothing"
		if len(st.sent) > 0 {
			got, st.sent = st.sent[0], st.sent[1:]
		}
		if got != line {
			t.Errorf("line %d:\n got %s\nwant %s", number, got, line)
		}
	}
	for _, line := range strings.Split(transcript, "\n") {
		number++
		if len(st.sent) > 0 && !strings.HasPrefix(line, "S:") {
			t.Errorf("before line %d: %s", number, st.sent)
			st.sent = nil
		}
		switch kind, rest, _ := strings.Cut(line, " "); {
		case strings.HasPrefix(line, "S:"):
			expect(line)
		case len(st.sent) > 0:
			expect("nothing")
			fallthrough
		case line == "", line[0] == '#':
		case line[0] == '+':
			d, err := time.ParseDuration(line[1:])
			if err != nil {
				t.Fatal(err)
			}
			st.clock.Skip(d)
		case kind == "C:":
			st.hear(t.Context(), parse(t, rest))
		default:
			t.Fatalf("line %d: %s", number, line)
		}
	}
	if len(st.sent) > 0 {
		t.Errorf("at the end: %s", st.sent)
	}
}
