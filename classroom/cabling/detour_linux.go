package cabling

import (
	"errors"
	"fmt"
	"strings"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"
)

// detour sends what comes into a port by way of a device of its own, where it can be
// held back: a queue is on the way out of a device only. It is
//
//	ip link add late3 type ifb
//	tc qdisc add dev port3 ingress
//	tc filter add dev port3 parent ffff: u32 match u32 0 0 action mirred egress redirect dev late3
//
// after which the kernel goes on as if the frame had come now. Where it was seen, it
// was seen before.
func (s *Switches) detour(link netlink.Link) (netlink.Link, error) {
	name := detourName(link.Attrs().Name)
	if there, err := s.kernel.LinkByName(name); err == nil {
		return there, nil
	}
	ifb := &netlink.Ifb{LinkAttrs: netlink.NewLinkAttrs()}
	ifb.Name = name
	if err := s.kernel.LinkAdd(ifb); err != nil {
		return nil, fmt.Errorf("ip link add %s type ifb: %w", name, err)
	}
	there, err := s.kernel.LinkByName(name)
	if err == nil {
		err = s.kernel.LinkSetUp(there)
	}
	if err == nil {
		err = s.redirect(link, there)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("tc filter add dev %s ingress: %w", link.Attrs().Name, err), s.noDetour(link.Attrs().Index, link.Attrs().Name))
	}
	return there, nil
}

func (s *Switches) redirect(from, to netlink.Link) error {
	index := from.Attrs().Index
	if err := s.kernel.QdiscReplace(ingress(index)); err != nil {
		return err
	}
	return s.kernel.FilterReplace(&netlink.U32{
		FilterAttrs: netlink.FilterAttrs{
			LinkIndex: index, Parent: netlink.MakeHandle(0xffff, 0), Priority: 1, Protocol: unix.ETH_P_ALL,
		},
		Actions: []netlink.Action{netlink.NewMirredAction(to.Attrs().Index)},
	})
}

// noDetour has frames come in as before.
func (s *Switches) noDetour(port int, name string) error {
	err := s.kernel.QdiscDel(ingress(port))
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENODEV) {
		err = nil
	}
	if there, missing := s.kernel.LinkByName(detourName(name)); missing == nil {
		err = errors.Join(err, s.kernel.LinkDel(there))
	}
	return err
}

func ingress(index int) *netlink.Ingress {
	return &netlink.Ingress{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: index, Handle: netlink.MakeHandle(0xffff, 0), Parent: netlink.HANDLE_INGRESS,
	}}
}

func detourName(port string) string { return "late" + strings.TrimPrefix(port, "port") }
