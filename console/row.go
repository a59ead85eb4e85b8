package console

import (
	"encoding/json"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
)

// row is what the ladder must know of a message. Thousands of them are sent, so
// their names are short and what is usual is left out.
type row struct {
	ID           uint64  `json:"id"`
	Time         float64 `json:"t"` // when it was sent, in milliseconds since 1970
	From         string  `json:"f"`
	To           string  `json:"o"`
	FromPort     uint16  `json:"fp,omitempty"`
	ToPort       uint16  `json:"op,omitempty"`
	Group        bool    `json:"g,omitempty"` // to everybody
	Conversation uint64  `json:"c"`
	Protocol     string  `json:"p"`
	Summary      string  `json:"s"`
	Finding      string  `json:"w,omitempty"` // the key of the worst,
	Severity     string  `json:"v,omitempty"` // and how bad it is
	Lost         bool    `json:"l,omitempty"`
	Where        string  `json:"at,omitempty"`   // the link that has lost it, or a part of it,
	By           string  `json:"by,omitempty"`   // or on which it came to the node that has thrown it away
	Parts        int     `json:"n,omitempty"`    // how many packets it was, if more than one
	Losses       int     `json:"ln,omitempty"`   // how many of them were lost
	Doubled      bool    `json:"d,omitempty"`    // a packet of it came twice
	Changed      bool    `json:"ch,omitempty"`   // a packet of it was changed on the way
	Reordered    bool    `json:"re,omitempty"`   // a packet of it was overtaken
	Packet       bool    `json:"pk,omitempty"`   // one of TCP's own
	Answer       bool    `json:"a,omitempty"`    // it answers another
	Beside       bool    `json:"b,omitempty"`    // on a connection beside the conversation's
	Elapsed      float64 `json:"e,omitempty"`    // milliseconds since what it answers
	Step         int     `json:"st,omitempty"`   // of a demo, to which it belongs
	Gone         bool    `json:"gone,omitempty"` // the filter does not choose it any more
}

// maxSummary is how much of a summary a row has, in bytes.
const maxSummary = 300

func rowOf(m *wire.Message, step int) []byte {
	r := row{
		ID: m.ID, Time: float64(m.Time.UnixMicro()) / 1e3, From: m.From.String(), To: m.To.String(), Group: m.To.Group,
		FromPort: m.From.Addr.Port(), ToPort: m.To.Addr.Port(), Conversation: m.Conversation, Protocol: m.Protocol,
		Summary: dissect.Text([]byte(m.Summary), maxSummary), Lost: m.Lost, Losses: len(m.Losses), Packet: m.Packet,
		Answer: m.Answers != 0, Beside: m.Beside, Elapsed: float64(m.Elapsed.Microseconds()) / 1e3,
		Doubled: m.Fate&frame.Doubled != 0, Changed: m.Fate&frame.Changed != 0, Reordered: m.Fate&frame.Reordered != 0, Step: step,
	}
	if m.Carriers > 1 {
		r.Parts = m.Carriers
	}
	if len(m.Losses) > 0 && m.Losses[0].Link != nil {
		r.Where, r.By = m.Losses[0].Link.Name, m.Losses[0].By()
	}
	if worst, ok := m.Worst(); ok {
		r.Severity = worst.String()
		for i := range m.Findings {
			if m.Findings[i].Severity == worst {
				r.Finding = m.Findings[i].Key
				break
			}
		}
	}
	text, err := json.Marshal(r)
	if err != nil {
		panic(err) // it holds nothing that JSON cannot say
	}
	return text
}

// goneRow takes a message off the ladder.
func goneRow(id uint64) []byte {
	text, _ := json.Marshal(struct {
		ID   uint64 `json:"id"`
		Gone bool   `json:"gone"`
	}{id, true})
	return text
}
