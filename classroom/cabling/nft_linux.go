package cabling

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/vishvananda/netlink/nl"
	"golang.org/x/sys/unix"
)

// ruleset is a table of nf_tables, as the program nft has them, without that program:
// the kernel is told over netlink. It has a family: of IPv4, or of bridges.
type ruleset struct {
	family uint8
	name   string
	batch  []*nl.NetlinkRequest
}

// replace has the kernel take these rules in place of those that the table has; all
// of them or none.
func (r *ruleset) replace(fill func()) error {
	// The table may not be there yet: what is made can be deleted.
	r.batch = nil
	r.table(unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE)
	r.table(unix.NFT_MSG_DELTABLE, 0)
	r.table(unix.NFT_MSG_NEWTABLE, unix.NLM_F_CREATE)
	fill()
	return commit(r.batch)
}

// remove deletes the table, if it is there.
func (r *ruleset) remove() error { return r.replace(func() { r.table(unix.NFT_MSG_DELTABLE, 0) }) }

// request is one more message.
func (r *ruleset) request(kind, flags int) *nl.NetlinkRequest {
	m := nl.NewNetlinkRequest(unix.NFNL_SUBSYS_NFTABLES<<8|kind, flags|unix.NLM_F_ACK)
	m.AddData(&nl.Nfgenmsg{NfgenFamily: r.family, Version: nl.NFNETLINK_V0})
	r.batch = append(r.batch, m)
	return m
}

func (r *ruleset) table(kind, flags int) {
	m := r.request(kind, flags)
	m.AddData(nl.NewRtAttr(unix.NFTA_TABLE_NAME, nl.ZeroTerminated(r.name)))
}

func (r *ruleset) chain(called, kind string, hook uint32, priority int32) {
	m := r.request(unix.NFT_MSG_NEWCHAIN, unix.NLM_F_CREATE)
	m.AddData(nl.NewRtAttr(unix.NFTA_CHAIN_TABLE, nl.ZeroTerminated(r.name)))
	m.AddData(nl.NewRtAttr(unix.NFTA_CHAIN_NAME, nl.ZeroTerminated(called)))
	at := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_CHAIN_HOOK, nil)
	at.AddRtAttr(unix.NFTA_HOOK_HOOKNUM, number(hook))
	at.AddRtAttr(unix.NFTA_HOOK_PRIORITY, number(uint32(priority)))
	m.AddData(at)
	m.AddData(nl.NewRtAttr(unix.NFTA_CHAIN_TYPE, nl.ZeroTerminated(kind)))
}

func (r *ruleset) rule(in string, expressions ...*nl.RtAttr) {
	m := r.request(unix.NFT_MSG_NEWRULE, unix.NLM_F_CREATE|unix.NLM_F_APPEND)
	m.AddData(nl.NewRtAttr(unix.NFTA_RULE_TABLE, nl.ZeroTerminated(r.name)))
	m.AddData(nl.NewRtAttr(unix.NFTA_RULE_CHAIN, nl.ZeroTerminated(in)))
	list := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_RULE_EXPRESSIONS, nil)
	for _, e := range expressions {
		list.AddChild(e)
	}
	m.AddData(list)
}

// expression is one step of a rule; register 1 carries values from step to step.
func expression(called string, fill func(*nl.RtAttr)) *nl.RtAttr {
	e := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_LIST_ELEM, nil)
	e.AddRtAttr(unix.NFTA_EXPR_NAME, nl.ZeroTerminated(called))
	if fill != nil {
		data := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_EXPR_DATA, nil)
		fill(data)
		e.AddChild(data)
	}
	return e
}

func meta(key uint32) *nl.RtAttr {
	return expression("meta", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_META_DREG, number(unix.NFT_REG_1))
		d.AddRtAttr(unix.NFTA_META_KEY, number(key))
	})
}

func conntrack(key uint32) *nl.RtAttr {
	return expression("ct", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_CT_DREG, number(unix.NFT_REG_1))
		d.AddRtAttr(unix.NFTA_CT_KEY, number(key))
	})
}

func payload(base, offset, length uint32) *nl.RtAttr {
	return expression("payload", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_PAYLOAD_DREG, number(unix.NFT_REG_1))
		d.AddRtAttr(unix.NFTA_PAYLOAD_BASE, number(base))
		d.AddRtAttr(unix.NFTA_PAYLOAD_OFFSET, number(offset))
		d.AddRtAttr(unix.NFTA_PAYLOAD_LEN, number(length))
	})
}

func immediate(register uint32, data []byte) *nl.RtAttr {
	return expression("immediate", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_IMMEDIATE_DREG, number(register))
		d.AddChild(value(unix.NFTA_IMMEDIATE_DATA, data))
	})
}

func compare(how uint32, with []byte) *nl.RtAttr {
	return expression("cmp", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_CMP_SREG, number(unix.NFT_REG_1))
		d.AddRtAttr(unix.NFTA_CMP_OP, number(how))
		d.AddChild(value(unix.NFTA_CMP_DATA, with))
	})
}

func mask(bits uint32) *nl.RtAttr {
	return expression("bitwise", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_BITWISE_SREG, number(unix.NFT_REG_1))
		d.AddRtAttr(unix.NFTA_BITWISE_DREG, number(unix.NFT_REG_1))
		d.AddRtAttr(unix.NFTA_BITWISE_LEN, number(4))
		// The kernel keeps the state in its own byte order.
		d.AddChild(value(unix.NFTA_BITWISE_MASK, binary.NativeEndian.AppendUint32(nil, bits)))
		d.AddChild(value(unix.NFTA_BITWISE_XOR, make([]byte, 4)))
	})
}

const accept = 1 // of linux/netfilter.h

func verdict(code uint32) *nl.RtAttr {
	return expression("immediate", func(d *nl.RtAttr) {
		d.AddRtAttr(unix.NFTA_IMMEDIATE_DREG, number(unix.NFT_REG_VERDICT))
		data := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_IMMEDIATE_DATA, nil)
		v := nl.NewRtAttr(unix.NLA_F_NESTED|unix.NFTA_DATA_VERDICT, nil)
		v.AddRtAttr(unix.NFTA_VERDICT_CODE, number(code))
		data.AddChild(v)
		d.AddChild(data)
	})
}

func value(kind int, of []byte) *nl.RtAttr {
	v := nl.NewRtAttr(unix.NLA_F_NESTED|kind, nil)
	v.AddRtAttr(unix.NFTA_DATA_VALUE, of)
	return v
}

func name(card string) []byte {
	return append([]byte(card), make([]byte, unix.IFNAMSIZ-len(card))...)
}

func number(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

// commit has the kernel carry out all of the requests or none.
func commit(requests []*nl.NetlinkRequest) error {
	socket, err := nl.Subscribe(unix.NETLINK_NETFILTER)
	if err != nil {
		return fmt.Errorf("netlink: %w", err)
	}
	defer socket.Close()
	var batch []byte
	mark := func(kind int) []byte {
		r := nl.NewNetlinkRequest(kind, 0)
		r.AddData(&nl.Nfgenmsg{Version: nl.NFNETLINK_V0, ResId: uint16(unix.NFNL_SUBSYS_NFTABLES) << 8})
		return r.Serialize()
	}
	batch = append(batch, mark(unix.NFNL_MSG_BATCH_BEGIN)...)
	for _, r := range requests {
		batch = append(batch, r.Serialize()...)
	}
	batch = append(batch, mark(unix.NFNL_MSG_BATCH_END)...)
	if err := unix.Sendto(socket.GetFd(), batch, 0, &unix.SockaddrNetlink{Family: unix.AF_NETLINK}); err != nil {
		return os.NewSyscallError("sendto", err)
	}
	return answers(socket, len(requests))
}

// answers waits until each request has been answered, and gives the first refusal.
func answers(socket *nl.NetlinkSocket, n int) error {
	if err := socket.SetReceiveTimeout(&unix.Timeval{Sec: 5}); err != nil {
		return err
	}
	for n > 0 {
		messages, _, err := socket.Receive()
		if err != nil {
			return err
		}
		for _, m := range messages {
			if m.Header.Type != unix.NLMSG_ERROR || len(m.Data) < 4 {
				continue
			}
			n--
			if code := int32(binary.NativeEndian.Uint32(m.Data)); code != 0 {
				err := unix.Errno(-code)
				if errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOENT) {
					return fmt.Errorf("%w (does this kernel have nf_tables with NAT?)", err)
				}
				return err
			}
		}
	}
	return nil
}
