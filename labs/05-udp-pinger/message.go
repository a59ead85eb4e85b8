package udppinger

import (
	"strings"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/figures"
)

// The message is "Ping sequence_number time", in any form that has all three.
func message(t *check.T) {
	s := play(t, nil)
	s.whole(check.Mistake{Name: "hangs", Book: book})
	expected := "Ping 1 1735689600.25"
	for _, g := range s.sent {
		if !strings.Contains(strings.ToLower(string(g.Data)), "ping") {
			t.Wrong(check.Mistake{Name: "no-ping", Datagram: g, Length: len(g.Data), Expected: expected, Actual: string(g.Data), Book: book})
		}
	}
	var messages [][]byte
	for _, g := range s.sent {
		messages = append(messages, g.Data)
	}
	first, ok := figures.Sequence(messages)
	if !ok {
		g := s.sent[1]
		t.Wrong(check.Mistake{Name: "no-number", Datagram: g, Length: len(g.Data), Expected: "Ping 2 1735689600.25", Actual: string(g.Data), Book: book})
	}
	if first > 1 {
		t.Remark("first-number", "Number", first)
	}
	for _, g := range s.sent {
		if figures.Count(g.Data) < 2 {
			t.Wrong(check.Mistake{Name: "no-time", Datagram: g, Offset: max(0, len(g.Data)-1), Length: 1, Expected: expected, Actual: string(g.Data), Book: book})
		}
	}
}
