package imapd

import (
	"math"
	"strings"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
)

// envelope is what a list of messages shows: sender, subject, date and so on
// (RFC 9051 §7.5.2, ENVELOPE).
func (p *part) envelope() *imap.Envelope {
	e := imapserver.ExtractEnvelope(p.header.parsed())
	// The library has decoded the subject, and would encode it again in another
	// way. Plain ASCII it leaves alone.
	if raw := p.header.get("Subject"); isASCII(raw) {
		e.Subject = raw
	}
	return e
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c < ' ' && c != '\t' || c > '~' })
}

// bodyStructure is the tree of parts as IMAP tells it (RFC 9051 §7.5.2,
// BODYSTRUCTURE): so a client can fetch the text and leave the picture.
func (p *part) bodyStructure() imap.BodyStructure {
	mediaType := p.mediaType
	if p.isMultipart() {
		if len(p.children) > 0 {
			return p.multipartStructure()
		}
		mediaType = "text/plain" // without a part it is none
	}
	if p.isMessage() && len(p.children) == 0 {
		mediaType = "application/octet-stream" // it was not opened
	}
	kind, sub, _ := strings.Cut(mediaType, "/")
	s := &imap.BodyStructureSinglePart{
		Type: kind, Subtype: sub, Params: p.params,
		ID: p.header.get("Content-Id"), Description: p.header.get("Content-Description"), Encoding: p.header.encoding(),
		Size: uint32(min(p.end-p.body, math.MaxUint32)),
		Extended: &imap.BodyStructureSinglePartExt{
			Disposition: p.disposition(), Language: p.languages(), Location: p.header.get("Content-Location"),
		},
	}
	if kind == "text" {
		s.Text = &imap.BodyStructureText{NumLines: p.lines}
		if len(s.Params) == 0 {
			s.Params = map[string]string{"charset": "us-ascii"} // RFC 2046 §4.1.2
		}
	}
	if p.isMessage() && len(p.children) > 0 {
		inner := p.children[0]
		s.MessageRFC822 = &imap.BodyStructureMessageRFC822{
			Envelope: inner.envelope(), BodyStructure: inner.bodyStructure(), NumLines: p.lines,
		}
	}
	return s
}

func (p *part) multipartStructure() imap.BodyStructure {
	_, sub, _ := strings.Cut(p.mediaType, "/")
	m := &imap.BodyStructureMultiPart{
		Subtype: sub,
		Extended: &imap.BodyStructureMultiPartExt{
			Params: p.params, Disposition: p.disposition(), Language: p.languages(), Location: p.header.get("Content-Location"),
		},
	}
	for _, child := range p.children {
		m.Children = append(m.Children, child.bodyStructure())
	}
	return m
}

// disposition says whether a part is an attachment, and under which name (RFC
// 2183).
func (p *part) disposition() *imap.BodyStructureDisposition {
	value, params := mediaOf(p.header.get("Content-Disposition"))
	if value == "" {
		return nil
	}
	return &imap.BodyStructureDisposition{Value: value, Params: params}
}

func (p *part) languages() []string {
	value := p.header.get("Content-Language")
	if value == "" {
		return nil
	}
	var all []string
	for tag := range strings.SplitSeq(value, ",") {
		all = append(all, strings.TrimSpace(tag))
	}
	return all
}
