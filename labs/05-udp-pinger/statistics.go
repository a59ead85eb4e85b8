package udppinger

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
	"github.com/wirebook/wirebook/labs/figures"
)

// stats loses three of ten, delays the others, and has the summary judged: the
// loss rate, and the shortest, longest and average time.
func stats(t *check.T) {
	delays := randomLoss(t)
	var inOrder []time.Duration
	for n := 1; n <= pings; n++ {
		if _, loses := delays[n]; !loses {
			delays[n] = time.Duration(135+t.Rand.IntN(135)) * time.Millisecond
		}
	}
	s := play(t, delays)
	s.whole(hangsOnLoss)
	for n := 1; n <= pings; n++ {
		if delays[n] != never && (s.repliesPrinted() == 0 || s.printed(n)) {
			inOrder = append(inOrder, delays[n])
		}
	}
	all := figures.Numbers(s.own())
	s.judgeLoss(all)
	s.judgeTimes(all, inOrder)
}

var aboutLoss = regexp.MustCompile(`(?i)loss|lost|丢|失`)

// judgeLoss looks for 30 %, or 0.3; on a slow machine there may be more.
func (s *session) judgeLoss(all []figures.Number) {
	percent, said := make(map[float64]bool), false
	for _, n := range all {
		isPercent := n.Unit == "%" || n.Unit == "％" || strings.HasPrefix(n.Unit, "percent")
		if !isPercent && !aboutLoss.MatchString(n.Line) {
			continue
		}
		said = true
		rounded := math.Round(n.Value*10) / 10
		if !isPercent && n.Value < 1 && !n.Whole {
			rounded = math.Round(n.Value * 100)
		} else if isPercent && n.Value < 1 {
			rounded = -rounded // 0.3 %
		}
		percent[rounded] = true
	}
	lost := float64(s.losses())
	rate := 100 * lost / pings
	m := check.Mistake{Name: "no-loss-rate", Expected: strconv.Itoa(int(rate)) + "%", Book: book}
	ofReceived := 100 * lost / (pings - lost)
	switch {
	case percent[rate]:
		return
	case percent[math.Round(ofReceived*10)/10], percent[math.Floor(ofReceived*10)/10], percent[math.Round(ofReceived)], percent[math.Floor(ofReceived)]:
		m.Name = "loss-of-received"
	case percent[100-rate]:
		m.Name = "loss-inverted"
	case percent[-rate/100]:
		m.Name = "loss-fraction"
	case !said:
		m.Name = "no-statistics"
	}
	s.t.Wrong(m)
}

// judgeTimes compares the summary with the times that the program has printed for
// the single pings: how exact these are does not matter here.
func (s *session) judgeTimes(all []figures.Number, delays []time.Duration) {
	var times []float64
	for len(all) > 0 && len(times) < len(delays) {
		n := all[0]
		all = all[1:]
		if v, _, ok := n.Time(delays[len(times)], second); ok && n.Unit != "%" {
			times = append(times, v)
		}
	}
	if len(times) < len(delays) || len(times) == 0 {
		s.t.Wrong(check.Mistake{Name: "no-statistics", Book: book})
	}
	sum := 0.0
	for _, v := range times {
		sum += v
	}
	average := sum / float64(len(times))
	wanted := []float64{slices.Min(times), average, slices.Max(times)}
	for i, v := range wanted {
		if slices.ContainsFunc(all, func(n figures.Number) bool { return near(n, v) }) {
			continue
		}
		m := check.Mistake{Name: "no-times", Book: book, Expected: check.Say("udp-pinger.summary-times", "Shortest", secondsOf(wanted[0]), "Average", secondsOf(average), "Longest", secondsOf(wanted[2]))}
		if i == 1 && slices.ContainsFunc(all, func(n figures.Number) bool { return near(n, sum/pings) }) {
			m.Name = "average-of-ten"
		}
		s.t.Wrong(m)
	}
}

// near reports whether the number is this time, rounded, in whatever unit.
func near(n figures.Number, seconds float64) bool {
	for _, scale := range figures.Scales {
		if math.Abs(n.Value/scale-seconds) <= max(n.Step/scale, 0.01*seconds) && (scale > 1 || !n.Whole) {
			return true
		}
	}
	return false
}

func secondsOf(v float64) string { return seconds(time.Duration(v * float64(time.Second))) }
