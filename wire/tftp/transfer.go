package tftp

import (
	"net/netip"

	"github.com/wirebook/wirebook/wire/dissect"
)

// transfer is what is remembered of one transfer.
type transfer struct {
	request Message
	ref     dissect.Ref    // the request
	asked   netip.AddrPort // where it went: port 69
	server  netip.AddrPort // the server's TID, once it has answered

	block  int // bytes in a block
	window int

	sent     uint16 // the last new block of DATA
	begun    bool   // there was one
	ended    bool   // it was the last of the file
	acked    uint16 // the last block that was acknowledged
	anyAck   bool
	answered dissect.Ref                         // the last message that the next block answers
	blocks   dissect.Recent[uint16, dissect.Ref] // the DATA that an ACK answers
}

const (
	classicBlock = 512
	half         = 1 << 15 // of the block numbers: more is behind, not ahead
)

// belongs checks the ports of a datagram, and learns the server's TID from its
// first answer.
func (t *transfer) belongs(m *Message, client, other netip.AddrPort, fromClient bool) (ok bool, found []dissect.Finding) {
	wrong := func(name string) (bool, []dissect.Finding) {
		f := finding(name, 1350, "4", place{0, opSize}, dissect.Wrong)
		f.Args = map[string]any{"From": other.String(), "Asked": t.chosen().String()}
		return false, []dissect.Finding{f}
	}
	switch {
	case other == t.server:
		return true, nil
	case m.Op == ERROR: // a stranger is told so, or tells
		return !t.server.IsValid(), nil
	case fromClient:
		return wrong("tid.to")
	case t.server.IsValid() || other.Addr() != t.asked.Addr():
		return wrong("tid.from")
	}
	t.server = other
	if other == t.asked {
		f := finding("tid.same", 1350, "4", place{0, opSize}, dissect.Warning)
		return true, []dissect.Finding{f}
	}
	return true, nil
}

func (t *transfer) chosen() netip.AddrPort {
	if t.server.IsValid() {
		return t.server
	}
	return t.asked
}

// data follows a DATA.
func (t *transfer) data(m *Message, ref dissect.Ref) (kind string, answers dissect.Ref, found []dissect.Finding) {
	number := place{opSize, headerSize - opSize}
	kind = "data"
	if m.Length < t.block {
		kind = "data.last"
	}
	wrong := func(name string, rfc int, section string, p place, s dissect.Severity) {
		f := finding(name, rfc, section, p, s)
		f.Args = map[string]any{"Block": int(m.Block), "Want": t.block, "Have": m.Length}
		found = append(found, f)
	}
	if m.Length > t.block {
		wrong("data.too-long", 2348, "", place{headerSize + t.block, m.Length - t.block}, dissect.Wrong)
	}
	ahead := m.Block - t.sent // modulo 65536, as block numbers are
	answers = t.answered
	switch {
	case !t.begun && m.Block != 1:
		wrong("data.start", 1350, "2", number, dissect.Wrong)
	case ahead == 0 || ahead >= half:
		kind = "data.again"
		wrong("data.duplicate", 1123, "4.2.3.1", number, dissect.Notice)
		t.blocks.Put(m.Block, ref)
		return kind, dissect.Ref{}, found
	case t.ended:
		wrong("data.after-last", 1350, "6", number, dissect.Wrong)
	case ahead > 1:
		wrong("data.skipped", 1350, "2", number, dissect.Wrong)
	case int(m.Block-t.acked) > t.window:
		wrong("data.early", 1350, "2", number, dissect.Wrong)
	}
	t.sent, t.begun, t.ended = m.Block, true, m.Length < t.block
	t.blocks.Put(m.Block, ref)
	return kind, answers, found
}

// ack follows an ACK.
func (t *transfer) ack(m *Message, ref dissect.Ref) (kind string, answers dissect.Ref, found []dissect.Finding) {
	kind = "ack"
	if m.Block == 0 && !t.begun {
		kind = "ack.request"
	}
	number := place{opSize, headerSize - opSize}
	answers, _ = t.blocks.Get(m.Block)
	if m.Block == 0 && !t.begun {
		answers = t.answered
	}
	behind := t.sent - m.Block
	switch {
	case behind >= half:
		f := finding("ack.unsent", 1350, "2", number, dissect.Wrong)
		f.Args = map[string]any{"Block": int(m.Block)}
		return kind, dissect.Ref{}, append(found, f)
	case t.anyAck && t.acked-m.Block < half:
		f := finding("ack.duplicate", 1123, "4.2.3.1", number, dissect.Notice)
		f.Args = map[string]any{"Block": int(m.Block)}
		return "ack.again", answers, append(found, f)
	}
	t.acked, t.anyAck, t.answered = m.Block, true, ref
	return kind, answers, found
}

// oack follows an OACK, and takes over what it says.
func (t *transfer) oack(m *Message, ref dissect.Ref) (found []dissect.Finding) {
	t.block, t.window = classicBlock, 1
	for i, o := range m.Options {
		n, ok := o.number()
		asked, was := t.askedFor(o.Name)
		f := finding("oack.unasked", 2347, "", m.option(i), dissect.Wrong)
		f.Args = map[string]any{"Name": o.Name}
		lowers := o.Name == "blksize" || o.Name == "windowsize"
		switch {
		case !was:
			found = append(found, f)
			continue
		case !ok, lowers && n > asked, o.Name == "timeout" && n != asked:
			f.Key = prefix + "oack.value"
			found = append(found, f)
			continue
		}
		switch o.Name {
		case "blksize":
			t.block = int(n)
		case "windowsize":
			t.window = int(n)
		}
	}
	t.answered = ref
	return found
}

func (t *transfer) askedFor(name string) (value int64, ok bool) {
	for _, o := range t.request.Options {
		if o.Name == name {
			n, _ := o.number()
			return n, true
		}
	}
	return 0, false
}
