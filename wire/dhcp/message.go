package dhcp

import (
	"encoding/binary"
	"encoding/json"
	"net"
	"net/netip"
	"strconv"
	"time"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	headerSize = 236 // before the magic cookie
	cookieSize = 4

	snameAt, snameSize = 44, 64
	fileAt, fileSize   = 108, 128
)

var cookie = [cookieSize]byte{99, 130, 83, 99}

// Message is a message as it was understood. An address that is not filled in
// is the zero Addr.
type Message struct {
	Reply     bool             `json:"reply"`
	Type      string           `json:"type"` // "DISCOVER" … "INFORM"; "" of BOOTP's
	Hops      int              `json:"hops,omitempty"`
	XID       uint32           `json:"xid"`
	Secs      int              `json:"secs"`
	Broadcast bool             `json:"broadcast,omitempty"`
	Client    netip.Addr       `json:"ciaddr,omitzero"`
	Yours     netip.Addr       `json:"yiaddr,omitzero"`
	Next      netip.Addr       `json:"siaddr,omitzero"`
	Relay     netip.Addr       `json:"giaddr,omitzero"`
	Hardware  net.HardwareAddr `json:"-"`
	Options   []Option         `json:"options,omitempty"`
}

// MarshalJSON writes the hardware address as people do.
func (m *Message) MarshalJSON() ([]byte, error) {
	type plain Message
	return json.Marshal(struct {
		*plain
		Hardware string `json:"chaddr"`
	}{(*plain)(m), m.Hardware.String()})
}

// Option is one option, as it lies in the message.
type Option struct {
	Code byte
	Data []byte
	at   int // of the byte with the code
}

// MarshalJSON writes the option's value as a person would.
func (o Option) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]any{"code": o.Code, "name": o.name(), "value": o.value()})
}

// Option returns the data of the first option with that code; nil: there is
// none.
func (m *Message) Option(code byte) []byte {
	if o := m.find(code); o != nil {
		return o.Data
	}
	return nil
}

func (m *Message) find(code byte) *Option {
	for i := range m.Options {
		if m.Options[i].Code == code {
			return &m.Options[i]
		}
	}
	return nil
}

// Addr is the address in an option, or the zero Addr.
func (m *Message) Addr(code byte) netip.Addr { return addrOf(m.Option(code)) }

// Seconds is the time in an option; ok is false when there is none.
func (m *Message) Seconds(code byte) (d time.Duration, ok bool) {
	b := m.Option(code)
	if len(b) != 4 {
		return 0, false
	}
	return time.Duration(binary.BigEndian.Uint32(b)) * time.Second, true
}

func addrOf(b []byte) netip.Addr {
	if len(b) != 4 {
		return netip.Addr{}
	}
	a := netip.AddrFrom4([4]byte(b))
	if a.IsUnspecified() {
		return netip.Addr{}
	}
	return a
}

var types = [...]string{"", "DISCOVER", "OFFER", "REQUEST", "DECLINE", "ACK", "NAK", "RELEASE", "INFORM"}

// Parse reads a message, and finds what is wrong with its form. It returns nil
// when b is shorter than a message's fixed part.
func Parse(b []byte) (*Message, []dissect.Finding) {
	if len(b) < headerSize {
		return nil, nil
	}
	m := &Message{
		Reply: b[0] == 2, Hops: int(b[3]), XID: binary.BigEndian.Uint32(b[4:]),
		Secs: int(binary.BigEndian.Uint16(b[8:])), Broadcast: b[10]&0x80 != 0,
		Client: addrOf(b[12:16]), Yours: addrOf(b[16:20]), Next: addrOf(b[20:24]), Relay: addrOf(b[24:28]),
		Hardware: net.HardwareAddr(b[28 : 28+min(int(b[2]), 16)]),
	}
	start := headerSize + cookieSize
	if len(b) < start || [cookieSize]byte(b[headerSize:start]) != cookie {
		return m, nil
	}
	var found []dissect.Finding
	end, whole := m.readOptions(b, start, len(b))
	switch {
	case !whole:
		found = append(found, finding("cut", 2132, "2", end, len(b)-end, dissect.Wrong))
	case end == len(b) && b[end-1] != 255:
		found = append(found, finding("end.missing", 2131, "4.1", end, 0, dissect.Wrong))
	}
	if overload := m.Option(52); len(overload) == 1 { // RFC 2132 §9.3
		if overload[0]&1 != 0 {
			m.readOptions(b, fileAt, fileAt+fileSize)
		}
		if overload[0]&2 != 0 {
			m.readOptions(b, snameAt, snameAt+snameSize)
		}
	}
	if kind := m.Option(53); len(kind) == 1 && int(kind[0]) < len(types) {
		m.Type = types[kind[0]]
	}
	return m, append(found, m.lengths()...)
}

// readOptions reads those in b[at:end], up to the end option. It returns
// where it has stopped, and whether no option was cut off.
func (m *Message) readOptions(b []byte, at, end int) (stopped int, whole bool) {
	for at < end {
		switch code := b[at]; code {
		case 0:
			at++
		case 255:
			return at + 1, true
		default:
			if at+2 > end || at+2+int(b[at+1]) > end {
				return at, false
			}
			next := at + 2 + int(b[at+1])
			m.Options = append(m.Options, Option{Code: code, Data: b[at+2 : next], at: at})
			at = next
		}
	}
	return at, true
}

// lengths finds options that are not as long as their kind of value.
func (m *Message) lengths() []dissect.Finding {
	var found []dissect.Finding
	for i := range m.Options {
		o := &m.Options[i]
		if known[o.Code].section == "" {
			continue // not of RFC 2132
		}
		n, ok := len(o.Data), true
		switch known[o.Code].form {
		case address:
			ok = n == 4
		case addresses:
			ok = n > 0 && n%4 == 0
		case seconds:
			ok = n == 4
		case number:
			ok = n == 1 || n == 2
		case kind:
			ok = n == 1
		}
		if !ok {
			f := finding("option.length", 2132, known[o.Code].section, o.at, 2+n, dissect.Wrong)
			f.Args = map[string]any{"Name": o.name()}
			found = append(found, f)
		}
	}
	return found
}

func (o *Option) name() string {
	if k, ok := known[o.Code]; ok {
		return k.name
	}
	return "Option " + strconv.Itoa(int(o.Code))
}
