package cabling

import (
	"fmt"
	"net/netip"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/internet/forward"
)

// Translation is how a machine translates addresses, as a NAT.
type Translation struct {
	Outside string // the card outside
	Forward []forward.PortForward
	FTP     bool // the addresses in FTP's control connections are translated, too
}

const (
	established = 1 << 1 // of linux/netfilter/nf_conntrack_common.h, as nft's ct state has them
	related     = 1 << 2
	translated  = 1 << 5 // IPS_DST_NAT, as nft's ct status dnat has it
	drop        = 0
	ftpPort     = 21
)

func natRules() *ruleset { return &ruleset{family: unix.NFPROTO_IPV4, name: "wirebook"} }

// Translate makes this machine a NAT: what it forwards out of the card leaves with
// the card's address, and what is answered finds back. It is
//
//	nft add table ip wirebook
//	nft add chain ip wirebook outside '{ type nat hook postrouting priority srcnat; }'
//	nft add rule ip wirebook outside oifname CARD masquerade
//	nft add chain ip wirebook forwards '{ type nat hook prerouting priority dstnat; }'
//	nft add rule ip wirebook forwards iifname CARD tcp dport PORT dnat to ADDRESS:PORT
//	nft add chain ip wirebook inside '{ type filter hook forward priority filter; }'
//	nft add rule ip wirebook inside ct status dnat accept
//	nft add rule ip wirebook inside iifname CARD ct state != established,related drop
//
// and for FTP, of which the kernel has a helper (nf_conntrack_ftp, nf_nat_ftp):
//
//	nft add ct helper ip wirebook ftp '{ type "ftp" protocol tcp; }'
//	nft add chain ip wirebook helped '{ type filter hook prerouting priority filter; }'
//	nft add rule ip wirebook helped tcp dport 21 ct helper set ftp
func Translate(t Translation) error {
	r := natRules()
	err := r.replace(func() {
		const srcnat, dstnat, filter = 100, -100, 0
		r.chain("outside", "nat", unix.NF_INET_POST_ROUTING, srcnat)
		r.rule("outside", meta(unix.NFT_META_OIFNAME), compare(unix.NFT_CMP_EQ, name(t.Outside)), expression("masq", nil))
		r.chain("forwards", "nat", unix.NF_INET_PRE_ROUTING, dstnat)
		for _, f := range t.Forward {
			r.rule("forwards", append(arrives(t.Outside, f), toward(f.To)...)...)
		}
		r.chain("inside", "filter", unix.NF_INET_FORWARD, filter)
		r.rule("inside", conntrack(unix.NFT_CT_STATUS), mask(translated), compare(unix.NFT_CMP_NEQ, make([]byte, 4)), verdict(accept))
		r.rule("inside", meta(unix.NFT_META_IIFNAME), compare(unix.NFT_CMP_EQ, name(t.Outside)), conntrack(unix.NFT_CT_STATE),
			mask(established|related), compare(unix.NFT_CMP_EQ, make([]byte, 4)), verdict(drop))
		if t.FTP {
			helpFTP(r, t)
		}
	})
	if err != nil {
		return fmt.Errorf("nft add rule ip wirebook outside oifname %s masquerade: %w", t.Outside, err)
	}
	return nil
}

// NoTranslation ends it. What comes from inside still goes out, and nothing finds back.
func NoTranslation() error { return natRules().remove() }

// helpFTP has the helper look into connections to port 21, and to those ports outside
// that lead to a port 21 inside: the kernel sees these before they are translated.
func helpFTP(r *ruleset, t Translation) {
	const filter = 0
	m := r.request(unix.NFT_MSG_NEWOBJ, unix.NLM_F_CREATE)
	m.AddData(nl.NewRtAttr(unix.NFTA_OBJ_TABLE, nl.ZeroTerminated(r.name)))
	m.AddData(nl.NewRtAttr(unix.NFTA_OBJ_NAME, nl.ZeroTerminated("ftp")))
	m.AddData(nl.NewRtAttr(unix.NFTA_OBJ_TYPE, number(unix.NFT_OBJECT_CT_HELPER)))
	data := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_OBJ_DATA, nil)
	data.AddRtAttr(unix.NFTA_CT_HELPER_NAME, nl.ZeroTerminated("ftp"))
	data.AddRtAttr(unix.NFTA_CT_HELPER_L4PROTO, []byte{unix.IPPROTO_TCP})
	m.AddData(data)
	r.chain("helped", "filter", unix.NF_INET_PRE_ROUTING, filter)
	helped := expression("objref", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_OBJREF_IMM_TYPE, number(unix.NFT_OBJECT_CT_HELPER))
		d.AddRtAttr(unix.NFTA_OBJREF_IMM_NAME, nl.ZeroTerminated("ftp"))
	})
	// After translation (dstnat is before filter) the port is the server's own.
	r.rule("helped", append(isTo(forward.TCP, ftpPort), helped)...)
}

// arrives is a packet to the port, from outside.
func arrives(card string, f forward.PortForward) []*nl.RtAttr {
	return append([]*nl.RtAttr{meta(unix.NFT_META_IIFNAME), compare(unix.NFT_CMP_EQ, name(card))}, isTo(f.Protocol, f.Port)...)
}

func isTo(protocol forward.Protocol, port uint16) []*nl.RtAttr {
	const destination, length = 2, 2 // in both headers, TCP's and UDP's
	return []*nl.RtAttr{
		meta(unix.NFT_META_L4PROTO), compare(unix.NFT_CMP_EQ, []byte{byte(protocol)}),
		payload(unix.NFT_PAYLOAD_TRANSPORT_HEADER, destination, length), compare(unix.NFT_CMP_EQ, []byte{byte(port >> 8), byte(port)}),
	}
}

// toward is "dnat to".
func toward(to netip.AddrPort) []*nl.RtAttr {
	return []*nl.RtAttr{
		immediate(unix.NFT_REG_1, to.Addr().AsSlice()), immediate(unix.NFT_REG_2, []byte{byte(to.Port() >> 8), byte(to.Port())}),
		expression("nat", func(d *nl.RtAttr) {
			d.AddRtAttr(unix.NFTA_NAT_TYPE, number(unix.NFT_NAT_DNAT))
			d.AddRtAttr(unix.NFTA_NAT_FAMILY, number(unix.NFPROTO_IPV4))
			d.AddRtAttr(unix.NFTA_NAT_REG_ADDR_MIN, number(unix.NFT_REG_1))
			d.AddRtAttr(unix.NFTA_NAT_REG_PROTO_MIN, number(unix.NFT_REG_2))
		}),
	}
}
