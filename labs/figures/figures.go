// Package figures finds numbers in what programs print and send: exercises whose
// text says what is to be told, and not in which words, unit or order, are judged
// by them.
package figures

import (
	"encoding/binary"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

var (
	timedelta = regexp.MustCompile(`\b0:00:0(\d\.\d+)`) // as Python prints a difference
	address   = regexp.MustCompile(`\d+\.\d+\.\d+\.\d+`)
	clockTime = regexp.MustCompile(`\d+:\d+(:\d+(\.\d+)?)?`)
	decimal   = regexp.MustCompile(`(\d+)(?:\.(\d+))?(?:[eE]([-+]?\d+))?`)
	measured  = regexp.MustCompile(decimal.String() + `((ns|[µu]s|ms|s)\b)?`)
	unit      = regexp.MustCompile(`^[ )\]]{0,2}(%|％|[\p{L}µ]+)`)
	digits    = regexp.MustCompile(`\d+`)
)

// Bare takes away what looks like a number and measures nothing: addresses, and
// the time of day.
func Bare(text string) string {
	text = timedelta.ReplaceAllString(text, "$1")
	text = address.ReplaceAllString(text, " ")
	return clockTime.ReplaceAllString(text, " ")
}

// Shape is a line without its numbers, and the units that Go prints behind the time
// it took: the same for all that a loop prints at the same place.
func Shape(line string) string {
	return strings.Join(strings.Fields(measured.ReplaceAllString(line, "")), " ")
}

// Number is one that a program printed.
type Number struct {
	Value float64
	Step  float64 // what its last digit counts
	Whole bool    // it has no fraction
	Unit  string  // the word behind it, in lower case
	Line  string
}

// Numbers are those of a text.
func Numbers(text string) (all []Number) {
	for line := range strings.Lines(text) {
		for _, at := range decimal.FindAllStringSubmatchIndex(line, -1) {
			value, err := strconv.ParseFloat(line[at[0]:at[1]], 64)
			if err != nil {
				continue
			}
			n := Number{Value: value, Step: 1, Whole: at[4] < 0 && at[6] < 0, Line: strings.TrimSpace(line)}
			for range max(0, at[5]-at[4]) {
				n.Step /= 10
			}
			if at[6] >= 0 {
				n.Step = value / 1e4
			}
			if m := unit.FindStringSubmatch(line[at[1]:]); m != nil {
				n.Unit = strings.ToLower(m[1])
			}
			all = append(all, n)
		}
	}
	return all
}

// Scales are the units in which a time may be printed, as parts of a second.
var Scales = []float64{1, 1e3, 1e6, 1e9}

// Time is the number as a time in seconds between two limits, in whatever unit, and
// the unit's scale; ok is false if it cannot be one. A whole number is no time in
// seconds.
func (n Number) Time(atLeast, atMost time.Duration) (seconds, scale float64, ok bool) {
	for _, scale := range Scales {
		if scale == 1 && n.Whole {
			continue
		}
		seconds := n.Value / scale
		slack := max(n.Step/scale, 0.002)
		if seconds >= atLeast.Seconds()-slack && seconds <= atMost.Seconds() {
			return seconds, scale, true
		}
	}
	return 0, 0, false
}

// Count is how many numbers a message has in digits.
func Count(message []byte) int { return len(digits.FindAll(message, -1)) }

// Sequence finds the number that grows by one from message to message, and with
// what it begins. ok is false if there is none.
func Sequence(messages [][]byte) (first int, ok bool) {
	for at := 0; ; at++ {
		var numbers []int
		for _, m := range messages {
			all := digits.FindAll(m, -1)
			if at >= len(all) {
				return 0, false
			}
			n, err := strconv.Atoi(string(all[at]))
			if err != nil {
				break
			}
			numbers = append(numbers, n)
		}
		const most = 1000 // a clock's seconds grow, too
		if len(numbers) == len(messages) && grows(numbers) && numbers[0] <= most {
			return numbers[0], true
		}
	}
}

// BinarySequence does so for messages in binary, where the number may be anywhere,
// of any usual size and byte order.
func BinarySequence(messages [][]byte) (first int, ok bool) {
	shortest := slices.MinFunc(messages, func(a, b []byte) int { return len(a) - len(b) })
	for at := range shortest {
		for _, read := range []struct {
			size int
			from func([]byte) int
		}{
			{8, func(b []byte) int { return int(binary.BigEndian.Uint64(b)) }},
			{8, func(b []byte) int { return int(binary.LittleEndian.Uint64(b)) }},
			{4, func(b []byte) int { return int(binary.BigEndian.Uint32(b)) }},
			{4, func(b []byte) int { return int(binary.LittleEndian.Uint32(b)) }},
			{2, func(b []byte) int { return int(binary.BigEndian.Uint16(b)) }},
			{2, func(b []byte) int { return int(binary.LittleEndian.Uint16(b)) }},
			{1, func(b []byte) int { return int(b[0]) }},
		} {
			if at+read.size > len(shortest) {
				continue
			}
			numbers := make([]int, len(messages))
			for i, m := range messages {
				numbers[i] = read.from(m[at:])
			}
			if grows(numbers) {
				return numbers[0], true
			}
		}
	}
	return 0, false
}

func grows(numbers []int) bool {
	for i, n := range numbers {
		if n != numbers[0]+i {
			return false
		}
	}
	return len(numbers) > 0
}
