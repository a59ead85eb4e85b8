package console

import (
	"cmp"
	"net/http"
	"slices"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/pcap"
)

// capture is a pcapng file of what the filter chooses: the packets of the messages,
// and, since nothing can be read without its beginning, all that there is of the
// conversations that these belong to. With ?id= it is one message, and nothing else.
func (p *Page) capture(w http.ResponseWriter, r *http.Request) {
	chosen, err := p.parseFilter(r)
	if err != nil {
		fail(w, r, http.StatusBadRequest, err)
		return
	}
	var frames []frame.Frame
	if id := r.URL.Query().Get("id"); id != "" {
		m := p.journal.message(number(id))
		if m == nil {
			fail(w, r, http.StatusNotFound, errNone)
			return
		}
		frames = slices.Clone(m.Packets)
	} else {
		frames = p.framesOf(p.journal.which(func(m *wire.Message) bool { return !m.Packet && chosen.Message(m) }))
	}
	w.Header().Set("Content-Type", "application/vnd.tcpdump.pcap")
	w.Header().Set("Content-Disposition", `attachment; filename="wirebook.pcapng"`)
	writer, err := pcap.NewWriter(w)
	if err != nil {
		return // the browser has left
	}
	writer.Secrets = true // what the watcher gives away has none
	_ = writer.See(frames...)
	_ = writer.Close()
}

// framesOf are the frames of messages and of their conversations, each once, in the
// order in which they were sent.
func (p *Page) framesOf(messages []*wire.Message) []frame.Frame {
	var frames []frame.Frame
	asked := make(map[uint64]bool)
	for _, m := range messages {
		frames = append(frames, m.Packets...)
		if m.Conversation == 0 || asked[m.Conversation] {
			continue
		}
		asked[m.Conversation] = true
		for _, sent := range p.watcher.Conversation(m.Conversation, 1<<14) {
			if sent.Frame.Data != nil {
				frames = append(frames, sent.Frame)
			}
		}
	}
	slices.SortStableFunc(frames, func(a, b frame.Frame) int {
		return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(frames, func(a, b frame.Frame) bool { return a.ID != 0 && a.ID == b.ID && a.Link == b.Link })
}
