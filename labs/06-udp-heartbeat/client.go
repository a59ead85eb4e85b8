package udpheartbeat

import (
	"bytes"
	"regexp"
	"time"
	"unicode"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/figures"
)

// enough is how many heartbeats tell a sequence from chance.
const enough = 4

// collect starts the client and takes its heartbeats. A server may answer: one that
// does not is for another case.
func collect(t *check.T, answers bool) (*check.Datagrams, []*check.Datagram) {
	d := t.AcceptUDP()
	t.Start(nil)
	var all []*check.Datagram
	for len(all) < enough {
		g, end := d.Receive()
		if end != check.Done {
			few := check.Mistake{Name: "few", Book: book, Expected: check.Say("udp-heartbeat.beats", "Beats", enough), Actual: check.Say("udp-heartbeat.beats", "Beats", len(all))}
			if len(all) == 0 {
				few = check.Mistake{Name: "nothing-sent", Book: book}
			} else if few.Datagram = all[len(all)-1]; !answers && end != check.Exited {
				few.Name = "waits-for-reply"
			}
			t.Accepted(end, few)
		}
		all = append(all, g)
		if answers {
			d.Reply(g, bytes.ToUpper(g.Data))
		}
	}
	return d, all
}

// clientBeats judges that the client goes on sending, and pauses in between: many a
// second are none, however slow the machine.
func clientBeats(t *check.T) {
	d, all := collect(t, true)
	const brief, flood = 20 * time.Millisecond, 200
	shortest := time.Hour
	for i := 1; i < len(all); i++ {
		shortest = min(shortest, all[i].Time.Sub(all[i-1].Time))
	}
	if shortest > brief {
		return
	}
	more := 0
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until) && more < flood; more++ {
		g := d.Within(time.Until(until))
		if g == nil {
			break
		}
		d.Reply(g, bytes.ToUpper(g.Data))
	}
	t.Expect(more < flood, check.Mistake{Name: "flood", Datagram: all[enough-1], Book: book, RFC: "RFC 8085 §3.1"})
}

func clientMessage(t *check.T) {
	_, all := collect(t, true)
	messages := make([][]byte, len(all))
	isText := true
	for i, g := range all {
		messages[i] = g.Data
		isText = isText && !bytes.ContainsFunc(g.Data, func(r rune) bool { return !unicode.IsPrint(r) && !unicode.IsSpace(r) })
	}
	last := all[len(all)-1]
	_, ok := figures.Sequence(timeless(messages))
	inText := ok
	if !ok && !isText { // in a text, digits are bytes that grow, too
		_, ok = figures.BinarySequence(messages)
	}
	t.Expect(ok, check.Mistake{Name: "no-number", Datagram: last, Length: len(last.Data), Book: book, Expected: "Heartbeat 4 1735689600.25"})
	hasTime := figures.Count(last.Data) > 1
	if !inText || !isText {
		hasTime = len(last.Data) >= 5 // a number of a byte, and a time of four
	}
	t.Expect(hasTime, check.Mistake{Name: "no-time", Datagram: last, Length: len(last.Data), Book: book, Expected: "Heartbeat 4 1735689600.25"})
}

var timeOfDay = regexp.MustCompile(`\d{1,2}:\d{2}:\d{2}`)

// timeless are messages without the time of day: its seconds grow by one, too.
func timeless(messages [][]byte) [][]byte {
	all := make([][]byte, len(messages))
	for i, m := range messages {
		all[i] = timeOfDay.ReplaceAll(m, nil)
	}
	return all
}

// clientAlone never answers: a heartbeat goes one way.
func clientAlone(t *check.T) { collect(t, false) }
