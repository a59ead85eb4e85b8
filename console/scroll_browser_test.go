package console_test

import (
	"context"
	"fmt"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// sender sends datagrams from alice to bob, who counts them.
type sender struct {
	conn     net.Conn
	sent     uint64
	received atomic.Uint64
}

// window is how many may be on their way: a receiver that gets no processor, since this
// machine has much else to do, loses none.
const window = 64

func (s *shown) sender(t *testing.T) *sender {
	t.Helper()
	l, err := s.world.Host("bob").ListenPacket(t.Context(), "udp", ":9999")
	if err != nil {
		t.Fatal(err)
	}
	conn, err := s.world.Host("alice").DialContext(t.Context(), "udp", "192.0.2.12:9999")
	if err != nil {
		t.Fatal(err)
	}
	d := &sender{conn: conn}
	done := make(chan struct{})
	go func() {
		defer close(done)
		buffer := make([]byte, 100)
		for {
			if _, _, err := l.ReadFrom(buffer); err != nil {
				return
			}
			d.received.Add(1)
		}
	}()
	t.Cleanup(func() { conn.Close(); l.Close(); <-done })
	return d
}

// send sends that many more, each with its number.
func (d *sender) send(t *testing.T, count int) {
	t.Helper()
	for range count {
		if _, err := fmt.Fprintf(d.conn, "number-%d.", d.sent); err != nil {
			t.Error(err)
			return
		}
		d.sent++
		// The first one waits for ARP, and others would overtake it.
		if (d.sent == 1 || d.sent%window == 0) && !d.arrived(t) {
			return
		}
	}
}

// arrived waits until bob has all that was sent.
func (d *sender) arrived(t *testing.T) bool {
	t.Helper()
	for deadline := time.Now().Add(patience); d.received.Load() < d.sent; time.Sleep(100 * time.Microsecond) {
		if time.Now().After(deadline) {
			t.Errorf("the network has lost %d of %d messages", d.sent-d.received.Load(), d.sent)
			return false
		}
	}
	return true
}

// choose writes a filter that makes sense.
func (b *browser) choose(filter string) {
	b.t.Helper()
	b.run(fmt.Sprintf(`(document.getElementById("filter").value = %q, document.getElementById("filter").form.requestSubmit())`, filter))
	b.until(fmt.Sprintf(`new URL(document.getElementById("capture").href).searchParams.get("filter") === %q`, filter))
}

// rightRows is true if there is a row at each place in sight, that of the message with
// its place's number, and few that are not in sight.
const rightRows = `(() => {
	const canvas = document.getElementById("canvas"), scroll = document.getElementById("scroll");
	const rows = [...document.querySelectorAll(".row")];
	const inSight = Math.ceil(scroll.clientHeight / rows[0]?.offsetHeight);
	if (!rows.length || rows.length > inSight + 20) return false;
	const height = rows[0].offsetHeight, top = scroll.getBoundingClientRect().top + document.getElementById("hosts").offsetHeight;
	const last = Math.min(scroll.getBoundingClientRect().bottom, canvas.getBoundingClientRect().bottom);
	for (let y = top + 1; y < last; y += height / 2) {
		const place = Math.floor((y - canvas.getBoundingClientRect().top) / height);
		const row = rows.find((r) => Number(r.getAttribute("aria-posinset")) === place + 1);
		if (!row || Math.abs(row.getBoundingClientRect().top - canvas.getBoundingClientRect().top - place * height) > 1) return false;
		if (!row.textContent.includes("number-" + place + ".")) return false;
	}
	return true;
})()`

// seen is true if that message is in sight.
func seen(number int) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".row")].some((r) => r.textContent.includes("number-%d.") &&
		r.getBoundingClientRect().top < document.getElementById("scroll").getBoundingClientRect().bottom &&
		r.getBoundingClientRect().bottom > document.getElementById("hosts").getBoundingClientRect().bottom)`, number)
}

// above is true if all in sight is older than that message.
func above(number int) string {
	return fmt.Sprintf(`[...document.querySelectorAll(".row")].every((r) => r.getAttribute("aria-posinset") < %d)`, number)
}

// standing waits until nothing moves any more: a wheel's turn is followed smoothly.
const standing = `new Promise((done) => {
	const scroll = document.getElementById("scroll");
	let last = -1, same = 0;
	const look = () => {
		same = scroll.scrollTop === last ? same + 1 : 0;
		last = scroll.scrollTop;
		if (same > 20) done(); else requestAnimationFrame(look);
	};
	look();
})`

// wheel turns the mouse's wheel over the ladder, until the ladder is where it leads to.
func (b *browser) wheel(pixels int, until string) {
	b.t.Helper()
	b.do(input.DispatchMouseEvent(input.MouseWheel, 600, 400).WithDeltaX(0).WithDeltaY(float64(pixels)))
	b.until(until)
	b.evaluate(standing, nil)
	b.until(rightRows)
}

// scrolling is the browser's work, in processor time, of scrolling over 60 pages.
func (b *browser) scrolling() float64 {
	b.t.Helper()
	before := b.work()
	b.evaluate(`(async () => {
		const scroll = document.getElementById("scroll");
		const to = scroll.scrollHeight - scroll.clientHeight;
		for (let i = 0; i < 60; i++) {
			scroll.scrollTop = (i * 400) % to;
			await new Promise((f) => requestAnimationFrame(() => requestAnimationFrame(f)));
		}
	})()`, nil)
	return b.work() - before
}

// work is how long the page's thread has worked, in seconds of the processor.
func (b *browser) work() (seconds float64) {
	b.t.Helper()
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		metrics, err := performance.GetMetrics().Do(ctx)
		for _, m := range metrics {
			if m.Name == "TaskDuration" {
				seconds = m.Value
			}
		}
		return err
	}))
	return seconds
}

// Ten thousand messages: only what is in sight is drawn, and scrolling is not more work
// than with a hundred.
func TestTenThousandMessages(t *testing.T) {
	s := show(t)
	d := s.sender(t)
	b := chromium(t, 1280, 720, false)
	b.do(chromedp.ActionFunc(func(ctx context.Context) error {
		return cdp.Execute(ctx, "Performance.enable", map[string]string{"timeDomain": "threadTicks"}, nil)
	}))
	b.open(s.url)
	b.choose(`"number"`)
	d.send(t, 100)
	b.until(`document.getElementById("counts").textContent.split(" · ")[0] === "Messages: 100"`)
	few := b.scrolling()
	for d.sent < 10_000 { // no faster than the page is told: none shall be left out here
		d.send(t, min(5000, 10_000-int(d.sent)))
		b.until(fmt.Sprintf(`document.getElementById("counts").textContent.split(" · ")[0] === "Messages: %d"`, d.sent))
	}
	for attempt := 1; ; attempt++ {
		many := b.scrolling()
		t.Logf("to scroll over 60 pages takes %.0f ms with 100 messages, %.0f ms with 10,000", few*1e3, many*1e3)
		if many < 3*few {
			break
		}
		if attempt == 5 {
			t.Errorf("to scroll over 10,000 messages takes %.1f × as much as over 100", many/few)
			break
		}
	}

	b.key("g")
	b.press(kb.End)
	b.until(seen(9999) + " && " + rightRows)
	b.press(kb.PageUp + kb.PageUp)
	b.until("!" + seen(9999) + " && " + rightRows)
	b.wheel(-200_000, "!"+seen(9900))
	b.run(`document.getElementById("scroll").scrollTop = document.getElementById("scroll").scrollHeight / 2`)
	b.until(seen(5000) + " && " + rightRows)
	b.wheel(10*720, "!"+seen(5000))
	b.wheel(-40*720, above(4900))
	b.press(kb.Home)
	b.until(seen(0) + " && " + rightRows)
	b.press(kb.PageDown + kb.PageDown)
	b.until("!" + seen(0) + " && " + rightRows)
	b.press(kb.Enter)
	b.until(`!document.getElementById("detail").hidden`)
	b.click("#newest")
	b.until(seen(9999) + " && " + rightRows)
	b.clean()
}
