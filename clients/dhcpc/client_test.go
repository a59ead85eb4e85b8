package dhcpc

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/netx"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var (
	quiet = slog.New(slog.DiscardHandler)
	mac   = net.HardwareAddr{2, 0, 0, 0, 0, 1}
	near  = netip.MustParseAddr("192.0.2.67")
	far   = netip.MustParseAddr("192.0.2.68")
)

// fake is a network on which one client speaks with servers that a function
// plays, and the card that it configures. It is meant for a synctest bubble.
type fake struct {
	netx.Network
	answer func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte

	start time.Time
	mu    sync.Mutex
	said  []said
	has   []netip.Prefix
	inbox chan []byte
	until time.Time
	moved chan struct{}
}

// said is one of the client's messages.
type said struct {
	after time.Duration
	kind  dhcpv4.MessageType
	to    netip.Addr
}

func newFake(answer func(*dhcpv4.DHCPv4, netip.Addr) [][]byte) *fake {
	return &fake{answer: answer, start: time.Now(), inbox: make(chan []byte, 100), moved: make(chan struct{}, 1)}
}

func (f *fake) ListenPacketOn(context.Context, string, string, string) (net.PacketConn, error) {
	return f, nil
}

func (f *fake) WriteTo(b []byte, to net.Addr) (int, error) {
	m, err := dhcpv4.FromBytes(b)
	if err != nil {
		return 0, err
	}
	addr := to.(*net.UDPAddr).AddrPort().Addr()
	f.mu.Lock()
	f.said = append(f.said, said{time.Since(f.start), m.MessageType(), addr})
	f.mu.Unlock()
	for _, reply := range f.answer(m, addr) {
		f.inbox <- reply
	}
	return len(b), nil
}

func (f *fake) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		f.mu.Lock()
		left := time.Until(f.until)
		f.mu.Unlock()
		if left <= 0 {
			return 0, nil, os.ErrDeadlineExceeded
		}
		select {
		case m := <-f.inbox:
			return copy(b, m), nil, nil
		case <-time.After(left):
		case <-f.moved:
		}
	}
}

func (f *fake) SetReadDeadline(t time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.until = t
	select {
	case f.moved <- struct{}{}:
	default:
	}
	return nil
}

func (f *fake) Close() error                     { return nil }
func (f *fake) LocalAddr() net.Addr              { return nil }
func (f *fake) SetDeadline(time.Time) error      { return nil }
func (f *fake) SetWriteDeadline(time.Time) error { return nil }

func (f *fake) AddAddress(_ string, p netip.Prefix) error {
	f.has = append(f.has, p)
	return nil
}

func (f *fake) RemoveAddress(_ string, p netip.Prefix) error {
	i := slices.Index(f.has, p)
	if i < 0 {
		return errors.New("no such address")
	}
	f.has = slices.Delete(f.has, i, i+1)
	return nil
}

// reply makes a server's answer.
func reply(m *dhcpv4.DHCPv4, kind dhcpv4.MessageType, server netip.Addr, lease time.Duration, change ...func(*dhcpv4.DHCPv4)) []byte {
	r, _ := dhcpv4.NewReplyFromRequest(m, dhcpv4.WithMessageType(kind),
		dhcpv4.WithOption(dhcpv4.OptServerIdentifier(server.AsSlice())))
	if kind != dhcpv4.MessageTypeNak {
		r.YourIPAddr = net.IP{192, 0, 2, 100}
		r.Options[1] = []byte{255, 255, 255, 0}
		r.Options[51] = binary.BigEndian.AppendUint32(nil, uint32(lease/time.Second))
	}
	for _, c := range change {
		c(r)
	}
	return r.ToBytes()
}

// obliging is a server that says yes to everything, for an hour.
func obliging(m *dhcpv4.DHCPv4, _ netip.Addr) [][]byte {
	switch m.MessageType() {
	case dhcpv4.MessageTypeDiscover:
		return [][]byte{reply(m, dhcpv4.MessageTypeOffer, near, time.Hour)}
	case dhcpv4.MessageTypeRequest:
		return [][]byte{reply(m, dhcpv4.MessageTypeAck, near, time.Hour)}
	}
	return nil
}

func silent(*dhcpv4.DHCPv4, netip.Addr) [][]byte { return nil }

// watch runs a client for so long, and returns the states that it has come to.
func watch(t *testing.T, f *fake, d time.Duration, change func(*Client)) (states string) {
	t.Helper()
	c := Client{Network: f, Card: "eth0", MAC: mac, Configure: f, Log: quiet}
	c.Observe = func(e Event) { states += string(e.State) + " " }
	if change != nil {
		change(&c)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	time.Sleep(d)
	synctest.Wait()
	got := states
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("Run: %v", err)
	}
	if len(f.has) > 0 {
		t.Errorf("the card still has %v", f.has)
	}
	return got
}

func (f *fake) kinds() string {
	var all []string
	for _, s := range f.said {
		all = append(all, fmt.Sprintf("%s>%s", s.kind, s.to))
	}
	return strings.Join(all, " ")
}

func TestFourMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(obliging)
		if got := watch(t, f, time.Minute, nil); got != "INIT SELECTING REQUESTING BOUND " {
			t.Error(got)
		}
		const want = "DISCOVER>255.255.255.255 REQUEST>255.255.255.255 RELEASE>192.0.2.67"
		if got := f.kinds(); got != want {
			t.Error(got)
		}
	})
}

func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(obliging)
		watch(t, f, time.Minute, func(c *Client) { c.Keep = true })
		if got := f.kinds(); strings.Contains(got, "RELEASE") {
			t.Error(got)
		}
	})
}

// Nobody answers: 4, 8, 16, 32, 64, 64 seconds between, each ± 1.
func TestBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(silent)
		watch(t, f, 5*time.Minute, nil)
		want := []float64{4, 8, 16, 32, 64, 64, 64}
		exact := true
		for i, seconds := range want {
			gap := (f.said[i+1].after - f.said[i].after).Seconds()
			if math.Abs(gap-seconds) > 1 {
				t.Errorf("gap %d is %.1f s, want %.0f ± 1", i, gap, seconds)
			}
			exact = exact && gap == seconds
		}
		if exact {
			t.Error("there is no randomness in the gaps")
		}
	})
}

// The server offers and then is gone: five REQUESTs, and all begins anew.
func TestNoAck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
			if m.MessageType() == dhcpv4.MessageTypeRequest {
				return nil
			}
			return obliging(m, to)
		})
		if got := watch(t, f, 150*time.Second, nil); got != "INIT SELECTING REQUESTING INIT SELECTING REQUESTING " {
			t.Error(got)
		}
		if got := strings.Count(strings.SplitAfterN(f.kinds(), "DISCOVER", 3)[1], "REQUEST"); got != 5 {
			t.Errorf("%d REQUESTs in the first round", got)
		}
	})
}

// Refused again and again, the client slows down.
func TestRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
			if m.MessageType() == dhcpv4.MessageTypeRequest {
				return [][]byte{reply(m, dhcpv4.MessageTypeNak, near, 0)}
			}
			return obliging(m, to)
		})
		watch(t, f, time.Hour, nil)
		if n := strings.Count(f.kinds(), "DISCOVER"); n < 50 || n > 70 {
			t.Errorf("%d DISCOVERs in an hour", n)
		}
	})
}

func TestChoice(t *testing.T) {
	two := func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
		if m.MessageType() == dhcpv4.MessageTypeDiscover {
			return [][]byte{reply(m, dhcpv4.MessageTypeOffer, near, time.Hour), reply(m, dhcpv4.MessageTypeOffer, far, 2*time.Hour)}
		}
		server, _ := netip.AddrFromSlice(m.ServerIdentifier())
		return [][]byte{reply(m, dhcpv4.MessageTypeAck, server, time.Hour)}
	}
	for name, test := range map[string]struct {
		change func(*Client)
		want   netip.Addr
	}{
		"first":   {func(*Client) {}, near},
		"longest": {func(c *Client) { c.Collect = time.Second }, far},
		"chosen":  {func(c *Client) { c.Collect, c.Choose = time.Second, func([]Lease) int { return 0 } }, near},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(two)
				c := Client{Network: f, Card: "eth0", MAC: mac, Configure: f, Log: quiet}
				test.change(&c)
				lease, err := c.Acquire(t.Context())
				if err != nil || lease.Server != test.want {
					t.Errorf("%v, %v", lease, err)
				}
			})
		})
	}
}

// From T1 on the server is asked after half of the time that is left, from T2
// on everybody; then the address is gone.
func TestRenewalTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bound := false
		f := newFake(func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
			if bound {
				return nil
			}
			bound = m.MessageType() == dhcpv4.MessageTypeRequest
			return obliging(m, to)
		})
		states := watch(t, f, time.Hour+time.Second, nil)
		if states != "INIT SELECTING REQUESTING BOUND RENEWING REBINDING INIT SELECTING " {
			t.Error(states)
		}
		var got string
		for _, s := range f.said[2:] {
			got += fmt.Sprintf("%v %s>%s\n", s.after.Round(time.Second), s.kind, s.to)
		}
		const want = `30m0s REQUEST>192.0.2.67
41m15s REQUEST>192.0.2.67
46m53s REQUEST>192.0.2.67
49m41s REQUEST>192.0.2.67
51m6s REQUEST>192.0.2.67
52m6s REQUEST>192.0.2.67
52m30s REQUEST>255.255.255.255
56m15s REQUEST>255.255.255.255
58m8s REQUEST>255.255.255.255
59m8s REQUEST>255.255.255.255
1h0m0s DISCOVER>255.255.255.255
`
		if got != want {
			t.Errorf("got:\n%swant:\n%s", got, want)
		}
	})
}

// A NAK in RENEWING takes the address away at once.
func TestRefusedInRenewing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
			if to == near {
				return [][]byte{reply(m, dhcpv4.MessageTypeNak, near, 0)}
			}
			return obliging(m, to)
		})
		const want = "INIT SELECTING REQUESTING BOUND RENEWING INIT SELECTING REQUESTING BOUND "
		if got := watch(t, f, 31*time.Minute, nil); got != want {
			t.Error(got)
		}
	})
}

func TestDeclineWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(obliging)
		checks := 0
		watch(t, f, time.Minute, func(c *Client) {
			c.Check = func(context.Context, netip.Addr) bool { checks++; return checks == 1 }
		})
		const want = "DISCOVER>255.255.255.255 REQUEST>255.255.255.255 DECLINE>255.255.255.255 " +
			"DISCOVER>255.255.255.255 REQUEST>255.255.255.255 RELEASE>192.0.2.67"
		if got := f.kinds(); got != want {
			t.Error(got)
		}
		if gap := f.said[3].after - f.said[2].after; gap < 10*time.Second {
			t.Errorf("it began anew after %v", gap)
		}
	})
}

func TestInitReboot(t *testing.T) {
	former := &Lease{Addr: netip.MustParsePrefix("192.0.2.100/24")}
	for name, test := range map[string]struct {
		answer func(*dhcpv4.DHCPv4, netip.Addr) [][]byte
		want   string
	}{
		"yes": {obliging, "INIT-REBOOT REBOOTING BOUND "},
		"no": {func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
			if m.MessageType() == dhcpv4.MessageTypeRequest && m.ServerIdentifier() == nil {
				return [][]byte{reply(m, dhcpv4.MessageTypeNak, near, 0)}
			}
			return obliging(m, to)
		}, "INIT-REBOOT REBOOTING INIT SELECTING REQUESTING BOUND "},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if got := watch(t, newFake(test.answer), time.Minute, func(c *Client) { c.Former = former }); got != test.want {
					t.Error(got)
				}
			})
		})
	}
}

// What is not for this client, or makes no sense, changes nothing.
func TestHostileReplies(t *testing.T) {
	hostile := map[string]func(*dhcpv4.DHCPv4){
		"number":      func(m *dhcpv4.DHCPv4) { m.TransactionID[0]++ },
		"hardware":    func(m *dhcpv4.DHCPv4) { m.ClientHWAddr = net.HardwareAddr{2, 0, 0, 0, 0, 9} },
		"request":     func(m *dhcpv4.DHCPv4) { m.OpCode = dhcpv4.OpcodeBootRequest },
		"no address":  func(m *dhcpv4.DHCPv4) { m.YourIPAddr = net.IPv4zero },
		"a group":     func(m *dhcpv4.DHCPv4) { m.YourIPAddr = net.IP{224, 0, 0, 1} },
		"no server":   func(m *dhcpv4.DHCPv4) { delete(m.Options, 54) },
		"no lease":    func(m *dhcpv4.DHCPv4) { delete(m.Options, 51) },
		"odd mask":    func(m *dhcpv4.DHCPv4) { m.Options[1] = []byte{255, 0, 255, 0} },
		"wrong kind":  func(m *dhcpv4.DHCPv4) { m.Options[53] = []byte{4} },
		"cut options": func(m *dhcpv4.DHCPv4) { delete(m.Options, 53) },
	}
	for name, change := range hostile {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := newFake(func(m *dhcpv4.DHCPv4, _ netip.Addr) [][]byte {
					return [][]byte{[]byte("nonsense"), reply(m, dhcpv4.MessageTypeOffer, near, time.Hour, change)}
				})
				if got := watch(t, f, time.Minute, nil); got != "INIT SELECTING " {
					t.Errorf("an OFFER led to %s", got)
				}
				f = newFake(func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
					if m.MessageType() == dhcpv4.MessageTypeDiscover {
						return obliging(m, to)
					}
					return [][]byte{reply(m, dhcpv4.MessageTypeAck, near, time.Hour, change)}
				})
				if got := watch(t, f, time.Minute, nil); got != "INIT SELECTING REQUESTING " {
					t.Errorf("an ACK led to %s", got)
				}
			})
		})
	}
}

// T1 and T2 of the server's are taken, if they are in order.
func TestTimes(t *testing.T) {
	seconds := func(code uint8, n uint32) func(*dhcpv4.DHCPv4) {
		return func(m *dhcpv4.DHCPv4) { m.Options[code] = binary.BigEndian.AppendUint32(nil, n) }
	}
	m, _ := dhcpv4.NewDiscovery(mac)
	for want, change := range map[[2]time.Duration][]func(*dhcpv4.DHCPv4){
		{30 * time.Minute, 52*time.Minute + 30*time.Second}: {seconds(58, 4000)},
		{time.Minute, 2 * time.Minute}:                      {seconds(58, 60), seconds(59, 120)},
	} {
		r, err := dhcpv4.FromBytes(reply(m, dhcpv4.MessageTypeAck, near, time.Hour, change...))
		if err != nil {
			t.Fatal(err)
		}
		l, err := leaseOf(r, time.Time{})
		if err != nil || l.T1 != want[0] || l.T2 != want[1] {
			t.Errorf("%+v, %v; want %v", l, err, want)
		}
	}
}

func TestForever(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(func(m *dhcpv4.DHCPv4, to netip.Addr) [][]byte {
			kind := dhcpv4.MessageTypeAck
			if m.MessageType() == dhcpv4.MessageTypeDiscover {
				kind = dhcpv4.MessageTypeOffer
			}
			return [][]byte{reply(m, kind, near, forever)}
		})
		if got := watch(t, f, 1000*24*time.Hour, nil); got != "INIT SELECTING REQUESTING BOUND " {
			t.Error(got)
		}
	})
}

func TestSettings(t *testing.T) {
	if err := (&Client{Network: newFake(silent)}).Run(t.Context()); err == nil {
		t.Error("a client without hardware address")
	}
	if err := (&Client{Network: struct{ netx.Network }{}, MAC: mac}).Run(t.Context()); err == nil {
		t.Error("a network without cards")
	}
}

func FuzzReply(f *testing.F) {
	m, _ := dhcpv4.NewDiscovery(mac)
	f.Add(reply(m, dhcpv4.MessageTypeOffer, near, time.Hour))
	f.Add(reply(m, dhcpv4.MessageTypeNak, near, 0))
	f.Fuzz(func(t *testing.T, b []byte) {
		s := session{Client: &Client{MAC: mac}, xid: m.TransactionID}
		r := s.understand(b, []dhcpv4.MessageType{dhcpv4.MessageTypeOffer, dhcpv4.MessageTypeAck})
		if r == nil {
			return
		}
		l, err := leaseOf(r, time.Time{})
		if err == nil && (!l.Addr.IsValid() || l.T1 <= 0 || l.T1 > l.T2 || l.T2 > l.Duration) {
			t.Errorf("%+v", l)
		}
	})
}
