package guest

import (
	"fmt"
	"os"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

const cardName = "eth0"

// loopback is in every network namespace from the start.
var loopback = &netlink.Device{LinkAttrs: netlink.LinkAttrs{Name: "lo", Index: 1}}

// A card is the guest's network card, as process 1 sees it.
type card struct {
	host Host // as the card and /etc/hosts say it
}

// makeCard gives this network namespace a card as h says, with addresses and
// default routes, brings it and the loopback up, and returns the card's far end.
func makeCard(h Host) (c *card, far *os.File, err error) {
	far, err = openTap(cardName)
	if err != nil {
		return nil, nil, err
	}
	setKernelParameters()
	c = &card{host: h}
	if err := c.bringUp(); err != nil {
		far.Close()
		return nil, nil, err
	}
	return c, far, nil
}

// kernelParameters are those of a host that is usable at once. On a LAN of
// our own nobody else has the host's addresses, so that it need not wait a
// second for duplicate address detection (RFC 4862 §5.4); it has its
// configuration and need not ask for routers (§5.5); and everybody may ping.
// In a user namespace only group 0 exists, hence the second ping line.
var kernelParameters = []struct{ path, value string }{
	{"ipv6/conf/" + cardName + "/accept_dad", "0"},
	{"ipv6/conf/" + cardName + "/dad_transmits", "0"},
	{"ipv6/conf/" + cardName + "/accept_ra", "0"},
	{"ipv6/conf/" + cardName + "/router_solicitations", "0"},
	{"ipv4/ping_group_range", "0 0"},
	{"ipv4/ping_group_range", "0 2147483647"},
}

// setKernelParameters does what the system lets it do: /proc/sys is read-only
// in some containers, and IPv6 may be switched off. What cannot be set makes
// a guest slower to start with IPv6, not wrong.
func setKernelParameters() {
	for _, p := range kernelParameters {
		_ = os.WriteFile("/proc/sys/net/"+p.path, []byte(p.value), 0)
	}
}

// bringUp speaks rtnetlink (RFC 3549), as the `ip` command does; the comments
// here and in addressing_linux.go are what one would type.
func (c *card) bringUp() error {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer kernel.Close()

	link, err := kernel.LinkByName(cardName)
	if err != nil {
		return fmt.Errorf("ip link show %s: %w", cardName, err)
	}
	if c.host.MAC != nil {
		if err := kernel.LinkSetHardwareAddr(link, c.host.MAC); err != nil {
			return fmt.Errorf("ip link set %s address %s: %w", cardName, c.host.MAC, err)
		}
	}
	for _, name := range c.host.CardNames {
		_ = kernel.LinkAddAltName(link, name) // ip link property add dev eth0 altname; before Linux 5.5 there are none
	}
	if c.host.MTU != 0 {
		if err := kernel.LinkSetMTU(link, c.host.MTU); err != nil {
			return fmt.Errorf("ip link set %s mtu %d: %w", cardName, c.host.MTU, err)
		}
	}
	for _, link := range []netlink.Link{loopback, link} {
		if err := kernel.LinkSetUp(link); err != nil {
			return fmt.Errorf("ip link set %s up: %w", link.Attrs().Name, err)
		}
	}
	if err := c.host.Loopback.openLoopback(kernel); err != nil {
		return err
	}
	return c.change(kernel, link, Addressing{}, c.host.Addressing)
}
