package wire

import (
	"net/netip"
	"slices"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
)

// A Field is one field of a message or of a packet's layer, and its place.
type Field = dissect.Field

// A Finding is a rule that a message breaks.
type Finding = dissect.Finding

// The severities of findings.
const (
	Notice  = dissect.Notice
	Warning = dissect.Warning
	Wrong   = dissect.Wrong
)

// Message is one message that was said. It is shared by all who are told of it,
// and never changes: when more becomes known, they are told of a new one with
// the same ID.
type Message struct {
	ID   uint64    // 1, 2, 3 …, in the order of the events
	Time time.Time // when its first byte left the sender,
	End  time.Time // and its last

	From, To     Endpoint
	Conversation uint64 // the same for all that is said between two ports

	Protocol string         // "HTTP", "DNS", "ICMP", "ARP"; "TCP" and "UDP" for plain data and lone segments
	Summary  string         // one line: "GET /index.html HTTP/1.1"
	Key      string         // of its explanation,
	Args     map[string]any // which fills these in
	Findings []Finding
	Value    any // as the dissector understood it: *http.Message, *dns.Message

	Answers uint64        // the ID of the message that this one answers, or 0
	Elapsed time.Duration // then: from the last byte of that one's sending to the first of this one's
	Carries uint64        // for a lone TCP segment: the ID of the message that it brings a part of, or 0

	// Beside is true for what is said on a connection beside the one that the
	// conversation is led on, as FTP's files are.
	Beside bool

	// Story is what several conversations tell of: the Message-ID of the mail
	// that this message brings (<> if it has none), or empty. Exchange is the number, in its
	// conversation, of the exchange that it belongs to, or 0: a mail and the
	// commands and replies around it have the same. See Story.
	Story    string
	Exchange int

	// Packet is true for what belongs to the transport, such as SYN and ACK:
	// a ladder shows it only when it is asked for packets.
	Packet bool

	Bytes   []byte // the message, up to Options.Keep bytes; nobody may change them
	Size    int    // how long it was
	Missing int    // how many of its bytes the observer missed

	Packets  []frame.Frame // what carried it, on the sender's link; at most dissect.MaxPackets
	Carriers int           // how many there were

	Fate   frame.Fate // of its packets, on all links, together
	Lost   bool       // it did not arrive: all of its packets, or one fragment of it, were lost
	Losses []Loss

	part dissect.Part // for its fields
}

// Endpoint is one who speaks or is spoken to.
type Endpoint struct {
	Host  string         // its name, or empty when it has none
	Addr  netip.AddrPort // port 0 where there are none
	Group bool           // a broadcast or multicast address
}

// String is the host's name, or its address.
func (e Endpoint) String() string {
	switch {
	case e.Host != "":
		return e.Host
	case e.Addr.Addr().IsValid():
		return e.Addr.Addr().String()
	}
	return "?"
}

// Loss tells where a packet of a message was lost.
type Loss struct {
	Link   *frame.Link
	FromB  bool
	Fate   frame.Fate
	Time   time.Time
	Packet uint64 // the frame's ID
}

// By is the name of the node that has got the packet, and thrown it away: a router
// that knew no way, say. "" means that the link has lost it.
func (l *Loss) By() string {
	if l.Link == nil || l.Fate&frame.Discarded == 0 {
		return ""
	}
	f := frame.Frame{Link: l.Link, FromB: l.FromB}
	return f.To().Name
}

// Fields is the tree of the message's fields; offsets are those in Bytes. It is
// made anew at each call.
func (m *Message) Fields() []Field {
	return m.part.Tree(m.Bytes)
}

// Worst is the highest severity of the message's findings; ok is false when it
// has none.
func (m *Message) Worst() (worst dissect.Severity, ok bool) {
	for _, f := range m.Findings {
		worst = max(worst, f.Severity)
	}
	return worst, len(m.Findings) > 0
}

// Has reports whether the message has a finding with that key.
func (m *Message) Has(key string) bool {
	return slices.ContainsFunc(m.Findings, func(f Finding) bool { return f.Key == key })
}

// Event is what a subscriber is told.
type Event struct {
	Message *Message
	Update  bool // more became known of a message that was told before
}
