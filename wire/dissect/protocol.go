package dissect

import (
	"net/netip"
	"time"
)

// Protocol is an entry in the list of what can be dissected.
type Protocol struct {
	Name string   // as a message shows it: "HTTP"
	TCP  []uint16 // the ports on which it is expected
	UDP  []uint16

	// Sniff recognises a TCP conversation on any port by the first bytes that
	// one side sent; nil: it is recognised by its port alone.
	Sniff func(fromClient bool, start []byte) Guess

	// New makes the dissector of one observer, which may keep there what it
	// must remember between conversations. It is a DatagramDissector, a
	// StreamDissector, or both.
	New func() any

	// Keys are those of every explanation and finding that it can name.
	Keys []string
}

// Guess is what a protocol thinks of a conversation's first bytes.
type Guess uint8

// The guesses.
const (
	No      Guess = iota
	Perhaps       // more bytes are needed
	Yes
)

// DatagramDissector dissects a protocol in which a message is a datagram.
type DatagramDissector interface {
	// Datagram says what d is; nil: it is not of this protocol.
	Datagram(d *Datagram) *Part
}

// Datagram is the payload of one UDP datagram, put together again if IP had
// cut it into fragments.
type Datagram struct {
	Ref      // what the message will be known by
	From, To netip.AddrPort
	Payload  []byte
	Expect   func(Expectation)
}

// StreamDissector dissects a protocol over TCP.
type StreamDissector interface {
	// Stream returns the two readers of a conversation, of what the client
	// says and of what the server says. They never run at the same time, so
	// that they may share what they know. When one returns, what follows in
	// its direction is shown as plain data.
	Stream(s *Stream) (client, server func(*Reader))
}

// Stream is one TCP conversation.
type Stream struct {
	Client, Server netip.AddrPort
	Midway         bool // its beginning was not seen
	Expect         func(Expectation)

	// Translated is the two ends as the other side knows them, if a NAT is
	// between: who the server takes the client for, and whom the client has
	// reached. Without one, it is Client and Server.
	Translated func() (client, server netip.AddrPort)

	// Open reports whether the handshake was completed, Closed whether one
	// side has said that it is done (FIN).
	Open, Closed func() bool
}

// Opener is a StreamDissector for conversations whose opening is worth telling,
// since who calls whom is part of the protocol.
type Opener interface {
	// Opened says what the client's SYN means; nil: nothing.
	Opened(s *Stream) *Part
}

// Expectation announces a conversation that its port does not tell: FTP's data
// connection, TFTP's transfer. The first to Addr over this transport, and over
// UDP also the first from there, is dissected by Dissector.
type Expectation struct {
	TCP       bool // else UDP
	Addr      netip.AddrPort
	Name      string // the protocol's, as a message shows it
	Dissector any    // a StreamDissector or DatagramDissector
	Every     bool   // not only the first such conversation, but each
}

// Ref is what a dissector must remember of a message to know its reply.
type Ref struct {
	ID   uint64
	Sent time.Time // when its last byte left the sender
}

// Part is what a dissector knows of one message. The rest (when, who, which
// packets) the observer adds.
type Part struct {
	Protocol string         // empty: the protocol's name
	Summary  string         // one line: "GET /index.html HTTP/1.1"
	Key      string         // its explanation: "http.request.GET"
	Args     map[string]any // what the explanation's text fills in
	Findings []Finding
	Answers  Ref // the message that this one answers, if any

	// Beside is true of what is said on a connection beside the one that the
	// conversation is led on, as FTP's files are.
	Beside bool

	// Story is what several conversations tell of: the Message-ID of a mail that
	// this message brings, or <> if it has none. Exchange is the number of the exchange in this
	// conversation that it belongs to, so that the commands around a mail can be
	// told with it; 0: none.
	Story    string
	Exchange int

	// Value is the message as the dissector understood it, for programs that
	// judge it: an *http.Message, a *dns.Message.
	Value any

	// Fields makes the tree of the message's bytes, when somebody looks.
	Fields func(bytes []byte) []Field
}

// Tree is the fields that lie in bytes, which are the message or its beginning.
func (p *Part) Tree(bytes []byte) []Field {
	if p.Fields == nil {
		return nil
	}
	return clip(p.Fields(bytes), len(bytes))
}
