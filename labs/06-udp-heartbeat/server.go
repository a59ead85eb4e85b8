package udpheartbeat

import (
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/figures"
)

// monitor is a server that runs, and its client: the case.
type monitor struct {
	t      *check.T
	p      *check.Program
	at     netip.AddrPort
	socket *check.Datagrams
	n      int           // of the last heartbeat
	age    time.Duration // of a heartbeat when it is sent: what the server should measure
	sent   []byte
}

func newMonitor(t *check.T) *monitor {
	p := t.Start(nil)
	return &monitor{
		t: t, p: p, at: p.Listening("udp"), socket: t.OpenUDP(),
		age: time.Duration(400+t.Rand.IntN(400)) * time.Millisecond,
	}
}

// beat sends the next heartbeat, and returns what the server prints for it at once.
func (m *monitor) beat() string {
	m.n++
	before := len(m.p.Output())
	m.sent = formatOf(m.t).write(m.n, time.Now().Add(-m.age))
	m.socket.Send(m.at, m.sent)
	m.p.Rest(300 * time.Millisecond)
	return strings.TrimSpace(m.p.Output()[before:])
}

// told is a heartbeat for which the server must print something.
func (m *monitor) told() string {
	said := m.beat()
	if said == "" {
		n := len(m.p.Output())
		m.t.Await(m.p.Prints(func(output string) bool { return len(output) > n }), check.Mistake{Name: "silent", Book: book, Expected: string(m.sent)})
	}
	if m.p.Crashed() {
		m.p.Wait()
		ofFormat := m.n == 1 && ofParsing.MatchString(m.p.Output())
		m.t.Await(check.Exited, check.Mistake{Name: "not-understood", Crash: ofFormat, Book: book, Expected: string(m.sent)})
	}
	return said
}

// ofParsing are the last words of a server that awaits another format.
var ofParsing = regexp.MustCompile(`ValueError|IndexError|KeyError|struct\.error|JSONDecodeError|Unpickling|NumberFormat|OutOfBounds|index out of range`)

// beats are four, each sent with a time stamp that is some tenths of a second old.
func beats(t *check.T) {
	m := newMonitor(t)
	before := len(m.p.Output())
	for range 4 {
		m.told()
	}
	m.p.Rest(300 * time.Millisecond)
	t.Expect(differences(m.p.Output()[before:]) >= 3, check.Mistake{
		Name: "no-difference", Book: book, Expected: check.Say("udp-heartbeat.difference", "Seconds", m.age.Seconds()),
	})
}

// differences are how many numbers in a text may be the time that a heartbeat took.
func differences(text string) (n int) {
	for _, number := range figures.Numbers(figures.Bare(text)) {
		const aStamp = 1e8 // the time itself: so many seconds, or more milliseconds, since 1970
		if _, _, ok := number.Time(250*time.Millisecond, 5*time.Second); ok && number.Value < aStamp {
			n++
		}
	}
	return n
}

var aboutLoss = regexp.MustCompile(`(?i)los[st]|miss|drop|gap|丢|失|缺|漏`)

// lost leaves out some heartbeats.
func lost(t *check.T) {
	m := newMonitor(t)
	first, usual := m.told(), m.told()
	missing := 3 + t.Rand.IntN(3)
	m.n += missing
	said := m.beat() + "\n"
	known := shapes(first + "\n" + usual)
	for line := range strings.Lines(said) {
		if shape := figures.Shape(line); shape != "" && !known[shape] {
			return // it says something that it did not say before
		}
	}
	tells := func(text string) bool { return tellsLoss(text, missing) }
	if slices.ContainsFunc(figures.Numbers(said), func(n figures.Number) bool { return n.Whole && n.Value == float64(missing) }) || tells(said) {
		return
	}
	before := len(m.p.Output())
	m.beat()
	m.p.Prints(func(output string) bool { return tells(output[before:]) })
	t.Expect(tells(m.p.Output()[before:]), check.Mistake{
		Name: "no-loss", Book: book, RFC: rfc, Expected: check.Say("udp-heartbeat.lost", "From", 3, "To", 2+missing, "Lost", missing), Actual: strings.TrimSpace(said),
	})
}

// tellsLoss reports whether a text names the loss: how many, or which.
func tellsLoss(text string, missing int) bool {
	for _, n := range figures.Numbers(text) {
		if aboutLoss.MatchString(n.Line) && n.Whole && (n.Value == float64(missing) || n.Value >= 3 && n.Value < float64(3+missing)) {
			return true
		}
	}
	return false
}

func shapes(text string) map[string]bool {
	all := make(map[string]bool)
	for line := range strings.Lines(text) {
		all[figures.Shape(line)] = true
	}
	return all
}

// stops sends some heartbeats and then no more: the server must say so by itself.
func (m *monitor) stops() {
	for range 3 {
		m.told()
	}
	n := len(m.p.Output())
	end := m.p.Prints(func(output string) bool { return len(strings.TrimSpace(output[n:])) > 0 })
	if end == check.Exited && !m.p.Crashed() {
		m.t.Wrong(check.Mistake{Name: "ends-silently", Book: book})
	}
	m.t.Await(end, check.Mistake{Name: "not-noticed", Book: book})
	if m.p.Crashed() {
		m.p.Wait()
		m.t.Await(check.Exited, check.Mistake{Name: "not-noticed", Book: book})
	}
}

func stopped(t *check.T) { newMonitor(t).stops() }

// again has the client come back after it had stopped.
func again(t *check.T) {
	m := newMonitor(t)
	m.stops()
	m.n = 0
	if m.beat() != "" {
		return
	}
	n := len(m.p.Output())
	t.Await(m.p.Prints(func(output string) bool { return len(output) > n }), check.Mistake{Name: "ends-with-client", Book: book})
}

// garbage is a datagram that is no heartbeat.
func garbage(t *check.T) {
	m := newMonitor(t)
	m.told()
	m.socket.Send(m.at, append([]byte{0xff, 0xfe}, t.Bytes(12)...))
	m.p.Rest(300 * time.Millisecond)
	dies := check.Mistake{Name: "dies-of-garbage", Crash: true, Book: book, RFC: rfc}
	if m.beat() == "" {
		n := len(m.p.Output())
		t.Await(m.p.Prints(func(output string) bool { return len(output) > n }), dies)
	}
	if m.p.Crashed() {
		m.p.Wait()
		t.Await(check.Exited, dies)
	}
}
