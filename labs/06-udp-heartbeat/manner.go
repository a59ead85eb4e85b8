package udpheartbeat

import (
	"encoding/binary"
	"fmt"
	"math"
	"regexp"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// format writes a heartbeat.
type format struct {
	name  string
	write func(n int, at time.Time) []byte
}

func text(form string, stamp func(time.Time) any) format {
	return format{form, func(n int, at time.Time) []byte { return fmt.Appendf(nil, form, n, stamp(at)) }}
}

func inSeconds(at time.Time) any {
	return fmt.Sprintf("%.6f", float64(at.UnixMicro())/1e6)
}

func inMillis(at time.Time) any { return at.UnixMilli() }
func inNanos(at time.Time) any  { return at.UnixNano() }
func asDate(at time.Time) any   { return at.Format("2006-01-02 15:04:05.000000") }

// inJSON has the names that people choose.
const inJSON = `{"type": "heartbeat", "seq": %[1]d, "seq_num": %[1]d, "seqNum": %[1]d, "sequence": %[1]d, "sequence_number": %[1]d, "id": %[1]d, ` +
	`"timestamp": %[2]v, "time": %[2]v, "ts": %[2]v, "send_time": %[2]v, "sendTime": %[2]v}`

// formats are those that people choose, likely ones first. The handout has the
// first.
var formats = []format{
	text("Heartbeat %d %s", inSeconds),
	text("%d %s", inSeconds),
	text("%d,%s", inSeconds),
	text("Heartbeat %d %d", inMillis),
	text("%d %d", inMillis),
	text("%d,%d", inMillis),
	text(inJSON, inSeconds),
	text(inJSON, inMillis),
	text("Heartbeat,%d,%s", inSeconds),
	text("Ping %d %s", inSeconds),
	text("%d:%s", inSeconds),
	text("%d|%s", inSeconds),
	text("Heartbeat:%d:%s", inSeconds),
	text("HEARTBEAT|%d|%s", inSeconds),
	text("%d;%s", inSeconds),
	text("%d#%s", inSeconds),
	text("Heartbeat seq=%d time=%s", inSeconds),
	text("%[2]s %[1]d", inSeconds),
	text("%[2]s,%[1]d", inSeconds),
	text("%d:%d", inMillis),
	text("Heartbeat %d %d", inNanos),
	text("%d %d", inNanos),
	text("%d,%d", inNanos),
	text("Heartbeat %d %s", asDate),
	text("%d,%s", asDate),
	{"!Id", func(n int, at time.Time) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(n)), double(at)...)
	}},
	{"!Qd", func(n int, at time.Time) []byte {
		return append(binary.BigEndian.AppendUint64(nil, uint64(n)), double(at)...)
	}},
}

// double is the time as a double-precision number in seconds.
func double(at time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, math.Float64bits(float64(at.UnixMicro())/1e6))
}

func manners() (all []string) {
	for i := range formats {
		all = append(all, fmt.Sprint(i))
	}
	return all
}

func formatOf(t *check.T) format {
	for i, f := range formats {
		if fmt.Sprint(i) == t.Manner() {
			return f
		}
	}
	return formats[0]
}

// complaint is what a server says of a message that it does not understand.
var complaint = regexp.MustCompile(`(?i)error|invalid|malformed|unknown|bad |cannot|can't|could not|fail|wrong format|\bnan\b|undefined|错误|无效|格式|无法`)

// try passes if a server understands the format: it goes on, and prints something
// for each of two heartbeats that is no complaint. Surely it does if one is the time that
// they took: who awaits milliseconds finds out something from seconds, too. A client
// chooses its own.
func try(t *check.T) {
	if t.Kind() != check.Server {
		return
	}
	m := newMonitor(t)
	differs := 0
	for range 2 {
		said := m.beat()
		differs += differences(said)
		t.Expect(said != "" && !m.p.Crashed() && !complaint.MatchString(said), check.Mistake{Name: "not-understood"})
	}
	if differs == 0 {
		t.Unsure()
	}
}
