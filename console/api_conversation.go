package console

import (
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/wirebook/wirebook/wire"
)

// conversationView is what two have said to each other.
type conversationView struct {
	Client string `json:"client"`
	Server string `json:"server"`
	Parts  []part `json:"parts"`
	Cut    bool   `json:"cut,omitempty"` // the beginning is left out
}

// part is what one of them has said before the other did.
type part struct {
	ID     uint64 `json:"id"`
	Server bool   `json:"server,omitempty"`
	Text   string `json:"text"`
}

// maxText is how much of a conversation is shown as text, in bytes; the newest.
const maxText = 256 << 10

// conversation shows a conversation as text: who began it is the client.
func (p *Page) conversation(w http.ResponseWriter, r *http.Request) {
	id := number(r.PathValue("id"))
	all := p.journal.which(func(m *wire.Message) bool { return m.Conversation == id && !m.Packet && len(m.Bytes) > 0 })
	if id == 0 || len(all) == 0 {
		fail(w, r, http.StatusNotFound, errNone)
		return
	}
	v := conversationView{Client: all[0].From.String(), Server: all[0].To.String()}
	client := all[0].From.Addr
	size := 0
	first := len(all)
	for first > 0 && size < maxText {
		first--
		size += min(len(all[first].Bytes), maxShown)
	}
	v.Cut = first > 0
	for _, m := range all[first:] {
		v.Parts = append(v.Parts, part{m.ID, m.From.Addr != client, readable(start(m.Bytes))})
	}
	reply(w, v)
}

// readable makes text of bytes: what cannot be read is a dot.
func readable(b []byte) string {
	var text strings.Builder
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == '\r' && len(b) > 1 && b[1] == '\n': // the end of a line on the network
		case r == '\n' || r == '\t' || r != utf8.RuneError && unicode.IsPrint(r):
			text.WriteRune(r)
		default:
			text.WriteRune('·')
		}
		b = b[size:]
	}
	return text.String()
}

// packetLine is a packet of a conversation.
type packetLine struct {
	Time float64 `json:"t"`
	From string  `json:"f"`
	To   string  `json:"o"`
	Line string  `json:"s"`
	Lost bool    `json:"l,omitempty"`
}

// maxPackets is how many packets a conversation is expanded to.
const maxPackets = 500

// packets shows what a conversation is below: SYN, ACK, FIN, and what was sent again.
func (p *Page) packets(w http.ResponseWriter, r *http.Request) {
	lines := []packetLine{}
	for _, sent := range p.watcher.Conversation(number(r.PathValue("id")), maxPackets) {
		if sent.Frame.Link == nil {
			continue
		}
		lines = append(lines, packetLine{
			Time: float64(sent.Frame.Time.UnixMicro()) / 1e3, From: sent.Frame.From().Name, To: p.target(sent.Frame.Data),
			Line: sent.Line(), Lost: len(sent.Losses) > 0,
		})
	}
	reply(w, lines)
}
