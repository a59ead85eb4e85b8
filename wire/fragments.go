package wire

import (
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// collect puts fragments together: when the last has come, it returns the whole
// packet and the frames that carried it.
func (w *Watcher) collect(p *packet.Packet, f *frame.Frame) (whole packet.Packet, carriers []frame.Frame, ok bool) {
	key := p.Datagram()
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
