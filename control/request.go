package control

import (
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
)

// A socketRequest asks for a socket on a host. Op is one of netx's verbs.
type socketRequest struct {
	Host    string
	Op      string
	Network string `json:",omitempty"`
	Address string `json:",omitempty"`
	Source  string `json:",omitempty"` // dialfrom
	Card    string `json:",omitempty"` // listenpacketon
	ID      string `json:",omitempty"` // accept: which of the connections a listener has announced
}

const (
	opDial           = "dial"
	opDialFrom       = "dialfrom"
	opListen         = "listen"
	opAccept         = "accept"
	opListenPacket   = "listenpacket"
	opListenPacketOn = "listenpacketon"
	opLookup         = "lookup"
)

// A socketReply is the first frame of a socket's connection, and, from a
// listener, the announcement of one that it has accepted.
type socketReply struct {
	Local  string   `json:",omitempty"`
	Remote string   `json:",omitempty"`
	ID     string   `json:",omitempty"`
	Addrs  []string `json:",omitempty"` // lookup
}

// address is the net.Addr that a socket of the network says it has.
func address(network, text string) net.Addr {
	at, err := netip.ParseAddrPort(text)
	if err != nil {
		return textAddress{network, text}
	}
	if isDatagram(network) {
		return net.UDPAddrFromAddrPort(at)
	}
	return net.TCPAddrFromAddrPort(at)
}

type textAddress struct{ network, text string }

func (a textAddress) Network() string { return a.network }
func (a textAddress) String() string  { return a.text }

func text(a net.Addr) string {
	if a == nil {
		return ""
	}
	return a.String()
}

func isDatagram(network string) bool {
	return network == "udp" || network == "udp4" || network == "udp6"
}

func unpackJSON(body []byte) error {
	f := new(failure)
	if err := json.Unmarshal(body, f); err != nil {
		return fmt.Errorf("control: an error that cannot be read: %w", err)
	}
	return f.unpack()
}
