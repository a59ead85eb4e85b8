package cabling

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"

	"github.com/wirebook/wirebook/capture"
)

// Losses are thrown dice about what switches forward: nf_tables, at the place where a
// bridge has taken a frame from one port and has not yet given it to another. So a
// frame that is lost was seen on its sender's cable, as on a real network. For a port
// with loss=0.3 it is
//
//	nft add table bridge wirebook
//	nft add chain bridge wirebook cables '{ type filter hook forward priority filter; }'
//	nft add rule bridge wirebook cables iifname port3 numgen random mod 1000000 \< 300000 log prefix from group 7 drop
//	nft add rule bridge wirebook cables oifname port3 numgen random mod 1000000 \< 300000 log prefix to group 7 drop
func lossRules(losses map[string]float64) error {
	r := &ruleset{family: unix.NFPROTO_BRIDGE, name: "wirebook"}
	err := r.replace(func() {
		const filter = 0
		r.chain("cables", "filter", unix.NF_INET_FORWARD, filter)
		for _, port := range slices.Sorted(maps.Keys(losses)) {
			for prefix, direction := range map[string]uint32{capture.LostFrom: unix.NFT_META_IIFNAME, capture.LostTo: unix.NFT_META_OIFNAME} {
				rule := []*nl.RtAttr{meta(direction), compare(unix.NFT_CMP_EQ, name(port))}
				if losses[port] < 1 {
					rule = append(rule, dice(losses[port])...)
				}
				r.rule("cables", append(rule, logged(prefix), verdict(drop))...)
			}
		}
	})
	if err != nil {
		return fmt.Errorf("nft add rule bridge wirebook cables: %w", err)
	}
	return nil
}

// dice goes on with that probability.
func dice(probability float64) []*nl.RtAttr {
	const faces = 1_000_000
	return []*nl.RtAttr{
		expression("numgen", func(d *nl.RtAttr) {
			d.AddRtAttr(unix.NFTA_NG_DREG, number(unix.NFT_REG_1))
			d.AddRtAttr(unix.NFTA_NG_MODULUS, number(faces))
			d.AddRtAttr(unix.NFTA_NG_TYPE, number(unix.NFT_NG_RANDOM))
		}),
		expression("byteorder", func(d *nl.RtAttr) { // numbers are compared as bytes, the first first
			d.AddRtAttr(unix.NFTA_BYTEORDER_SREG, number(unix.NFT_REG_1))
			d.AddRtAttr(unix.NFTA_BYTEORDER_DREG, number(unix.NFT_REG_1))
			d.AddRtAttr(unix.NFTA_BYTEORDER_OP, number(unix.NFT_BYTEORDER_HTON))
			d.AddRtAttr(unix.NFTA_BYTEORDER_LEN, number(4))
			d.AddRtAttr(unix.NFTA_BYTEORDER_SIZE, number(4))
		}),
		compare(unix.NFT_CMP_LT, number(uint32(math.Round(probability*faces)))),
	}
}

// LostGroup is where the kernel tells of the frames that were lost (NFLOG).
const LostGroup = 7

// logged says on which side of the switch it was.
func logged(prefix string) *nl.RtAttr {
	return expression("log", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_LOG_PREFIX, nl.ZeroTerminated(prefix))
		d.AddRtAttr(unix.NFTA_LOG_GROUP, binary.BigEndian.AppendUint16(nil, LostGroup))
		d.AddRtAttr(unix.NFTA_LOG_QTHRESHOLD, binary.BigEndian.AppendUint16(nil, 1)) // at once
	})
}
