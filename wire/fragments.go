package wire

import (
	"net/netip"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// fragmentKey is what the frames of one IP packet have in common.
type fragmentKey struct {
	from, to netip.Addr
	protocol packet.Protocol
	id       uint32
}

// collect puts fragments together: when the last has come, it returns the whole
// packet and the frames that carried it.
func (w *Watcher) collect(p *packet.Packet, f *frame.Frame) (whole packet.Packet, carriers []frame.Frame, ok bool) {
	key := fragmentKey{p.From, p.To, p.Protocol, p.Fragments.ID}
	carriers, _ = w.carriers.Get(key)
	if len(carriers) < dissect.MaxPackets {
		carriers = append(carriers, *f)
	}
	if whole, ok = w.fragments.Add(p); !ok {
		w.carriers.Put(key, carriers)
		return whole, nil, false
	}
	w.carriers.Delete(key)
	return whole, carriers, true
}
