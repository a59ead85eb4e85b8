package internet

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Faults are what can be wrong with one direction of a link. The zero value is
// a perfect cable: without loss, without delay, as fast as the machine.
type Faults struct {
	Loss      float64 `json:"loss,omitempty"`    // the probability that a frame is lost, 0 to 1
	Duplicate float64 `json:"dup,omitempty"`     // that it arrives twice
	Reorder   float64 `json:"reorder,omitempty"` // that it is held back, so that later frames overtake it
	Corrupt   float64 `json:"corrupt,omitempty"` // that one bit of it, after the Ethernet header, is flipped

	Delay  time.Duration `json:"delay,omitempty"`  // the propagation delay
	Jitter time.Duration `json:"jitter,omitempty"` // up to so much is added, evenly; the order is kept

	// Rate is the transmission rate in bits per second; 0 is without limit.
	Rate int64 `json:"rate,omitempty"`

	// Queue is how many frames may wait for the transmitter while another is
	// being sent; further ones are lost. 0 means 100. It matters with a Rate.
	Queue int `json:"queue,omitempty"`

	// Drop is a script: the numbers of the frames that are lost, the first
	// one after SetFaults being 1.
	Drop []uint64 `json:"drop,omitempty"`

	Down bool `json:"down,omitempty"` // nothing gets through
}

func (f Faults) none() bool { return f.String() == "" }

func (f Faults) clone() Faults {
	f.Drop = slices.Clone(f.Drop)
	return f
}

// check says what no cable can be.
func (f Faults) check() error {
	for _, p := range []struct {
		name  string
		value float64
	}{{"loss", f.Loss}, {"dup", f.Duplicate}, {"reorder", f.Reorder}, {"corrupt", f.Corrupt}} {
		if math.IsNaN(p.value) || p.value < 0 || p.value > 1 {
			return fmt.Errorf("%s=%v: a probability is from 0 to 1, as %s=0.3", p.name, p.value, p.name)
		}
	}
	switch {
	case f.Delay < 0:
		return fmt.Errorf("delay=%v: no frame arrives before it is sent; write delay=100ms", f.Delay)
	case f.Jitter < 0:
		return fmt.Errorf("jitter=%v: jitter is added to the delay; write jitter=20ms", f.Jitter)
	case f.Rate < 0:
		return fmt.Errorf("rate=%d: a rate is positive, in bits per second, as rate=10Mbit", f.Rate)
	case f.Queue < 0:
		return fmt.Errorf("queue=%d: a queue has room for some frames, as queue=100", f.Queue)
	case slices.Contains(f.Drop, 0):
		return fmt.Errorf("drop=0: the first frame is number 1, as drop=1+3")
	}
	return nil
}

// faultKeys are the words of ParseFaults, in the order in which String writes
// them.
var faultKeys = []string{"loss", "dup", "reorder", "corrupt", "delay", "jitter", "rate", "queue", "drop", "down"}

// ParseFaults reads faults as they are written on a command line:
//
//	loss=0.3,dup=1%,reorder=0.1,corrupt=0.01,delay=100ms,jitter=20ms,rate=10Mbit,queue=50,drop=3+6+7,down
//
// Its errors say what to write instead.
func ParseFaults(s string) (Faults, error) {
	var f Faults
	seen := make(map[string]bool)
	for word := range strings.SplitSeq(s, ",") {
		word = strings.TrimSpace(word)
		if word == "" {
			continue
		}
		key, value, hasValue := strings.Cut(word, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if seen[key] {
			return Faults{}, fmt.Errorf("%s is said twice", key)
		}
		seen[key] = true
		if err := f.set(key, value, hasValue); err != nil {
			return Faults{}, err
		}
	}
	if err := f.check(); err != nil {
		return Faults{}, err
	}
	return f, nil
}

func (f *Faults) set(key, value string, hasValue bool) (err error) {
	if key == "down" {
		if hasValue {
			return fmt.Errorf("down=%s: down takes no value; write down", value)
		}
		f.Down = true
		return nil
	}
	if !slices.Contains(faultKeys, key) {
		return fmt.Errorf("%q is no fault; there are %s", key, strings.Join(faultKeys, ", "))
	}
	if value == "" {
		return fmt.Errorf("%s needs a value, as %s", key, faultExamples[key])
	}
	switch key {
	case "loss":
		f.Loss, err = parseProbability(value)
	case "dup":
		f.Duplicate, err = parseProbability(value)
	case "reorder":
		f.Reorder, err = parseProbability(value)
	case "corrupt":
		f.Corrupt, err = parseProbability(value)
	case "delay":
		f.Delay, err = time.ParseDuration(value)
	case "jitter":
		f.Jitter, err = time.ParseDuration(value)
	case "rate":
		f.Rate, err = parseRate(value)
	case "queue":
		f.Queue, err = strconv.Atoi(value)
	case "drop":
		f.Drop, err = parseDrop(value)
	}
	if err != nil {
		return fmt.Errorf("%s=%s is not understood; write it as %s", key, value, faultExamples[key])
	}
	return nil
}

var faultExamples = map[string]string{
	"loss": "loss=0.3 or loss=30%", "dup": "dup=0.01 or dup=1%",
	"reorder": "reorder=0.1 or reorder=10%", "corrupt": "corrupt=0.01 or corrupt=1%",
	"delay": "delay=100ms", "jitter": "jitter=20ms", "rate": "rate=10Mbit (or kbit, Gbit)",
	"queue": "queue=100 (frames)", "drop": "drop=3+6+7 (the third, sixth and seventh frame)",
}

func parseProbability(s string) (float64, error) {
	percent, isPercent := strings.CutSuffix(s, "%")
	p, err := strconv.ParseFloat(percent, 64)
	if isPercent {
		p /= 100
	}
	return p, err
}

// rateUnits are powers of ten, as everywhere in networking; the first is the
// one for a bare number.
var rateUnits = []struct {
	name string
	bits float64
}{{"Gbit", 1e9}, {"Mbit", 1e6}, {"kbit", 1e3}, {"bit", 1}, {"", 1}}

func parseRate(s string) (int64, error) {
	for _, unit := range rateUnits {
		number, ok := strings.CutSuffix(strings.ToLower(s), strings.ToLower(unit.name))
		if !ok {
			continue
		}
		n, err := strconv.ParseFloat(number, 64)
		bits := math.Round(n * unit.bits)
		if err != nil || !(bits >= 1 && bits < 1e15) {
			return 0, strconv.ErrRange
		}
		return int64(bits), nil
	}
	return 0, strconv.ErrSyntax
}

func parseDrop(s string) ([]uint64, error) {
	var drop []uint64
	for n := range strings.SplitSeq(s, "+") {
		number, err := strconv.ParseUint(n, 10, 64)
		if err != nil {
			return nil, err
		}
		drop = append(drop, number)
	}
	return drop, nil
}

// String writes the faults as ParseFaults reads them; a perfect cable is "".
func (f Faults) String() string {
	var words []string
	say := func(ok bool, format string, args ...any) {
		if ok {
			words = append(words, fmt.Sprintf(format, args...))
		}
	}
	say(f.Loss != 0, "loss=%v", f.Loss)
	say(f.Duplicate != 0, "dup=%v", f.Duplicate)
	say(f.Reorder != 0, "reorder=%v", f.Reorder)
	say(f.Corrupt != 0, "corrupt=%v", f.Corrupt)
	say(f.Delay != 0, "delay=%v", f.Delay)
	say(f.Jitter != 0, "jitter=%v", f.Jitter)
	say(f.Rate != 0, "rate=%s", formatRate(f.Rate))
	say(f.Queue != 0, "queue=%d", f.Queue)
	say(len(f.Drop) > 0, "drop=%s", strings.ReplaceAll(strings.Trim(fmt.Sprint(f.Drop), "[]"), " ", "+"))
	say(f.Down, "down")
	return strings.Join(words, ",")
}

func formatRate(rate int64) string {
	for _, unit := range rateUnits {
		if bits := int64(unit.bits); rate%bits == 0 {
			return strconv.FormatInt(rate/bits, 10) + unit.name
		}
	}
	return strconv.FormatInt(rate, 10)
}
