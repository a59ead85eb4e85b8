package cabling

import (
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/vishvananda/netlink"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/internet"
)

// ErrNoNetem is returned where the kernel cannot hold frames back.
var ErrNoNetem = errors.New("this machine's kernel has no netem (the module sch_netem): cables can lose frames and be unplugged, " +
	"but not delay, double, reorder or change them, nor be slow")

// SetFaults makes the cable of a port bad in both directions, or good again. Loss is
// the switch's (see lossRules); all else is netem's, tc-netem(8), once on the way out
// of the port and once on the way in.
func (s *Switches) SetFaults(port int, f internet.Faults) error {
	if len(f.Drop) > 0 {
		return errors.New("drop: which frame is lost cannot be told a kernel; write loss=0.3")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	link, err := s.kernel.LinkByIndex(port)
	if err != nil {
		return fmt.Errorf("ip link show: %w", err)
	}
	if err := s.shape(link, f); err != nil {
		return err
	}
	name := link.Attrs().Name
	before, had := s.losses[name]
	delete(s.losses, name)
	if f.Down {
		s.losses[name] = 1
	} else if f.Loss > 0 {
		s.losses[name] = f.Loss
	}
	if !had && len(s.losses) == 0 {
		return nil
	}
	if err := lossRules(s.losses); err != nil {
		delete(s.losses, name)
		if had {
			s.losses[name] = before
		}
		return err
	}
	return nil
}

// Pull has the port as if its plug had been pulled; or puts it back in.
func (s *Switches) Pull(port int, out bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	link, err := s.kernel.LinkByIndex(port)
	if err == nil && out {
		err = s.kernel.LinkSetDown(link)
	} else if err == nil {
		err = s.kernel.LinkSetUp(link)
	}
	if err != nil {
		return fmt.Errorf("ip link set dev port: %w", err)
	}
	return nil
}

// HasNetem reports whether this kernel holds frames back: it tries.
func (s *Switches) HasNetem() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	probe := &netlink.Ifb{LinkAttrs: netlink.NewLinkAttrs()}
	probe.Name = "probe"
	if err := s.kernel.LinkAdd(probe); err != nil {
		return false
	}
	defer func() { _ = s.kernel.LinkDel(probe) }()
	link, err := s.kernel.LinkByName(probe.Name)
	if err != nil {
		return false
	}
	return s.kernel.QdiscReplace(netem(link.Attrs().Index, internet.Faults{Delay: time.Millisecond})) == nil
}

// shape gives the port netem, or takes it away.
func (s *Switches) shape(link netlink.Link, f internet.Faults) error {
	f.Loss, f.Down = 0, false
	name := link.Attrs().Name
	if f.String() == "" {
		if s.shaped[name] {
			delete(s.shaped, name)
			return s.straighten(link)
		}
		return nil
	}
	if err := s.kernel.QdiscReplace(netem(link.Attrs().Index, f)); err != nil {
		return netemError(name, err)
	}
	s.shaped[name] = true
	detour, err := s.detour(link)
	if err != nil {
		return err
	}
	if err := s.kernel.QdiscReplace(netem(detour.Attrs().Index, f)); err != nil {
		return netemError(detour.Attrs().Name, err)
	}
	return nil
}

func netemError(name string, err error) error {
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EOPNOTSUPP) {
		return ErrNoNetem
	}
	return fmt.Errorf("tc qdisc replace dev %s root netem: %w", name, err)
}

// straighten takes netem away.
func (s *Switches) straighten(link netlink.Link) error {
	root := &netlink.GenericQdisc{QdiscAttrs: netlink.QdiscAttrs{
		LinkIndex: link.Attrs().Index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT,
	}, QdiscType: "netem"}
	err := s.kernel.QdiscDel(root)
	if errors.Is(err, unix.ENOENT) || errors.Is(err, unix.EINVAL) {
		err = nil
	}
	return errors.Join(err, s.noDetour(link.Attrs().Index, link.Attrs().Name))
}

// netem are faults as tc-netem(8) has them.
func netem(index int, f internet.Faults) *netlink.Netem {
	percent := func(p float64) float32 { return float32(p * 100) }
	delay := f.Delay
	if delay == 0 && (f.Reorder > 0 || f.Jitter > 0) {
		delay = reorderGap // what is not held back cannot be overtaken
	}
	limit := uint32(f.Queue)
	if limit == 0 {
		limit = roomForDelayed
	}
	n := netlink.NetemQdiscAttrs{
		Latency: microseconds(delay), Jitter: microseconds(f.Jitter / 2), Limit: limit,
		Duplicate: percent(f.Duplicate), CorruptProb: percent(f.Corrupt), Rate64: uint64(f.Rate) / 8,
	}
	if f.Jitter > 0 {
		n.Latency = microseconds(delay + f.Jitter/2) // netem's jitter goes both ways
	}
	if f.Reorder > 0 {
		n.ReorderProb, n.Gap = percent(f.Reorder), 1 // those are sent at once, and overtake
	}
	return netlink.NewNetem(netlink.QdiscAttrs{
		LinkIndex: index, Handle: netlink.MakeHandle(1, 0), Parent: netlink.HANDLE_ROOT,
	}, n)
}

const (
	reorderGap     = 10 * time.Millisecond
	roomForDelayed = 1 << 14 // frames
)

func microseconds(d time.Duration) uint32 {
	return uint32(min(max(d.Microseconds(), 0), math.MaxUint32))
}
