package dhcpc

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Two servers offer; the first question is lost on its way to one of them.
func TestDiscoverTakesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		f := newFake(func(m *dhcpv4.DHCPv4, _ netip.Addr) [][]byte {
			asked++
			offers := [][]byte{reply(m, dhcpv4.MessageTypeOffer, near, time.Hour)}
			if asked > 1 {
				offers = append(offers, reply(m, dhcpv4.MessageTypeOffer, far, 2*time.Hour))
			}
			return offers
		})
		c := Client{Network: f, Card: "eth0", MAC: mac, Configure: f, Log: quiet}
		offers, err := c.Discover(t.Context(), 2*time.Second)
		if err != nil || len(offers) != 2 || offers[0].Server != near || offers[1].Server != far || offers[1].Duration != 2*time.Hour {
			t.Errorf("%v, %v", offers, err)
		}
		if got := f.kinds(); got != "DISCOVER>255.255.255.255 DISCOVER>255.255.255.255" || len(f.has) > 0 {
			t.Errorf("said %s, has %v", got, f.has)
		}
	})
}

func TestDiscoverWhereNobodyIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := Client{Network: newFake(silent), Card: "eth0", MAC: mac, Log: quiet}
		if offers, err := c.Discover(t.Context(), time.Second); err != nil || len(offers) > 0 {
			t.Errorf("%v, %v", offers, err)
		}
	})
}

func TestInform(t *testing.T) {
	own := netip.MustParseAddr("192.0.2.9")
	synctest.Test(t, func(t *testing.T) {
		var heard *dhcpv4.DHCPv4
		f := newFake(func(m *dhcpv4.DHCPv4, _ netip.Addr) [][]byte {
			if heard == nil {
				heard = m
				return nil // it is lost
			}
			return [][]byte{reply(m, dhcpv4.MessageTypeAck, near, 0, func(r *dhcpv4.DHCPv4) {
				delete(r.Options, 51)
				r.Options[3], r.Options[6], r.Options[15] = []byte{192, 0, 2, 1}, []byte{192, 0, 2, 53}, []byte("example.edu")
			})}
		})
		c := Client{Network: f, Card: "eth0", MAC: mac, Log: quiet}
		s, err := c.Inform(t.Context(), own)
		if err != nil || s.Server != near || s.Mask != "255.255.255.0" || s.Domain != "example.edu" || s.DNS[0] != netip.MustParseAddr("192.0.2.53") || s.Routers[0] != netip.MustParseAddr("192.0.2.1") {
			t.Errorf("%+v, %v", s, err)
		}
		if !heard.ClientIPAddr.Equal(own.AsSlice()) || heard.Options.Has(dhcpv4.OptionRequestedIPAddress) {
			t.Errorf("asked: %v", heard.Summary())
		}
	})
}

func TestInformIsNotAnswered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(silent)
		c := Client{Network: f, Card: "eth0", MAC: mac, Log: quiet}
		if _, err := c.Inform(t.Context(), near); err == nil || !strings.Contains(err.Error(), "nobody answers") || len(f.said) != maxRequests {
			t.Errorf("%v after %s", err, f.kinds())
		}
		if _, err := c.Inform(t.Context(), netip.IPv6LinkLocalAllNodes()); err == nil {
			t.Error("an IPv6 address will do")
		}
	})
}

// A server's answer is not to be trusted.
func TestOddSettings(t *testing.T) {
	m, err := dhcpv4.New()
	if err != nil {
		t.Fatal(err)
	}
	m.Options[1], m.Options[54], m.Options[3] = []byte{255}, []byte{1, 2}, []byte{9}
	if s := settingsOf(m); s.Mask != "" || s.Server.IsValid() || len(s.Routers) > 0 {
		t.Errorf("%+v", s)
	}
}
