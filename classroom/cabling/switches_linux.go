package cabling

import (
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Switches are the bridges of this process's network namespace.
type Switches struct {
	kernel *netlink.Handle

	mu     sync.Mutex
	byName map[string]netlink.Link
	ports  int                // how many there have been
	names  map[int]string     // of the ports, by the kernel's numbers
	losses map[string]float64 // by port, where frames are lost
	shaped map[string]bool    // the ports that have netem
}

// NewSwitches is for a namespace that has none yet.
func NewSwitches() (*Switches, error) {
	kernel, err := netlink.NewHandle(unix.NETLINK_ROUTE)
	if err != nil {
		return nil, fmt.Errorf("netlink: %w", err)
	}
	return &Switches{
		kernel: kernel, byName: make(map[string]netlink.Link), names: make(map[int]string),
		losses: make(map[string]float64), shaped: make(map[string]bool),
	}, nil
}

// Close leaves the bridges where they are: they end with the namespace.
func (s *Switches) Close() { s.kernel.Close() }

// Add makes a switch. It forwards at once: there are no loops to look for
// (spanning tree off), and it floods multicast, as the simplest switch does.
func (s *Switches) Add(name string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	snooping := false
	bridge := &netlink.Bridge{
		LinkAttrs:         netlink.NewLinkAttrs(),
		MulticastSnooping: &snooping,
	}
	// A kernel's names have 15 letters, a world's may have more.
	bridge.Name = fmt.Sprintf("switch%d", len(s.byName))
	if err := s.kernel.LinkAdd(bridge); err != nil {
		return fmt.Errorf("ip link add %s type bridge: %w%s", bridge.Name, err, hint(err))
	}
	link, err := s.kernel.LinkByName(bridge.Name)
	if err == nil {
		err = s.kernel.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("ip link set %s up: %w", bridge.Name, err)
	}
	s.byName[name] = link
	return nil
}

// Plug gives the namespace a card whose cable leads to the switch, and returns the
// number of the cable's interface at the switch. When the namespace ends, so does
// the cable.
func (s *Switches) Plug(namespace *os.File, to string, card Card) (port int, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bridge := s.byName[to]
	if bridge == nil {
		return 0, fmt.Errorf("there is no switch %q", to)
	}
	s.ports++
	cable := &netlink.Veth{
		LinkAttrs:        netlink.NewLinkAttrs(),
		PeerName:         card.Name,
		PeerHardwareAddr: card.MAC,
		PeerNamespace:    netlink.NsFd(namespace.Fd()),
	}
	cable.Name = fmt.Sprintf("port%d", s.ports)
	cable.MasterIndex = bridge.Attrs().Index
	if err := s.kernel.LinkAdd(cable); err != nil {
		return 0, fmt.Errorf("ip link add %s type veth: %w%s", cable.Name, err, hint(err))
	}
	link, err := s.kernel.LinkByName(cable.Name)
	if err == nil {
		err = s.kernel.LinkSetUp(link)
	}
	if err != nil {
		return 0, fmt.Errorf("ip link set %s up: %w", cable.Name, err)
	}
	s.names[link.Attrs().Index] = cable.Name
	return link.Attrs().Index, nil
}

// Unplug takes a cable away, if it is still there.
func (s *Switches) Unplug(port int) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if name, ok := s.names[port]; ok {
		if s.shaped[name] {
			_ = s.noDetour(port, name) // it may have gone with the port
		}
		delete(s.shaped, name)
		delete(s.losses, name) // its rules mean nobody any more; the next change leaves them out
		delete(s.names, port)
	}
	err := s.kernel.LinkDel(&netlink.Device{LinkAttrs: netlink.LinkAttrs{Index: port}})
	if errors.Is(err, unix.ENODEV) || errors.Is(err, unix.EINVAL) {
		return nil
	}
	return err
}

// hint says what is likely missing.
func hint(err error) string {
	if errors.Is(err, unix.EPERM) {
		return " (it needs the capability NET_ADMIN over the namespaces of both ends)"
	}
	return ""
}
