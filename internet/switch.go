package internet

import (
	"cmp"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/wirebook/wirebook/frame"
)

const (
	// agingTime is how long a switch remembers where an address was last
	// seen (IEEE 802.1Q §8.8.3 recommends 300 seconds).
	agingTime = 300 * time.Second

	// refreshAfter keeps a switch from writing into its table at every frame.
	refreshAfter = 10 * time.Second

	// tableSize bounds what a switch learns from a host that lies about its
	// addresses. What it has not learned it floods.
	tableSize = 8192
)

// mac is an Ethernet address.
type mac [6]byte

func (m mac) multicast() bool { return m[0]&1 != 0 } // broadcast is one of them

const ethernetHeader = 14

func destination(data []byte) mac { return mac(data[0:6]) }
func source(data []byte) mac      { return mac(data[6:12]) }

// Switch is an Ethernet switch: it learns behind which port each address is,
// and forwards a frame there, or to all ports when it does not know.
type Switch struct {
	net  *Internet
	name string

	mu    sync.RWMutex
	ports []*switchPort // never changed in place: it is read without the lock
	table map[mac]learned
}

// learned is an entry of the switch's table.
type learned struct {
	port *switchPort
	seen time.Time
}

// switchPort is the switch's end of a link.
type switchPort struct {
	sw   *Switch
	link *Link
}

func newSwitch(in *Internet, name string) *Switch {
	return &Switch{net: in, name: name, table: make(map[mac]learned)}
}

// Name is the switch's name, unique in the Internet.
func (sw *Switch) Name() string { return sw.name }

// connect lays a cable between the switch and what from stands for.
func (sw *Switch) connect(link string, from frame.Node, end end) (*Link, error) {
	port := &switchPort{sw: sw}
	info := frame.Link{Name: link, A: from, B: frame.Node{Name: sw.name, Kind: frame.Switch}}
	l, err := sw.net.lay(info, end, port)
	if err != nil {
		return nil, err
	}
	port.link = l
	l.detach = func() { sw.unplug(port) }
	sw.mu.Lock()
	sw.ports = append(slices.Clip(sw.ports), port)
	sw.mu.Unlock()
	return l, nil
}

func (sw *Switch) unplug(port *switchPort) {
	sw.mu.Lock()
	defer sw.mu.Unlock()
	sw.ports = slices.DeleteFunc(slices.Clone(sw.ports), func(p *switchPort) bool { return p == port })
	for address, entry := range sw.table {
		if entry.port == port {
			delete(sw.table, address)
		}
	}
}

// close does nothing: a switch has no goroutine, and its cables belong to what
// they lead to.
func (sw *Switch) close() {}

func (p *switchPort) admit([]byte) bool { return true }

// take is the whole of a switch: filter, learn, then forward or flood.
func (p *switchPort) take(f flight) {
	if len(f.data) < ethernetHeader {
		return
	}
	p.sw.learn(source(f.data), p, f.at)
	to, ports := p.sw.lookUp(destination(f.data), f.at)
	if to != nil {
		ports = []*switchPort{to}
	}
	f = f.next()
	for _, out := range ports {
		if out != p {
			out.link.fromB.send(f)
		}
	}
}

// learn remembers that an address is behind a port.
func (sw *Switch) learn(from mac, port *switchPort, now time.Time) {
	if from.multicast() {
		return // nobody's own address
	}
	sw.mu.RLock()
	known, ok := sw.table[from]
	sw.mu.RUnlock()
	if ok && known.port == port && now.Sub(known.seen) < refreshAfter {
		return
	}
	sw.mu.Lock()
	defer sw.mu.Unlock()
	if len(sw.table) >= tableSize && !ok {
		sw.forgetOld(now)
		if len(sw.table) >= tableSize {
			return
		}
	}
	if slices.Contains(sw.ports, port) {
		sw.table[from] = learned{port, now}
	}
}

// Learned is a line of a switch's table: behind which cable an address is.
type Learned struct {
	MAC  string    `json:"mac"`
	Link string    `json:"link"`
	Seen time.Time `json:"seen"` // on the Internet's clock
}

// Table is what the switch has learned and not forgotten, by cable.
func (sw *Switch) Table() []Learned {
	now := sw.net.clock.Now()
	sw.mu.RLock()
	defer sw.mu.RUnlock()
	var table []Learned
	for address, entry := range sw.table {
		if now.Sub(entry.seen) <= agingTime {
			table = append(table, Learned{net.HardwareAddr(address[:]).String(), entry.port.link.Name(), entry.seen})
		}
	}
	slices.SortFunc(table, func(a, b Learned) int { return cmp.Or(cmp.Compare(a.Link, b.Link), cmp.Compare(a.MAC, b.MAC)) })
	return table
}

func (sw *Switch) forgetOld(now time.Time) {
	for address, entry := range sw.table {
		if now.Sub(entry.seen) > agingTime {
			delete(sw.table, address)
		}
	}
}

// lookUp returns the port behind which an address is or, where it does not
// know one, all of them.
func (sw *Switch) lookUp(to mac, now time.Time) (*switchPort, []*switchPort) {
	sw.mu.RLock()
	defer sw.mu.RUnlock()
	if known, ok := sw.table[to]; ok && now.Sub(known.seen) <= agingTime {
		return known.port, nil
	}
	return nil, sw.ports
}
