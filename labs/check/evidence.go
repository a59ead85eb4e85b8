package check

import (
	"bytes"
	"fmt"
	"io"
	"net/netip"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/ladder"
)

// spot is where in the conversation a mistake was made.
type spot struct {
	tcp             bool
	program, tester netip.AddrPort // invalid: nowhere in particular
	data            []byte         // what the program had sent there
	offset, length  int
	frame           []byte // of a packet that the case took
}

func spotOf(m Mistake) (s spot) {
	s.offset, s.length = m.Offset, m.Length
	switch {
	case m.Conn != nil:
		s.tcp, s.program, s.tester, s.data = true, m.Conn.program(), m.Conn.tester(), m.Conn.got
	case m.Datagram != nil:
		s.program, s.tester, s.data = m.Datagram.From, m.Datagram.To, m.Datagram.Data
	case m.Packet != nil:
		s.data, s.frame = m.Packet.Segment(), m.Packet.Data
	}
	return s
}

// evidence is what the wire shows of a mistake.
func (t *T) evidence(m Mistake) *Evidence {
	s := spotOf(m)
	e := &Evidence{spot: s, protocol: t.lab.Protocol}
	// What a client does wrong at no particular byte is in what it printed, or never did.
	if s.offset > 0 || s.length > 0 || t.setup.kind != Client {
		e.Excerpt = excerpt(s.data, s.offset, s.length)
	}
	if t.lan != nil {
		e.frames, e.names = t.lan.record.all(), t.lan.nameOf
	}
	return e
}

// excerpt shows the bytes around a fault, with a caret below it: lines of text,
// or, where there is none, hexadecimal.
func excerpt(data []byte, offset, length int) string {
	if len(data) == 0 || offset > len(data) {
		return ""
	}
	length = max(1, min(length, len(data)-offset))
	if isText(data[max(0, offset-200):min(len(data), offset+200)]) {
		return excerptOfText(data, offset, length)
	}
	return excerptOfBytes(data, offset, length)
}

func isText(data []byte) bool {
	for _, b := range data {
		if b < ' ' && !strings.ContainsRune("\r\n\t", rune(b)) || b == 0x7f {
			return false
		}
	}
	return utf8.Valid(trimPartial(data))
}

// trimPartial takes away what may be a part of a character at both ends.
func trimPartial(data []byte) []byte {
	for len(data) > 0 && !utf8.RuneStart(data[0]) {
		data = data[1:]
	}
	for cut := 0; cut < 3 && len(data) > 0 && !utf8.Valid(data); cut++ {
		data = data[:len(data)-1]
	}
	return data
}

func excerptOfText(data []byte, offset, length int) string {
	start := offset
	for range 2 { // the line before, too
		start = bytes.LastIndexByte(data[:start], '\n')
		if start < 0 {
			break
		}
	}
	start = max(start+1, offset-160)
	var b strings.Builder
	for line := range bytes.Lines(data[start:]) {
		shown, caret := quote(line), ""
		if at := offset - start; at >= 0 && at <= len(line) && (at < len(line) || start+len(line) == len(data)) {
			under := max(1, len([]rune(quote(line[at:min(len(line), at+length)]))))
			caret = strings.Repeat(" ", wide(quote(line[:at]))) + strings.Repeat("^", min(under, 40))
		}
		fmt.Fprintln(&b, shown)
		if caret != "" {
			fmt.Fprintln(&b, caret)
			break
		}
		start += len(line)
	}
	return b.String()
}

// quote shows line ends and other control characters as Go and Python write them.
func quote(line []byte) string {
	r := strings.NewReplacer("\r", `\r`, "\n", `\n`, "\t", `\t`)
	text := r.Replace(strings.ToValidUTF8(string(line), "�"))
	const widest = 200
	if runes := []rune(text); len(runes) > widest {
		return string(runes[:widest]) + "…"
	}
	return text
}

// wide is how many columns a text takes: two for each Chinese character.
func wide(text string) (columns int) {
	for _, r := range text {
		columns++
		if r >= 0x1100 && (r <= 0x115f || r >= 0x2e80 && r <= 0xffdc) {
			columns++
		}
	}
	return columns
}

func excerptOfBytes(data []byte, offset, length int) string {
	const row = 16
	var b strings.Builder
	first := max(0, offset/row-1) * row
	for at := first; at < len(data) && at <= offset; at += row {
		line := data[at:min(at+row, len(data))]
		fmt.Fprintf(&b, "%04x  % -*x  %s\n", at, row*3-1, line, printable(line))
		if offset < at+row {
			n := min(length, at+row-offset)
			fmt.Fprintf(&b, "%s%s\n", strings.Repeat(" ", 6+(offset-at)*3), strings.TrimSuffix(strings.Repeat("^^ ", n), " "))
		}
	}
	return b.String()
}

func printable(line []byte) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '.'
		}
		return r
	}, string(line))
}

// Messages are what was said in the case, the message with the mistake marked
// with it. Where little was said, the packets tell the story: who connected, and
// who left.
func (e *Evidence) Messages(mark dissect.Finding) []*wire.Message {
	all := e.messages(mark, false)
	const few = 3
	if len(all) <= few {
		all = e.messages(mark, true)
	}
	return all
}

func (e *Evidence) messages(mark dissect.Finding, packets bool) []*wire.Message {
	if e == nil || len(e.frames) == 0 {
		return nil
	}
	log := wire.NewLog(1 << 14)
	w := wire.New(wire.Options{Names: wire.NamesFunc(e.names), Protocols: e.protocols(), Packets: packets})
	events := w.Subscribe(1 << 16)
	for batch := range slices.Chunk(e.frames, 256) {
		w.See(batch...)
	}
	w.Close()
	log.Follow(events)
	all := slices.DeleteFunc(log.Messages(), background)
	slices.SortStableFunc(all, func(a, b *wire.Message) int { return a.Time.Compare(b.Time) })
	if at := e.find(all); at >= 0 {
		marked := *all[at]
		marked.Findings = append(slices.Clone(marked.Findings), mark)
		all[at] = &marked
	}
	return all
}

// background is what a host says by itself, whatever program is on it: it asks for
// addresses of cards, and reports to multicast groups.
func background(m *wire.Message) bool {
	return m.Protocol == "ARP" || m.To.Group && m.To.Addr.Addr().Is6()
}

// protocols has the lab's protocol recognised on the port at which it was
// spoken.
func (e *Evidence) protocols() []dissect.Protocol {
	all := wire.Protocols()
	ports := []uint16{e.spot.tester.Port(), e.spot.program.Port()}
	for i := range all {
		if all[i].Name != e.protocol {
			continue
		}
		if e.spot.tcp {
			all[i].TCP = append(slices.Clone(all[i].TCP), ports...)
		} else if e.spot.program.IsValid() {
			all[i].UDP = append(slices.Clone(all[i].UDP), ports...)
		}
	}
	return all
}

// find is the place of the message with the mistake: the one of the program that
// brings the byte at the spot; -1 if there is none.
func (e *Evidence) find(all []*wire.Message) int {
	passed, last := 0, -1
	if e.spot.frame != nil {
		return slices.IndexFunc(all, func(m *wire.Message) bool {
			return slices.ContainsFunc(m.Packets, func(f frame.Frame) bool { return bytes.Equal(f.Data, e.spot.frame) })
		})
	}
	for i, m := range all {
		if m.Packet || m.From.Addr != e.spot.program || m.To.Addr != e.spot.tester {
			continue
		}
		if !e.spot.tcp && !bytes.Equal(m.Bytes, e.spot.data) {
			continue
		}
		last = i
		if passed += m.Size; e.spot.tcp && passed > e.spot.offset {
			break
		}
	}
	return last
}

// WriteLadder draws the conversation, around the mistake if it is long.
func (e *Evidence) WriteLadder(w io.Writer, mark dissect.Finding, o ladder.Options) error {
	all := e.Messages(mark)
	if len(all) == 0 {
		return nil
	}
	o.Packets = slices.ContainsFunc(all, func(m *wire.Message) bool { return m.Packet })
	const before, after = 14, 4
	marked := len(all) - 1
	for i, m := range all {
		if m.Has(mark.Key) {
			marked = i
		}
	}
	from, to := max(0, marked-before), min(len(all), marked+after)
	return ladder.Write(w, all[from:to], o)
}
