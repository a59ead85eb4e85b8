package internet

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wirebook/wirebook/clock"
	"github.com/wirebook/wirebook/frame"
)

// waiting are the numbers of the frames that wait.
func (w *wire) waiting() []byte {
	var numbers []byte
	for _, f := range w.Hold().Frames() {
		numbers = append(numbers, f.Data[ethernetHeader])
	}
	return numbers
}

// id is the ID of the frame that waits and carries that number.
func (w *wire) id(t *testing.T, number byte) uint64 {
	t.Helper()
	for _, f := range w.Hold().Frames() {
		if f.Data[ethernetHeader] == number {
			return f.ID
		}
	}
	t.Fatalf("frame %d does not wait", number)
	return 0
}

func inItsOwnTime(t *testing.T, test func(*testing.T, *wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) { test(t, newWire(t, 1)) })
}

func TestFramesWaitAndGoOneByOne(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		hold := w.Hold()
		w.send(1)
		hold.Begin(HoldOptions{})
		w.send(2, 3, 4, 5)
		expect(t, "received", w.received(), []byte{1})
		expect(t, "waiting", w.waiting(), []byte{2, 3, 4, 5})
		expect(t, "shown to taps", len(w.fates()), 1)
		expect(t, "stepped", hold.Step(2), 2)
		expect(t, "received", w.received(), []byte{1, 2, 3})
		if err := hold.Release(w.id(t, 5)); err != nil {
			t.Error(err)
		}
		expect(t, "received", w.received(), []byte{1, 2, 3, 5})
		w.send(6)
		expect(t, "let go at the end", hold.End(), 2)
		w.send(7)
		expect(t, "received", w.received(), []byte{1, 2, 3, 5, 4, 6, 7})
		expect(t, "stepped when nothing waits", hold.Step(1), 0)
		expect(t, "state", hold.State(), HoldState{})
	})
}

func TestOnlySomeFramesWait(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		odd := func(f frame.Frame) bool {
			if f.Hop != 0 || f.From().Name != "a" || f.ID == 0 {
				t.Errorf("asked about %+v", f)
			}
			return f.Data[ethernetHeader]%2 == 1
		}
		w.Hold().Begin(HoldOptions{Match: odd})
		w.send(1, 2, 3, 4)
		expect(t, "received", w.received(), []byte{2, 4})
		expect(t, "waiting", w.waiting(), []byte{1, 3})
		w.Hold().Begin(HoldOptions{}) // now all; the others still wait
		w.send(6)
		expect(t, "waiting", w.waiting(), []byte{1, 3, 6})
	})
}

func TestHeldFramesAreChanged(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		hold := w.Hold()
		hold.Begin(HoldOptions{})
		w.send(1, 2, 3, 4)
		first, second := w.id(t, 1), w.id(t, 2)
		if err := hold.Edit(first, numbered(9), true); err != nil {
			t.Error(err)
		}
		if !hold.Frames()[0].Edited || hold.Frames()[1].Edited {
			t.Errorf("edited: %+v", hold.Frames())
		}
		if err := hold.Drop(second); err != nil {
			t.Error(err)
		}
		twin, err := hold.Duplicate(w.id(t, 3))
		if err != nil || twin == w.id(t, 3) {
			t.Errorf("the twin of %d is %d, %v", w.id(t, 3), twin, err)
		}
		expect(t, "waiting", w.waiting(), []byte{9, 3, 3, 4})
		if err := hold.Delay(w.id(t, 4), time.Second); err != nil {
			t.Error(err)
		}
		expect(t, "let go", hold.End(), 3)
		expect(t, "received", w.received(), []byte{9, 3, 3})
		expect(t, "still to come", w.waiting(), []byte{4})
		time.Sleep(time.Second)
		expect(t, "received", w.received(), []byte{9, 3, 3, 4})
		expect(t, "fates, the dropped one first", w.fates(), []frame.Fate{frame.Lost, frame.Changed, 0, 0, 0})
		for _, err := range []error{
			hold.Drop(first), hold.Release(second), hold.Delay(twin, 0), hold.Edit(12345, numbered(1), false),
		} {
			if !errors.Is(err, ErrNotHeld) {
				t.Errorf("of a frame that has gone: %v", err)
			}
		}
	})
}

func TestHoldRefusesNonsense(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		hold := w.Hold()
		hold.Begin(HoldOptions{})
		w.send(1)
		id := w.id(t, 1)
		for _, err := range []error{
			hold.Edit(id, make([]byte, 13), false),
			hold.Edit(id, make([]byte, 1<<17), true),
			hold.Delay(id, -time.Second),
		} {
			if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("frame %d: ", id)) {
				t.Errorf("refused with %v", err)
			}
		}
		if err := hold.Delay(id, time.Minute); err != nil {
			t.Error(err)
		}
		if _, err := hold.Duplicate(id); !errors.Is(err, ErrNotHeld) {
			t.Errorf("the twin of a frame that goes by itself: %v", err)
		}
	})
}

func TestSlowMotion(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		w.Hold().Begin(HoldOptions{Pace: time.Second})
		w.send(1, 2, 3)
		expect(t, "at once", len(w.received()), 0)
		for n := range 3 {
			time.Sleep(time.Second)
			expect(t, "received", len(w.received()), n+1)
		}
		time.Sleep(time.Minute)
		w.send(4)
		expect(t, "after a minute", len(w.received()), 3)
		time.Sleep(time.Second)
		expect(t, "and a second", len(w.received()), 4)
		w.send(5, 6)
		w.Hold().Begin(HoldOptions{}) // no longer by itself
		time.Sleep(time.Minute)
		expect(t, "received", len(w.received()), 4)
		w.Hold().Begin(HoldOptions{Pace: time.Second})
		time.Sleep(time.Second)
		expect(t, "received", w.received(), []byte{1, 2, 3, 4, 5})
	})
}

func TestWhatWaitsIsBounded(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		w.Hold().Begin(HoldOptions{})
		for range maxHeld + 3 {
			w.send(1)
		}
		expect(t, "state", w.Hold().State(), HoldState{Holding: true, Everything: true, Waiting: maxHeld, Overrun: 3})
		expect(t, "fates of those for which there was no room", w.fates(), slices.Repeat([]frame.Fate{frame.Overrun}, 3))
	})
}

func TestChangedIsClosed(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		for what, do := range map[string]func(){
			"begin": func() { w.Hold().Begin(HoldOptions{}) },
			"frame": func() { w.Hold().Begin(HoldOptions{}); w.send(1) },
			"step":  func() { w.Hold().Step(1) },
			"end":   func() { w.Hold().End() },
		} {
			changed := w.Hold().Changed()
			do()
			select {
			case <-changed:
			default:
				t.Errorf("%s: nobody was told", what)
			}
		}
	})
}

// However holding begins, ends and steps meanwhile: what one sender sends arrives
// once, and in its order.
func TestHoldingKeepsTheOrder(t *testing.T) {
	inItsOwnTime(t, func(t *testing.T, w *wire) {
		var meddling sync.WaitGroup
		sent := make(chan struct{})
		for _, meddle := range []func(){
			func() { w.Hold().Begin(HoldOptions{}) },
			func() { w.Hold().Step(3) },
			func() { w.Hold().End() },
			func() { w.Hold().Begin(HoldOptions{Pace: time.Nanosecond}) },
		} {
			meddling.Go(func() {
				for {
					select {
					case <-sent:
						return
					default:
						meddle()
						runtime.Gosched()
					}
				}
			})
		}
		const count = 3000
		for n := range count {
			w.send(byte(n))
		}
		close(sent)
		meddling.Wait()
		w.Hold().End()
		got := w.received()
		if len(got) != count {
			t.Errorf("%d of %d arrived", len(got), count)
		}
		for i, n := range got {
			if n != byte(i) {
				t.Fatalf("number %d arrived as number %d", n, byte(i))
			}
		}
	})
}

// The clock stands: as long as a frame waits, and if everything waits for a step,
// always.
func TestTheClockStandsWhileFramesWait(t *testing.T) {
	c := clock.NewMovable()
	l := newLAN(t, Config{Clock: c})
	p, err := l.sw.Attach("a", frame.Node{Name: "a"}, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	hold := l.Hold()
	none := func(frame.Frame) bool { return false }
	all := func(frame.Frame) bool { return true }
	for _, test := range []struct {
		name           string
		o              HoldOptions
		empty, waiting bool
	}{
		{"everything", HoldOptions{}, true, true},
		{"slow motion", HoldOptions{Pace: time.Hour}, false, true},
		{"some", HoldOptions{Match: all}, false, true},
		{"others", HoldOptions{Match: none}, false, false},
		{"the clock runs", HoldOptions{ClockRuns: true}, false, false},
	} {
		hold.Begin(test.o)
		expect(t, test.name+", nothing waits", hold.State().Frozen, test.empty)
		p.Send(numbered(1))
		expect(t, test.name+", something waits", hold.State().Frozen, test.waiting)
		hold.End()
		expect(t, test.name+", ended", hold.State().Frozen, false)
	}
	hold.Begin(HoldOptions{})
	l.Close()
	if c.Frozen() {
		t.Error("the clock stands for a network that is gone")
	}
}

// A connection is opened and closed a segment at a time, and netstat shows each
// state of RFC 9293 on the way (figure 5).
func TestSteppingThroughTheStatesOfTCP(t *testing.T) {
	l, alice, bob, _ := pair(t)
	mustPing(t, alice, "10.0.0.2") // now they know each other's Ethernet addresses
	ln := listen(t, bob, "tcp", ":80")
	defer ln.Close()
	hold := l.Hold()
	hold.Begin(HoldOptions{})
	defer hold.End()

	states := func(when, ofAlice, ofBob string) {
		t.Helper()
		is := func(h *Host) string {
			for _, s := range h.Sockets() {
				if s.Remote.IsValid() {
					return s.State
				}
			}
			return "-"
		}
		within(t, fmt.Sprintf("%s: alice %s, bob %s", when, ofAlice, ofBob), func() bool {
			return is(alice) == ofAlice && is(bob) == ofBob
		})
	}
	step := func(segment, ofAlice, ofBob string) {
		t.Helper()
		within(t, segment+" waits", func() bool { return hold.State().Waiting == 1 })
		hold.Step(1)
		states(segment, ofAlice, ofBob)
	}
	dialed := make(chan error, 1)
	accepted := make(chan error, 1)
	go func() {
		conn, err := alice.DialContext(soon(t), "tcp", "10.0.0.2:80")
		dialed <- err
		if err == nil {
			conn.Close()
		}
	}()
	states("before the SYN", "SYN-SENT", "-")
	step("SYN", "SYN-SENT", "SYN-RECEIVED")
	go func() {
		conn, err := ln.Accept()
		if err == nil {
			_, err = conn.Read(make([]byte, 1)) // the end
			conn.Close()
		}
		accepted <- err
	}()
	// alice has said that she is done by now: the ACK of the handshake waits, and her FIN.
	within(t, "SYN ACK waits", func() bool { return hold.State().Waiting == 1 })
	hold.Step(1)
	within(t, "ACK and FIN wait", func() bool { return hold.State().Waiting == 2 })
	states("SYN ACK", "FIN-WAIT-1", "SYN-RECEIVED")
	hold.Step(1)
	states("ACK", "FIN-WAIT-1", "ESTABLISHED")
	hold.Step(1)
	within(t, "the answers to FIN wait", func() bool { return hold.State().Waiting > 0 })
	for hold.State().Waiting > 0 {
		hold.Step(1)
		l.Settle()
	}
	states("at the end", "TIME-WAIT", "-")
	if err := <-dialed; err != nil {
		t.Error(err)
	}
	<-accepted
}

// What one frame costs from port to port, while nobody holds anything.
func BenchmarkFrame(b *testing.B) {
	in := New(Config{Clock: clock.NewMovable()})
	defer in.Close()
	sw, err := in.AddSwitch("switch")
	if err != nil {
		b.Fatal(err)
	}
	from, err := sw.Attach("a", frame.Node{Name: "a"}, func([]byte) {})
	if err != nil {
		b.Fatal(err)
	}
	if _, err := sw.Attach("b", frame.Node{Name: "b"}, func([]byte) {}); err != nil {
		b.Fatal(err)
	}
	data := numbered(1)
	for b.Loop() {
		from.Send(data)
	}
}
