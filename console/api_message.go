package console

import (
	"bytes"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/packet"
)

// messageView is a message as it is looked at.
type messageView struct {
	ID           uint64        `json:"id"`
	Time         time.Time     `json:"time"`
	From         end           `json:"from"`
	To           end           `json:"to"`
	Conversation uint64        `json:"conversation"`
	Protocol     string        `json:"protocol"`
	Summary      string        `json:"summary"`
	Said         string        `json:"said,omitempty"` // the message, explained
	Findings     []findingView `json:"findings,omitempty"`
	Lost         []string      `json:"lost,omitempty"`      // the links that have lost a part of it
	Discarded    []string      `json:"discarded,omitempty"` // the nodes that have thrown a part of it away
	Answers      uint64        `json:"answers,omitempty"`
	Elapsed      float64       `json:"elapsed,omitempty"` // seconds since what it answers
	Size         int           `json:"size"`
	Missing      int           `json:"missing,omitempty"`
	Views        []bytesView   `json:"views"`
	Command      string        `json:"command,omitempty"` // that says the same once more
}

type end struct {
	Host    string `json:"host"`
	Address string `json:"address,omitempty"`
}

type findingView struct {
	Text      string `json:"text"`
	Reference string `json:"reference,omitempty"`
	Severity  string `json:"severity"`
	Offset    int    `json:"offset"`
	Length    int    `json:"length"`
}

// bytesView is bytes and the fields that lie in them.
type bytesView struct {
	Packet int          `json:"packet,omitempty"` // which of its packets; 0: the message
	Bytes  []byte       `json:"bytes"`
	Fields []wire.Field `json:"fields"`
	Start  int          `json:"start,omitempty"` // where the message starts in it
}

// maxShown is how many bytes of a message are shown: no one reads more.
const maxShown = 16 << 10

// maxViews is how many packets of a message are shown.
const maxViews = 20

// message shows one message.
func (p *Page) message(w http.ResponseWriter, r *http.Request) {
	m := p.journal.message(number(r.PathValue("id")))
	if m == nil {
		fail(w, r, http.StatusNotFound, errNone)
		return
	}
	lang := languageOf(r)
	v := messageView{
		ID: m.ID, Time: m.Time, From: endOf(m.From), To: endOf(m.To), Conversation: m.Conversation, Protocol: m.Protocol,
		Summary: m.Summary, Answers: m.Answers, Elapsed: m.Elapsed.Seconds(), Size: m.Size, Missing: m.Missing,
		Views: viewsOf(m), Findings: findingsOf(m, lang), Command: commandOf(m),
	}
	if m.Key != "" {
		v.Said = lang.Say(m.Key, m.Args)
	}
	for _, loss := range m.Losses {
		if by := loss.By(); by != "" {
			v.Discarded = append(v.Discarded, by)
		} else if loss.Link != nil {
			v.Lost = append(v.Lost, loss.Link.Name)
		}
	}
	v.Lost, v.Discarded = each(v.Lost), each(v.Discarded)
	reply(w, v)
}

// each is every name once.
func each(names []string) []string {
	slices.Sort(names)
	return slices.Compact(names)
}

func number(text string) uint64 {
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0 // which nothing has
	}
	return n
}

func endOf(e wire.Endpoint) end {
	switch {
	case !e.Addr.Addr().IsValid():
		return end{Host: e.String()}
	case e.Addr.Port() == 0:
		return end{e.String(), e.Addr.Addr().String()}
	}
	return end{e.String(), e.Addr.String()}
}

func findingsOf(m *wire.Message, lang explain.Language) []findingView {
	var all []findingView
	for i := range m.Findings {
		f := &m.Findings[i]
		all = append(all, findingView{lang.Say(f.Key, f.Args), f.Reference(), f.Severity.String(), f.Offset, f.Length})
	}
	return all
}

// viewsOf are what there is to see of a message: the frame, with the message as its
// last layer, if it is in one; else the message, and then each frame.
func viewsOf(m *wire.Message) []bytesView {
	if len(m.Packets) == 1 && m.Carriers <= 1 {
		return []bytesView{wholeFrame(m, &m.Packets[0])}
	}
	var all []bytesView
	if len(m.Bytes) > 0 {
		all = append(all, bytesView{Bytes: start(m.Bytes), Fields: m.Fields()})
	}
	for i := range m.Packets[:min(len(m.Packets), maxViews)] {
		data := m.Packets[i].Data
		all = append(all, bytesView{Packet: i + 1, Bytes: start(data), Fields: packet.Layers(data)})
	}
	return all
}

// wholeFrame is a frame with a message in it.
func wholeFrame(m *wire.Message, f *frame.Frame) bytesView {
	v := bytesView{Packet: 1, Bytes: start(f.Data), Fields: packet.Layers(f.Data)}
	var read packet.Packet
	read.Decode(f.Data)
	payload := read.Payload()
	at := bytes.Index(payload, m.Bytes)
	if len(m.Bytes) == 0 || at < 0 || len(v.Fields) == 0 {
		return v
	}
	v.Start = read.PayloadOffset() + at
	fields := m.Fields()
	dissect.Shift(fields, v.Start)
	layer := wire.Field{Name: m.Protocol, Offset: v.Start, Length: len(m.Bytes), Children: fields}
	if last := &v.Fields[len(v.Fields)-1]; last.Offset >= read.PayloadOffset() {
		*last = layer
	} else {
		v.Fields = append(v.Fields, layer)
	}
	return v
}

func start(b []byte) []byte { return b[:min(len(b), maxShown)] }
