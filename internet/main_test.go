package internet

import (
	"net/netip"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// lan is an Internet with one switch, to which hosts are connected that have
// the addresses 10.0.0.n and fd00::n.
type lan struct {
	*Internet
	sw *Switch
}

func newLAN(t testing.TB, c Config) *lan {
	t.Helper()
	in := New(c)
	t.Cleanup(in.Close)
	sw, err := in.AddSwitch("switch")
	if err != nil {
		t.Fatal(err)
	}
	return &lan{in, sw}
}

func (l *lan) host(t testing.TB, name string, n byte) *Host {
	t.Helper()
	h, err := l.AddHost(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Connect(l.sw, CardConfig{Addrs: []netip.Prefix{netip.PrefixFrom(v4(n), 24), netip.PrefixFrom(v6(n), 64)}}); err != nil {
		t.Fatal(err)
	}
	return h
}

func v4(n byte) netip.Addr { return netip.AddrFrom4([4]byte{10, 0, 0, n}) }
func v6(n byte) netip.Addr { return netip.AddrFrom16([16]byte{0: 0xfd, 15: n}) }
