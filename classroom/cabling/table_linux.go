package cabling

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// Learned is a line of a switch's table: where the card with that address is.
type Learned struct {
	MAC  string
	Port int
}

// Table is what a switch has learned.
func (s *Switches) Table(name string) ([]Learned, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	bridge := s.byName[name]
	if bridge == nil {
		return nil, fmt.Errorf("there is no switch %q", name)
	}
	list, err := s.kernel.NeighList(0, unix.AF_BRIDGE)
	if err != nil {
		return nil, fmt.Errorf("bridge fdb show: %w", err)
	}
	var all []Learned
	for _, n := range list {
		if n.MasterIndex == bridge.Attrs().Index && n.State&netlink.NUD_PERMANENT == 0 { // its own ports are permanent
			all = append(all, Learned{n.HardwareAddr.String(), n.LinkIndex})
		}
	}
	slices.SortFunc(all, func(a, b Learned) int { return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.MAC, b.MAC)) })
	return all, nil
}
