package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/wirebook/wirebook/clients/dhcpc"
)

func init() {
	example("dhcp",
		"wirebook exec alice dhcp discover",
		"wirebook exec web dhcp inform")
	example("dhcp.discover",
		"wirebook exec alice dhcp discover",
		"wirebook exec web dhcp discover --json",
		"wirebook dhcp discover --card eth0")
	example("dhcp.inform",
		"wirebook exec web dhcp inform",
		"wirebook dhcp inform --card eth0")
}

func dhcpCommand(a *app) *cobra.Command { return dhcpClient(a, here) }

func dhcpClient(a *app, where func() place) *cobra.Command {
	c := a.verbs("dhcp", "dhcp")
	c.GroupID = "client"
	c.AddCommand(a.dhcpDiscover(where), a.dhcpInform(where))
	return c
}

// card is a network card of a place, and its IPv4 address, if it has one.
type card struct {
	Name string
	MAC  net.HardwareAddr
	Addr netip.Addr
}

func (a *app) dhcpDiscover(where func() place) *cobra.Command {
	var name string
	var listen time.Duration
	var asJSON bool
	c := a.command("discover [flags]", "dhcp.discover", func(c *cobra.Command, _ []string) error {
		if listen <= 0 || listen > time.Minute {
			return usageError{fmt.Errorf("--wait %v: write how long to listen, up to 1m", listen)}
		}
		client, _, err := where().dhcpClient(c.Context(), name)
		if err != nil {
			return err
		}
		offers, err := client.Discover(c.Context(), listen)
		if err != nil {
			return err
		}
		return a.showOffers(offers, asJSON)
	})
	c.Args = arguments(cobra.NoArgs)
	c.Flags().StringVar(&name, "card", "", a.say("flag.card"))
	c.Flags().DurationVar(&listen, "wait", 2*time.Second, a.say("flag.dhcpwait"))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

func (a *app) dhcpInform(where func() place) *cobra.Command {
	var name string
	var asJSON bool
	c := a.command("inform [flags]", "dhcp.inform", func(c *cobra.Command, _ []string) error {
		client, own, err := where().dhcpClient(c.Context(), name)
		if err != nil {
			return err
		}
		if !own.Addr.IsValid() {
			return fmt.Errorf("%s has no IPv4 address: who has none asks by DISCOVER", own.Name)
		}
		settings, err := client.Inform(c.Context(), own.Addr)
		if err != nil {
			return err
		}
		return a.showSettings(settings, asJSON)
	})
	c.Args = arguments(cobra.NoArgs)
	c.Flags().StringVar(&name, "card", "", a.say("flag.card"))
	c.Flags().BoolVar(&asJSON, "json", false, a.say("flag.json"))
	return c
}

// dhcpClient is a client for the card of that name; "" is the place's first.
func (p place) dhcpClient(ctx context.Context, name string) (*dhcpc.Client, card, error) {
	own, err := p.card(ctx, name)
	if err != nil {
		return nil, own, err
	}
	return &dhcpc.Client{Network: p.Network, Clock: p.clock, Card: own.Name, MAC: own.MAC, Timeout: time.Second}, own, nil
}

// cardHere is a card of this machine.
func cardHere(_ context.Context, name string) (card, error) {
	cards, err := net.Interfaces()
	if err != nil {
		return card{}, err
	}
	for _, c := range cards {
		usable := c.Flags&net.FlagUp != 0 && c.Flags&net.FlagLoopback == 0 && len(c.HardwareAddr) == 6
		if name == c.Name || name == "" && usable {
			return card{c.Name, c.HardwareAddr, ipv4Of(c)}, nil
		}
	}
	if name == "" {
		return card{}, errors.New("this machine has no Ethernet card that is up: name one with --card")
	}
	return card{}, fmt.Errorf("there is no card %s here", name)
}

func ipv4Of(c net.Interface) netip.Addr {
	addrs, _ := c.Addrs()
	for _, a := range addrs {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil && prefix.Addr().Is4() {
			return prefix.Addr()
		}
	}
	return netip.Addr{}
}

func (a *app) showOffers(offers []dhcpc.Lease, asJSON bool) error {
	if asJSON {
		return a.writeJSON(append([]dhcpc.Lease{}, offers...))
	}
	if len(offers) == 0 {
		a.println("dhcp.nobody")
		return exitStatus(exitFailure)
	}
	var rows table
	rows.row("%s", a.say("dhcp.header"))
	for _, o := range offers {
		rows.row("%s\t%s\t%s\t%s\t%s\t%s", o.Server, o.Addr, o.Duration, list(o.Routers), list(o.DNS), o.Domain)
	}
	return rows.print(a.out, "")
}

func (a *app) showSettings(s *dhcpc.Settings, asJSON bool) error {
	if asJSON {
		return a.writeJSON(s)
	}
	var rows table
	for _, row := range [][2]string{
		{"server", s.Server.String()}, {"mask", s.Mask}, {"routers", list(s.Routers)}, {"dns", list(s.DNS)}, {"domain", s.Domain},
	} {
		rows.row("%s\t%s", a.say("dhcp."+row[0]), row[1])
	}
	return rows.print(a.out, "")
}

func list(addrs []netip.Addr) string {
	words := make([]string, len(addrs))
	for i, addr := range addrs {
		words[i] = addr.String()
	}
	return strings.Join(words, " ")
}
