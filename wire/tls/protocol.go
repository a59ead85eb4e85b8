package tls

import (
	"encoding/binary"
	"fmt"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Protocol is TLS, wherever a conversation begins with a ClientHello.
var Protocol = dissect.Protocol{
	Name:  "TLS",
	Sniff: sniff,
	New:   func() any { return dissector{} },
	Keys:  []string{keyClientHello, keyServerHello, keyData},
}

const (
	keyClientHello = "message.tls.client-hello"
	keyServerHello = "message.tls.server-hello"
	keyData        = "message.tls.data"
)

// A record has a header of five bytes (RFC 8446 §5.1): the type of its content,
// a version, the length; a handshake's content begins with the message's type.
const (
	recordHeader = 5
	enough       = recordHeader + 1
	handshake    = 22
	clientHello  = 1
	serverHello  = 2
	maxRecord    = 1<<14 + 256
)

type dissector struct{}

// Stream returns the readers of both sides, who are alike.
func (dissector) Stream(*dissect.Stream) (client, server func(*dissect.Reader)) { return read, read }

func sniff(_ bool, start []byte) dissect.Guess {
	want := [...]byte{handshake, 3}
	for i := range min(len(start), len(want)) {
		if start[i] != want[i] {
			return dissect.No
		}
	}
	switch {
	case len(start) < enough:
		return dissect.Perhaps
	case hello(start) == clientHello:
		return dissect.Yes
	}
	return dissect.No
}

// hello is the type of the handshake message that a record begins with, or 0.
func hello(start []byte) byte {
	if len(start) < enough || start[0] != handshake || start[1] != 3 || start[2] > 4 || recordLength(start) > maxRecord {
		return 0
	}
	return start[recordHeader]
}

func recordLength(start []byte) int { return int(binary.BigEndian.Uint16(start[3:])) }

// read reads one side: its Hello, and the rest, of which only the length is seen.
func read(r *dissect.Reader) {
	start := r.Peek(enough)
	switch hello(start) {
	case clientHello, serverHello:
	default:
		return
	}
	record, err := r.Bytes(recordHeader + recordLength(start))
	if err != nil {
		return
	}
	r.Emit(helloPart(record))
	if r.SkipRest() == 0 {
		return
	}
	r.Emit(dissect.Part{
		Summary: fmt.Sprintf("%d bytes, encrypted", r.Offset()), Key: keyData, Args: map[string]any{"Count": r.Offset()},
	})
}

func helloPart(record []byte) dissect.Part {
	part := dissect.Part{Summary: "ServerHello", Key: keyServerHello, Fields: fields}
	if record[recordHeader] == clientHello {
		name, _, _ := serverName(record)
		part.Summary, part.Key = "ClientHello", keyClientHello
		if name != "" {
			part.Summary += " " + dissect.Text([]byte(name), 80)
		}
	}
	return part
}
