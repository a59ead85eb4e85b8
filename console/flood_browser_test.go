package console_test

import (
	"fmt"
	"regexp"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/wirebook/wirebook/frame"
)

// Two thousand messages a second: the network loses none, a click is answered meanwhile,
// and each message is on the page or among those that it says are not.
func TestFlood(t *testing.T) {
	const least = 14_000 // seven seconds of it; the page keeps ten thousand
	s := show(t)
	d := s.sender(t)
	b := chromium(t, 1280, 720, false)
	b.open(s.url)
	b.choose("udp and host bob")
	var enough atomic.Bool
	var flood sync.WaitGroup
	flood.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for !enough.Load() || d.sent < least {
			<-tick.C
			d.send(t, 20)
		}
	})
	stop := sync.OnceFunc(func() { enough.Store(true); flood.Wait() })
	defer stop()

	b.until(`document.querySelectorAll(".row").length > 10 && document.querySelector(".row").textContent.includes("number-")`)
	b.run(`document.querySelector(".row").click()`)
	b.until(`document.querySelector("#detail .summary")?.textContent.includes("number-")`)
	b.click("#tab-map")
	b.until(`document.querySelectorAll("#map .node").length >= 30`)
	b.click("#tab-ladder")
	b.until(`document.querySelector(".row") !== null`)
	b.click("#newest")
	stop()
	d.arrived(t)

	end := fmt.Sprintf("number-%d.", d.sent-1)
	b.until(fmt.Sprintf(`[...document.querySelectorAll(".row")].some((r) => r.textContent.includes(%q))`, end))
	deadline := time.Now().Add(patience)
	for { // the numbers come once a second
		counts := b.text(`document.getElementById("counts").textContent`)
		shown, missed, old := number(counts, `Messages: (\d+)`), number(counts, `too fast: (\d+)`), number(counts, `forgotten: (\d+)`)
		if shown <= 10_000 && shown+missed+old >= int(d.sent) {
			t.Logf("of %d the page says: %s", d.sent, counts)
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d were sent, and the page says: %s", d.sent, counts)
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.clean()
}

// number is what a pattern finds in a text, or 0.
func number(text, pattern string) int {
	found := regexp.MustCompile(pattern).FindStringSubmatch(text)
	if found == nil {
		return 0
	}
	n, _ := strconv.Atoi(found[1])
	return n
}

// What comes too fast to be understood is counted, and the page says how much it was.
func TestLeftOut(t *testing.T) {
	s := show(t)
	ring := frame.NewRing(100)
	remove := s.world.Internet.Tap(ring)
	s.say(t, "alice", "/plain.html")
	remove()
	some := make([]frame.Frame, 1)
	if _, err := ring.Read(t.Context(), some); err != nil {
		t.Fatal(err)
	}
	b := chromium(t, 390, 844, true)
	b.open(s.url)
	for range 20 { // far more than the ring holds, each time
		for range 1 << 18 {
			s.tap.See(some[0])
		}
		if number(b.text(`document.getElementById("counts").textContent`), `too fast: (\d+)`) > 0 {
			break
		}
	}
	b.until(`/left out, since they came too fast: [1-9]/.test(document.getElementById("counts").textContent)`)
	s.say(t, "bob", "/afterwards.html")
	b.until(`[...document.querySelectorAll(".row")].some((r) => r.textContent.includes("/afterwards.html"))`)
	b.inspect("left out")
	b.clean()
}
