package imapd

import "github.com/emersion/go-imap/v2"

// find follows part numbers down from the message (RFC 9051 §6.4.5.1). The parts
// of a multipart are numbered from 1; a message that is no multipart has one part,
// its body, whose number is 1; and the numbers of a message/rfc822 lead into the
// message in it. nil: there is no such part.
func (p *part) find(numbers []int) *part {
	at, isWhole := p, true // at is a message, rather than a part of one
	for _, n := range numbers {
		if !isWhole && at.isMessage() && len(at.children) == 1 {
			at, isWhole = at.children[0], true
		}
		switch {
		case at.isMultipart() && 1 <= n && n <= len(at.children):
			at = at.children[n-1]
		case isWhole && n == 1 && !at.isMultipart():
		default:
			return nil
		}
		isWhole = false
	}
	return at
}

// text is a piece of a message: octets of the file, or octets that were made of
// its header.
type text struct {
	from, to int64
	made     []byte
}

func (t text) size() int64 {
	if t.made != nil {
		return int64(len(t.made))
	}
	return t.to - t.from
}

// cut is what a client wants that asks for a part of the piece (RFC 9051 §6.4.5,
// <partial>).
func (t text) cut(partial *imap.SectionPartial) text {
	if partial == nil {
		return t
	}
	first := min(partial.Offset, t.size())
	last := first + min(partial.Size, t.size()-first)
	if t.made != nil {
		return text{made: t.made[first:last]}
	}
	return text{from: t.from + first, to: t.from + last}
}

// section is what BODY[…] means, of a message whose structure is known. What there
// is not is empty.
func (p *part) section(item *imap.FetchItemBodySection) text {
	whole := len(item.Part) == 0
	at := p.find(item.Part)
	if at == nil {
		return text{}
	}
	if !whole && (item.Specifier == imap.PartSpecifierHeader || item.Specifier == imap.PartSpecifierText) {
		if !at.isMessage() || len(at.children) == 0 {
			return text{} // only a message/rfc822 has these
		}
		at = at.children[0]
	}
	switch item.Specifier {
	case imap.PartSpecifierHeader:
		return at.headerText(item)
	case imap.PartSpecifierMIME:
		return text{from: at.start, to: at.body}
	case imap.PartSpecifierText:
		return text{from: at.body, to: at.end}
	}
	if whole {
		return text{from: at.start, to: at.end}
	}
	return text{from: at.body, to: at.end}
}

func (p *part) headerText(item *imap.FetchItemBodySection) text {
	switch {
	case len(item.HeaderFields) > 0:
		return text{made: p.header.only(item.HeaderFields, false)}
	case len(item.HeaderFieldsNot) > 0:
		return text{made: p.header.only(item.HeaderFieldsNot, true)}
	}
	return text{from: p.start, to: p.body}
}
