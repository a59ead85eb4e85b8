package dhcprelay

import (
	"cmp"
	"context"
	"net/netip"

	"github.com/insomniacslk/dhcp/dhcpv4"

	"github.com/wirebook/wirebook/netx"
)

// relay is a relay agent at work: a socket on each LAN, by the router's address
// there, and one towards the servers.
type relay struct {
	*Server
	lans     map[netip.Addr]socket
	upstream socket
}

const maxMessage = 4096 // bytes that are read of one message

// listen reads what comes by one card: of a LAN, if lan is valid.
func (r *relay) listen(ctx context.Context, conn socket, lan netip.Addr) error {
	buffer := make([]byte, maxMessage)
	for {
		n, from, err := conn.ReadFromUDPAddrPort(buffer)
		if ctx.Err() != nil {
			return nil
		}
		if err != nil {
			return err
		}
		netx.Guard(ctx, r.Log, "message from "+from.String(), func() { r.hear(buffer[:n], lan) })
	}
}

func (r *relay) hear(b []byte, lan netip.Addr) {
	m, err := dhcpv4.FromBytes(b)
	if err != nil {
		r.log().Debug("not understood", "error", err)
		return
	}
	switch {
	case m.OpCode == dhcpv4.OpcodeBootReply:
		r.reply(m)
	case m.OpCode == dhcpv4.OpcodeBootRequest && lan.IsValid():
		r.request(m, lan)
	}
}

// request passes a client's message on to the servers. If another relay agent
// was there before, its address stays (RFC 1542 §4.1.1).
func (r *relay) request(m *dhcpv4.DHCPv4, lan netip.Addr) {
	if int(m.HopCount) > min(cmp.Or(r.MaxHops, defaultMaxHops), mostHops) {
		r.log().Debug("too many hops", "client", m.ClientHWAddr)
		return
	}
	m.HopCount++
	if m.GatewayIPAddr.IsUnspecified() {
		m.GatewayIPAddr = lan.AsSlice()
	}
	for _, server := range r.Servers {
		r.send(r.upstream, m, netip.AddrPortFrom(server, serverPort))
	}
}

var everybody = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// reply passes a server's message on to the client on the LAN that giaddr
// names. A client without an address hears broadcasts only, as far as a UDP
// socket can reach it (see dhcpd); one that has an address is sent to there.
func (r *relay) reply(m *dhcpv4.DHCPv4) {
	lan, _ := netip.AddrFromSlice(m.GatewayIPAddr)
	conn := r.lans[lan]
	if conn == nil {
		r.log().Debug("a reply for a LAN that is not ours", "relay", lan)
		return
	}
	to := everybody
	if has, ok := netip.AddrFromSlice(m.ClientIPAddr); ok && !has.IsUnspecified() && !m.IsBroadcast() {
		to = has
	}
	r.send(conn, m, netip.AddrPortFrom(to, clientPort))
}

func (r *relay) send(conn socket, m *dhcpv4.DHCPv4, to netip.AddrPort) {
	if _, err := conn.WriteToUDPAddrPort(m.ToBytes(), to); err != nil {
		r.log().Debug("not sent", "to", to, "error", err)
	}
}

func (r *relay) close() {
	for _, conn := range r.lans {
		conn.Close()
	}
	if r.upstream != nil {
		r.upstream.Close()
	}
}
