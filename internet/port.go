package internet

import (
	"bytes"
	"fmt"

	"github.com/wirebook/wirebook/frame"
)

// Port is a place at a switch for something that is not one of our hosts: the
// other end of a TAP device, or a program that speaks Ethernet itself.
type Port struct {
	net  *Internet
	link *Link
	in   *inbox
}

// Attach lays a cable of that name from the switch to node. deliver is called
// with every frame that comes out of the cable, in one goroutine of the port's
// own; it may take its time (frames that find the port's queue full are lost),
// must not change the frame, and must have returned before Close can.
func (sw *Switch) Attach(link string, node frame.Node, deliver func(data []byte)) (*Port, error) {
	p := &Port{net: sw.net, in: newInbox()}
	l, err := sw.connect(link, node, p)
	if err != nil {
		return nil, fmt.Errorf("attach %s to %s: %w", node.Name, sw.name, err)
	}
	p.link = l
	remove := l.detach
	l.detach = func() { remove(); p.in.close() }
	go p.in.serve(func(f flight) { deliver(f.data) })
	return p, nil
}

// Link is the port's cable.
func (p *Port) Link() *Link { return p.link }

// Send puts a copy of the frame on the cable. A frame without a whole Ethernet
// header is dropped.
func (p *Port) Send(data []byte) {
	if len(data) >= ethernetHeader {
		p.link.enter(bytes.Clone(data))
	}
}

// Close takes the cable away and waits for deliver to return. It must not be
// called from deliver.
func (p *Port) Close() { p.link.remove() }

func (p *Port) admit([]byte) bool { return p.in.reserve() }
func (p *Port) take(f flight)     { p.in.put(f) }
