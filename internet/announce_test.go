package internet

import (
	"errors"
	"net/netip"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

// impatient is a clock on which no timer lasts long enough for a second ARP
// request: it comes after a second.
type impatient struct{ clock.Clock }

func (i impatient) AfterFunc(d time.Duration, call func()) clock.Timer {
	t := &impatientTimer{i.Clock.AfterFunc(time.Hour, call)}
	t.Reset(d)
	return t
}

type impatientTimer struct{ clock.Timer }

func (t *impatientTimer) Reset(d time.Duration) bool {
	if d >= time.Second {
		return t.Stop()
	}
	return t.Timer.Reset(d)
}

// The router has asked for an address that nobody had. The newcomer who gets it
// says so, and what waited at the router comes through, without a second
// question.
func TestAnnouncedAddressIsReachedAtOnce(t *testing.T) {
	r := newRoad(t, roadConfig{Config: Config{Clock: impatient{clock.System}}})
	seen := watch(t, r.Internet)
	newcomer := netip.MustParsePrefix("10.0.3.77/24")
	answered := make(chan error, 1)
	go func() {
		_, err := r.alice.Ping(soon(t), newcomer.Addr())
		answered <- err
	}()
	seen.untilAsked(t, newcomer.Addr())
	if err := errors.Join(r.bob.AddAddress("eth0", newcomer), r.bob.Announce("eth0", newcomer.Addr())); err != nil {
		t.Fatal(err)
	}
	if err := <-answered; err != nil {
		t.Error(err)
	}
}

// untilAsked waits for an ARP request for the address.
func (w *watcher) untilAsked(t *testing.T, addr netip.Addr) {
	t.Helper()
	ctx, buf := soon(t), make([]frame.Frame, 1)
	for {
		if _, err := w.Read(ctx, buf); err != nil {
			t.Fatalf("nobody asks for %v: %v", addr, err)
		}
		packet := gopacket.NewPacket(buf[0].Data, layers.LayerTypeEthernet, gopacket.Default)
		arp, ok := packet.Layer(layers.LayerTypeARP).(*layers.ARP)
		if ok && arp.Operation == layers.ARPRequest && netip.AddrFrom4([4]byte(arp.DstProtAddress)) == addr {
			return
		}
	}
}

func TestWhatCannotBeAnnounced(t *testing.T) {
	r := newRoad(t, roadConfig{})
	if err := r.bob.Announce("eth7", netip.MustParseAddr("10.0.3.10")); err == nil {
		t.Error("announced on a card that is not there")
	}
	if err := r.bob.Announce("eth0", netip.MustParseAddr("fd00:3::10")); err == nil {
		t.Error("an IPv6 address was announced by ARP")
	}
}
