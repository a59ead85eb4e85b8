package internet

import (
	"bytes"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// wire is a switch with two ports, a and b, that tests put frames into, and
// what was seen and received. There is no protocol stack in it, so its tests
// run in the time of testing/synctest, to the nanosecond.
type wire struct {
	*Internet
	a, b *Port

	mu   sync.Mutex
	seen []frame.Frame // on a's link, from a
	got  [][]byte      // at b
}

func newWire(t *testing.T, seed uint64) *wire {
	w := &wire{Internet: New(Config{Seed: seed})}
	t.Cleanup(w.Close)
	sw, err := w.AddSwitch("switch")
	if err != nil {
		t.Fatal(err)
	}
	w.a, err = sw.Attach("a", frame.Node{Name: "a"}, func([]byte) {})
	if err != nil {
		t.Fatal(err)
	}
	w.b, err = sw.Attach("b", frame.Node{Name: "b"}, w.receive)
	if err != nil {
		t.Fatal(err)
	}
	w.Tap(w)
	return w
}

func (w *wire) See(f frame.Frame) {
	if f.Link.Name == "a" && !f.FromB {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.seen = append(w.seen, f)
	}
}

func (w *wire) receive(data []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, data)
}

// send sends a frame for each number, which it carries as its data.
func (w *wire) send(numbers ...byte) {
	for _, n := range numbers {
		w.a.Send(numbered(n))
	}
}

func numbered(n byte) []byte {
	return slices.Concat([]byte{2, 0, 0, 0, 0, 0xb, 2, 0, 0, 0, 0, 0xa, 0x88, 0xb5}, bytes.Repeat([]byte{n}, 86))
}

// received are the numbers of the frames that reached b.
func (w *wire) received() []byte {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	var numbers []byte
	for _, data := range w.got {
		numbers = append(numbers, data[ethernetHeader])
	}
	return numbers
}

func (w *wire) fates() []frame.Fate {
	w.mu.Lock()
	defer w.mu.Unlock()
	var fates []frame.Fate
	for _, f := range w.seen {
		fates = append(fates, f.Fate)
	}
	return fates
}

func (w *wire) faults(t *testing.T, text string) {
	t.Helper()
	f, err := ParseFaults(text)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Link("a").SetFaults(FromA, f); err != nil {
		t.Fatal(err)
	}
	if got := w.Link("a").Faults(FromA).String(); got != f.String() {
		t.Errorf("faults are %q after they were set to %q", got, f)
	}
}

func expect[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if g, w := fmt.Sprint(got), fmt.Sprint(want); g != w {
		t.Errorf("%s: got %s, want %s", what, g, w)
	}
}

func TestScriptedLoss(t *testing.T) { synctest.Test(t, testScriptedLoss) }

func testScriptedLoss(t *testing.T) {
	w := newWire(t, 1)
	w.faults(t, "drop=2+4")
	w.send(1, 2, 3, 4, 5)
	expect(t, "received", w.received(), []byte{1, 3, 5})
	expect(t, "fates", w.fates(), []frame.Fate{0, frame.Lost, 0, frame.Lost, 0})
}

func TestUnplug(t *testing.T) { synctest.Test(t, testUnplug) }

func testUnplug(t *testing.T) {
	w := newWire(t, 1)
	w.Link("a").Unplug()
	w.send(1)
	w.Link("a").Plug()
	w.send(2)
	w.faults(t, "down")
	w.send(3)
	w.faults(t, "")
	w.send(4)
	expect(t, "received", w.received(), []byte{2, 4})
	expect(t, "fates", w.fates(), []frame.Fate{frame.Lost, 0, frame.Lost, 0})
}

func TestSameSeedSameFate(t *testing.T) { synctest.Test(t, testSameSeedSameFate) }

func testSameSeedSameFate(t *testing.T) {
	const faults = "loss=0.3,dup=0.2,corrupt=0.2,reorder=0.2"
	run := func(seed uint64) []frame.Fate {
		w := newWire(t, seed)
		w.faults(t, faults)
		for n := range 200 {
			w.send(byte(n))
		}
		return w.fates()
	}
	first, again, other := run(1), run(1), run(2)
	if !slices.Equal(first, again) {
		t.Error("the same seed gave another run")
	}
	if slices.Equal(first, other) {
		t.Error("another seed gave the same run")
	}
	count := make(map[frame.Fate]int)
	for _, f := range first {
		for _, flag := range []frame.Fate{frame.Lost, frame.Doubled, frame.Changed, frame.Reordered} {
			if f&flag != 0 {
				count[flag]++
			}
		}
	}
	if lost := count[frame.Lost]; lost < 40 || lost > 80 {
		t.Errorf("%d of 200 frames lost with loss=0.3", lost)
	}
	for flag, n := range count {
		if n == 0 {
			t.Errorf("no frame met fate %b", flag)
		}
	}
}

func TestDuplicate(t *testing.T) { synctest.Test(t, testDuplicate) }

func testDuplicate(t *testing.T) {
	w := newWire(t, 1)
	w.faults(t, "dup=1")
	w.send(1, 2)
	expect(t, "received", w.received(), []byte{1, 1, 2, 2})
	w.faults(t, "dup=1,delay=1s")
	w.send(3)
	time.Sleep(2 * time.Second)
	expect(t, "received", w.received(), []byte{1, 1, 2, 2, 3, 3})
	expect(t, "fates", w.fates(), []frame.Fate{frame.Doubled, frame.Doubled, frame.Doubled})
}

func TestCorrupt(t *testing.T) { synctest.Test(t, testCorrupt) }

func testCorrupt(t *testing.T) {
	w := newWire(t, 1)
	w.faults(t, "corrupt=1")
	sent := numbered(1)
	w.a.Send(sent)
	w.received()
	if len(w.got) != 1 || len(w.got[0]) != len(sent) {
		t.Fatalf("got %x", w.got)
	}
	flipped := 0
	for i, b := range w.got[0] {
		for d := b ^ sent[i]; d != 0; d &= d - 1 {
			flipped++
			if i < ethernetHeader {
				t.Error("the Ethernet header was changed")
			}
		}
	}
	expect(t, "flipped bits", flipped, 1)
	expect(t, "fates", w.fates(), []frame.Fate{frame.Changed})
	if !bytes.Equal(w.seen[0].Data, w.got[0]) {
		t.Error("the tap did not see what arrived")
	}
}

func TestReorder(t *testing.T) { synctest.Test(t, testReorder) }

func testReorder(t *testing.T) {
	w := newWire(t, 3)
	w.faults(t, "reorder=0.5,delay=1s")
	w.send(1, 2, 3, 4, 5, 6)
	time.Sleep(2 * time.Second)
	var early, late []byte
	for i, f := range w.fates() {
		if f&frame.Reordered != 0 {
			late = append(late, byte(i+1))
		} else {
			early = append(early, byte(i+1))
		}
	}
	if len(early) == 0 || len(late) == 0 {
		t.Fatalf("seed 3 reorders none or all: %v, %v", early, late)
	}
	expect(t, "received", w.received(), append(early, late...))
}

func TestDelayAndJitter(t *testing.T) { synctest.Test(t, testDelayAndJitter) }

func testDelayAndJitter(t *testing.T) {
	w := newWire(t, 1)
	w.faults(t, "delay=100ms,jitter=50ms")
	w.send(1, 2, 3, 4, 5, 6, 7, 8)
	if early := w.received(); len(early) > 0 {
		t.Errorf("%v arrived without delay", early)
	}
	time.Sleep(200 * time.Millisecond)
	expect(t, "received", w.received(), []byte{1, 2, 3, 4, 5, 6, 7, 8})
	for i, f := range w.seen {
		if f.Delay < 100*time.Millisecond || f.Delay > 150*time.Millisecond {
			t.Errorf("frame %d was held for %v", i+1, f.Delay)
		}
	}
}

// A frame of 100 bytes takes 100 ms at 8 kbit/s: the book's L/R.
func TestRateAndQueue(t *testing.T) { synctest.Test(t, testRateAndQueue) }

func testRateAndQueue(t *testing.T) {
	w := newWire(t, 1)
	w.faults(t, "rate=8kbit,queue=2")
	w.send(1, 2, 3, 4) // one is sent, two wait, the fourth finds the queue full
	time.Sleep(time.Second)
	w.send(5)
	time.Sleep(time.Second)
	expect(t, "received", w.received(), []byte{1, 2, 3, 5})
	expect(t, "fates", w.fates(), []frame.Fate{0, 0, 0, frame.Overrun, 0})
	for i, want := range []time.Duration{100, 200, 300, 0, 100} {
		want *= time.Millisecond
		if got := w.seen[i].Delay; got != want {
			t.Errorf("frame %d took %v, want %v", i+1, got, want)
		}
	}
}

func TestFaultsTakenAwayLetFramesArrive(t *testing.T) {
	synctest.Test(t, testFaultsTakenAwayLetFramesArrive)
}

func testFaultsTakenAwayLetFramesArrive(t *testing.T) {
	w := newWire(t, 1)
	w.faults(t, "delay=1s")
	w.send(1)
	w.faults(t, "")
	w.send(2)
	time.Sleep(2 * time.Second)
	expect(t, "received", w.received(), []byte{2, 1})
}

func TestSetFaultsRefusesNonsense(t *testing.T) { synctest.Test(t, testSetFaultsRefusesNonsense) }

func testSetFaultsRefusesNonsense(t *testing.T) {
	w := newWire(t, 1)
	if err := w.Link("a").SetFaults(Both, Faults{Loss: 2}); err == nil {
		t.Error("a loss of 2 was taken")
	}
}

func TestBothDirectionsHaveFaultsOfTheirOwn(t *testing.T) {
	synctest.Test(t, testBothDirectionsHaveFaultsOfTheirOwn)
}

func testBothDirectionsHaveFaultsOfTheirOwn(t *testing.T) {
	w := newWire(t, 1)
	link := w.Link("b")
	if err := link.SetFaults(FromB, Faults{Down: true}); err != nil {
		t.Fatal(err)
	}
	w.send(1)
	expect(t, "received", w.received(), []byte(nil))
	expect(t, "from A", link.Faults(FromA), Faults{})
	expect(t, "from B", link.Faults(FromB), Faults{Down: true})
}

func TestClosedPortAndLinkNames(t *testing.T) { synctest.Test(t, testClosedPortAndLinkNames) }

func testClosedPortAndLinkNames(t *testing.T) {
	w := newWire(t, 1)
	var names []string
	for _, l := range w.Links() {
		names = append(names, fmt.Sprint(l.Info().Index, l.Name(), l.Info().B.Name))
	}
	expect(t, "links", names, []string{"0aswitch", "1bswitch"})
	sw := w.nodes["switch"].(*Switch)
	if _, err := sw.Attach("b", frame.Node{Name: "c"}, nil); err == nil {
		t.Error("a second link b")
	}
	w.b.Close()
	w.b.Close()
	w.b.Send(numbered(1))
	w.send(1)
	expect(t, "received", w.received(), []byte(nil))
	b, err := sw.Attach("b", frame.Node{Name: "b"}, w.receive)
	if err != nil {
		t.Fatal(err)
	}
	expect(t, "index of the new link", b.Link().Info().Index, 2)
	w.send(2)
	expect(t, "received", w.received(), []byte{2})
}

func TestFramesKeepTheirIDFromLinkToLink(t *testing.T) {
	synctest.Test(t, testFramesKeepTheirIDFromLinkToLink)
}

func testFramesKeepTheirIDFromLinkToLink(t *testing.T) {
	w := newWire(t, 1)
	var mu sync.Mutex
	var seen []frame.Frame
	remove := w.Tap(tapFunc(func(f frame.Frame) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, f)
	}))
	w.send(1)
	remove()
	w.send(2)
	w.received()
	if len(seen) != 2 || seen[0].ID != seen[1].ID || seen[0].Hop != 0 || seen[1].Hop != 1 {
		t.Fatalf("seen: %+v", seen)
	}
	expect(t, "first from", seen[0].From().Name, "a")
	expect(t, "then from", seen[1].From().Name, "switch")
	expect(t, "then to", seen[1].To().Name, "b")
}

type tapFunc func(frame.Frame)

func (f tapFunc) See(seen frame.Frame) { f(seen) }
