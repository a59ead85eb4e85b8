package forward

// fragment cuts a packet into pieces that fit the MTU (RFC 791 §3.2; RFC 1812
// §4.2.2.7). Each piece but the last carries a multiple of 8 bytes, since
// offsets count in eights; a piece of a piece keeps its place in the whole.
// The receiver, and nobody before it, puts them together again. It returns
// nil when the MTU is so small that nothing fits.
func (f *Forwarder) fragment(packet ipv4, mtu int) [][]byte {
	var fragments [][]byte
	header, rest := packet[:packet.headerLen()], packet.payload()
	offset, more := packet.flags()&ipv4OffsetMask, packet.flags()&ipv4MF
	for {
		room := mtu - len(header)
		if room < 8 {
			return nil
		}
		piece, flags := rest, more
		if len(rest) > room {
			piece, flags = rest[:room&^7], ipv4MF
		}
		fragments = append(fragments, f.piece(header, piece, flags|offset))
		rest = rest[len(piece):]
		if len(rest) == 0 {
			return fragments
		}
		offset += uint16(len(piece) / 8)
		if len(fragments) == 1 {
			header = laterHeader(header)
		}
	}
}

func (f *Forwarder) piece(header, payload []byte, flags uint16) []byte {
	made := make([]byte, f.Headroom+len(header)+len(payload))
	p := ipv4(made[f.Headroom:])
	copy(p[copy(p, header):], payload)
	p.setLen()
	p.setFlags(flags)
	p.setChecksum()
	return made
}

const (
	optionEnd    = 0
	optionNop    = 1
	optionCopied = 0x80
)

// laterHeader is the header of the fragments after the first: of the options
// it has only those whose "copied" flag is set (RFC 791 §3.1).
func laterHeader(header ipv4) ipv4 {
	later := append(ipv4(nil), header[:ipv4HeaderMin]...)
	options := header[ipv4HeaderMin:]
	for len(options) > 0 && options[0] != optionEnd {
		n := 1
		if options[0] != optionNop {
			if len(options) < 2 || options[1] < 2 || int(options[1]) > len(options) {
				break // not an option: there is no telling what follows
			}
			n = int(options[1])
		}
		if options[0]&optionCopied != 0 {
			later = append(later, options[:n]...)
		}
		options = options[n:]
	}
	for len(later)%4 != 0 {
		later = append(later, optionEnd)
	}
	later[0] = 4<<4 | byte(len(later)/4)
	return later
}
