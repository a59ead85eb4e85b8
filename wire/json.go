package wire

import (
	"encoding/json"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// MarshalJSON writes the message for --json: one object, whose names stay as
// they are here.
//
//	id            number of the message, in the order of the events
//	time, end     RFC 3339: its first and last byte leave the sender
//	from, to      {"host", "address", "port", "group"}; what is unknown is left out
//	conversation  number; the same for all that is said between two ports
//	protocol      "HTTP", "DNS", "ICMP", "ARP", "TCP", "UDP"
//	summary       one line
//	key, args     the explanation, and what it fills in
//	findings      [{"key", "args", "rfc", "section", "offset", "length", "severity"}]
//	value         the message as its dissector understood it
//	answers       id of the message that it answers; elapsed: seconds since that one
//	carries       id of the message of which this TCP segment brings a part
//	story         the Message-ID of the mail that it brings
//	exchange      number, in the conversation, of the exchange that it belongs to
//	beside        true: said on a connection beside the conversation's, as FTP's files are
//	packet        true: a TCP packet, shown only when packets are asked for
//	size          bytes; missing: how many of them the observer missed
//	packets       how many packets carried it
//	fate          ["lost", "overrun", "doubled", "changed", "reordered", "discarded"], what applies
//	lost          true: it did not arrive
//	losses        [{"link", "by", "time", "packet"}]; by whom, if it had crossed the link
func (m *Message) MarshalJSON() ([]byte, error) {
	j := messageJSON{
		ID: m.ID, Time: m.Time, End: m.End, From: jsonEndpoint(m.From), To: jsonEndpoint(m.To),
		Conversation: m.Conversation, Protocol: m.Protocol, Summary: m.Summary, Key: m.Key, Args: m.Args,
		Findings: m.Findings, Value: m.Value, Answers: m.Answers, Elapsed: m.Elapsed.Seconds(), Carries: m.Carries,
		Story: m.Story, Exchange: m.Exchange, Beside: m.Beside, Packet: m.Packet, Size: m.Size, Missing: m.Missing, Packets: m.Carriers, Fate: fateNames(m.Fate), Lost: m.Lost,
	}
	for _, loss := range m.Losses {
		l := lossJSON{By: loss.By(), Time: loss.Time, Packet: loss.Packet}
		if loss.Link != nil {
			l.Link = loss.Link.Name
		}
		j.Losses = append(j.Losses, l)
	}
	return json.Marshal(j)
}

type messageJSON struct {
	ID           uint64         `json:"id"`
	Time         time.Time      `json:"time"`
	End          time.Time      `json:"end"`
	From         endpointJSON   `json:"from"`
	To           endpointJSON   `json:"to"`
	Conversation uint64         `json:"conversation"`
	Protocol     string         `json:"protocol"`
	Summary      string         `json:"summary"`
	Key          string         `json:"key,omitempty"`
	Args         map[string]any `json:"args,omitempty"`
	Findings     []Finding      `json:"findings,omitempty"`
	Value        any            `json:"value,omitempty"`
	Answers      uint64         `json:"answers,omitempty"`
	Elapsed      float64        `json:"elapsed,omitempty"`
	Carries      uint64         `json:"carries,omitempty"`
	Story        string         `json:"story,omitempty"`
	Exchange     int            `json:"exchange,omitempty"`
	Beside       bool           `json:"beside,omitempty"`
	Packet       bool           `json:"packet,omitempty"`
	Size         int            `json:"size"`
	Missing      int            `json:"missing,omitempty"`
	Packets      int            `json:"packets"`
	Fate         []string       `json:"fate,omitempty"`
	Lost         bool           `json:"lost,omitempty"`
	Losses       []lossJSON     `json:"losses,omitempty"`
}

type endpointJSON struct {
	Host    string `json:"host,omitempty"`
	Address string `json:"address,omitempty"`
	Port    uint16 `json:"port,omitempty"`
	Group   bool   `json:"group,omitempty"`
}

type lossJSON struct {
	Link   string    `json:"link"`
	By     string    `json:"by,omitempty"`
	Time   time.Time `json:"time"`
	Packet uint64    `json:"packet,omitempty"`
}

func jsonEndpoint(e Endpoint) endpointJSON {
	j := endpointJSON{Host: e.Host, Port: e.Addr.Port(), Group: e.Group}
	if e.Addr.Addr().IsValid() {
		j.Address = e.Addr.Addr().String()
	}
	return j
}

var fates = [...]struct {
	flag frame.Fate
	name string
}{
	{frame.Lost, "lost"}, {frame.Overrun, "overrun"}, {frame.Doubled, "doubled"}, {frame.Changed, "changed"},
	{frame.Reordered, "reordered"}, {frame.Discarded, "discarded"},
}

func fateNames(f frame.Fate) []string {
	var names []string
	for _, fate := range fates {
		if f&fate.flag != 0 {
			names = append(names, fate.name)
		}
	}
	return names
}
