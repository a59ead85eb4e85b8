package udppinger

import (
	"bytes"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/figures"
)

// repliesPrinted is how many of the replies are shown as they came.
func (s *session) repliesPrinted() (n int) {
	for i := 1; i <= len(s.sent); i++ {
		if s.printed(i) {
			n++
		}
	}
	return n
}

func (s *session) printed(n int) bool { return strings.Contains(s.p.Output(), reply(s.sent[n-1])) }

// losses is how many pings the program got no reply to. On a slow machine it may
// have been right to give up more than were lost by plan, which shows in the replies
// that it prints.
func (s *session) losses() (n int) {
	if got := s.repliesPrinted(); got > 0 {
		return pings - got
	}
	for i := 1; i <= pings; i++ {
		if !s.answered[i].Load() {
			n++
		}
	}
	return n
}

// reply is what the server answers, without the line's end and the 0 that C sends.
func reply(g *check.Datagram) string { return string(bytes.Trim(bytes.ToUpper(g.Data), " \r\n\t\x00")) }

// own is what the program printed, without the messages themselves, in which there
// are numbers, too.
func (s *session) own() string {
	output := s.p.Output()
	for _, g := range s.sent {
		for _, text := range []string{reply(g), string(bytes.Trim(g.Data, " \r\n\t\x00"))} {
			if len(text) > 3 {
				output = strings.ReplaceAll(output, text, " ")
			}
		}
	}
	return figures.Bare(output)
}

var lossWords = regexp.MustCompile(`(?i)time[d -]*out|lost|loss|drop|no resp|no repl|not rec|unreach|fail|expired|超时|丢|失|无响应|未收到|没有`)

// toldOf reports whether the program has said of so many pings that there was no
// reply: in words that many use, or by a kind of line of which there are just as
// many.
func (s *session) toldOf(losses int) bool {
	kinds := make(map[string]int)
	words := 0
	for line := range strings.Lines(s.own()) {
		if shape := figures.Shape(line); shape != "" {
			kinds[shape]++
		}
		words += len(lossWords.FindAllString(line, -1))
	}
	for _, n := range kinds {
		if n == losses {
			return true
		}
	}
	return words >= losses
}

// second is the longest that a round-trip time can be, and a little less, so that a
// program that has slept for a second shows: after it the ping is lost.
const second = 990 * time.Millisecond

// rtt delays four replies, so that their round-trip times are known.
func rtt(t *check.T) {
	delays, shortest := make(map[int]time.Duration), time.Hour
	for _, n := range []int{2, 4, 5, 8} {
		delays[n] = time.Duration(135+t.Rand.IntN(135)) * time.Millisecond
		shortest = min(shortest, delays[n])
	}
	s := play(t, delays)
	s.whole(check.Mistake{Name: "hangs", Book: book})
	enough := len(delays) - 1
	if s.repliesPrinted() > 0 {
		enough = -1
		for n := range delays {
			if s.printed(n) {
				enough++
			}
		}
	}
	all := figures.Numbers(s.own())
	if grows(all, delays) {
		s.t.Wrong(check.Mistake{Name: "rtt-grows", Book: book, Expected: check.Say("udp-pinger.times", "Times", timesOf(delays))})
	}
	if s.times(all, shortest, 1) >= enough {
		return
	}
	wrong := check.Mistake{Name: "no-rtt", Book: book, Expected: check.Say("udp-pinger.times", "Times", timesOf(delays))}
	over := 0 // times of more than a second
	for _, n := range all {
		if !n.Whole && n.Value >= 1 && n.Value < 1.9 {
			over++
		}
	}
	if over >= pings-3 {
		wrong.Name = "rtt-with-sleep"
	} else {
		for _, factor := range []float64{10, 100, 0.1, 0.01} {
			if s.times(all, shortest, factor) >= enough {
				wrong.Name = "rtt-factor"
			}
		}
	}
	t.Wrong(wrong)
}

// grows reports whether the times are those since the first ping was sent: each takes in
// the delays of all before it.
func grows(all []figures.Number, delays map[int]time.Duration) bool {
	for _, scale := range figures.Scales {
		n, last := 2, 0.0 // the first reply came at once
		for _, number := range all {
			v, least := number.Value/scale, last+delays[n].Seconds()-0.002
			if n <= pings && !(number.Whole && scale == 1) && v >= least && v < least+10 {
				n, last = n+1, v
			}
		}
		if n > pings {
			return true
		}
	}
	return false
}

// times is how many of the numbers are possible times, if they are wrong by a
// factor. A unit that fits none of the long ones is noted.
func (s *session) times(all []figures.Number, atLeast time.Duration, factor float64) (count int) {
	fits, wrong := false, "" // a line with a unit that is right, and one with a wrong one
	for _, n := range all {
		if factor != 1 && n.Whole && n.Value <= pings {
			continue // a ping's number
		}
		n.Value /= factor
		n.Step /= factor
		_, scale, ok := n.Time(atLeast, second)
		if !ok {
			continue
		}
		count++
		switch unit := scaleOf(n.Unit); {
		case unit == scale:
			fits = true
		case unit != 0:
			wrong = n.Line // or a fraction of a millisecond, by a reply that came at once
		}
	}
	if factor == 1 && wrong != "" && !fits {
		s.t.Remark("unit", "Line", wrong)
	}
	return count
}

// scaleOf is the unit as a part of a second, or 0.
func scaleOf(unit string) float64 {
	switch {
	case unit == "ms" || strings.HasPrefix(unit, "milli") || unit == "毫秒":
		return 1e3
	case unit == "s" || strings.HasPrefix(unit, "sec") || unit == "秒":
		return 1
	}
	return 0
}

func timesOf(delays map[int]time.Duration) string {
	var all []string
	for n := 1; n <= pings; n++ {
		if d, ok := delays[n]; ok && d != never {
			all = append(all, seconds(d))
		}
	}
	return strings.Join(all, ", ")
}

func seconds(d time.Duration) string { return strconv.FormatFloat(d.Seconds(), 'f', 3, 64) }
