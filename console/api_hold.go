package console

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/wirebook/wirebook/internet"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/filter"
	"github.com/wirebook/wirebook/wire/packet"
)

// holdRequest says what is to become of all that is held.
type holdRequest struct {
	Do     string `json:"do"`     // "begin", "end" or "step"
	Filter string `json:"filter"` // of begin: which frames; "": all
	Pace   int    `json:"pace"`   // of begin: milliseconds a frame; 0: they wait for a step
	Count  int    `json:"count"`  // of step
}

// maxPace is the slowest motion, in milliseconds.
const maxPace = 60_000

// hold begins to hold frames back, lets some go, or all.
func (p *Page) hold(w http.ResponseWriter, r *http.Request) {
	var q holdRequest
	if !read(w, r, &q) {
		return
	}
	switch q.Do {
	case "begin":
		done(w, r, p.beginHold(q))
	case "end":
		p.options.Hold.End()
		done(w, r, nil)
	case "step":
		p.options.Hold.Step(max(q.Count, 1))
		done(w, r, nil)
	default:
		fail(w, r, http.StatusBadRequest, fmt.Errorf("%q: write begin, step or end", q.Do))
	}
}

func (p *Page) beginHold(q holdRequest) error {
	chosen, err := p.filterOf(q.Filter)
	if err != nil {
		return err
	}
	if q.Pace < 0 || q.Pace > maxPace {
		return fmt.Errorf("a pace is from 0 to %d ms", maxPace)
	}
	o := internet.HoldOptions{Pace: time.Duration(q.Pace) * time.Millisecond}
	if q.Filter != "" {
		known := filter.Known{Ends: p.watcher.Ends}
		if p.options.Owners != nil {
			known.Owners = p.options.Owners()
		}
		o.Match = chosen.Frames(known)
	}
	p.options.Hold.Begin(o)
	return nil
}

// frameRequest says what is to become of one frame that waits.
type frameRequest struct {
	Do    string  `json:"do"`    // "release", "drop", "duplicate", "delay" or "edit"
	Delay float64 `json:"delay"` // in seconds, on the world's clock
	Data  string  `json:"data"`  // of edit: base64
	Mend  bool    `json:"mend"`  // of edit: lengths and checksums are made right
}

const maxDelay = 24 * 3600

// holdFrame does something to a frame that waits.
func (p *Page) holdFrame(w http.ResponseWriter, r *http.Request) {
	var q frameRequest
	if !read(w, r, &q) {
		return
	}
	hold, id := p.options.Hold, number(r.PathValue("id"))
	switch q.Do {
	case "release":
		done(w, r, hold.Release(id))
	case "drop":
		done(w, r, hold.Drop(id))
	case "duplicate":
		_, err := hold.Duplicate(id)
		done(w, r, err)
	case "delay":
		if !(q.Delay > 0 && q.Delay <= maxDelay) {
			fail(w, r, http.StatusBadRequest, errors.New("a delay is more than 0 seconds and at most a day"))
			return
		}
		done(w, r, hold.Delay(id, time.Duration(q.Delay*float64(time.Second))))
	case "edit":
		data, err := base64.StdEncoding.DecodeString(q.Data)
		if err != nil {
			fail(w, r, http.StatusBadRequest, err)
			return
		}
		done(w, r, p.edit(id, data, q.Mend))
	default:
		fail(w, r, http.StatusBadRequest, fmt.Errorf("%q: write release, drop, duplicate, delay or edit", q.Do))
	}
}

// edit gives a frame that waits other bytes. Where asterisks were shown for a password
// and are still there, it stays what it is.
func (p *Page) edit(id uint64, data []byte, mend bool) error {
	frames := p.options.Hold.Frames()
	for i := range frames {
		if f := &frames[i]; f.ID == id {
			return p.options.Hold.Edit(id, unveiled(data, p.veil(f, frames), f.Data), mend)
		}
	}
	return internet.ErrNotHeld
}

// heldLine is a frame that waits, in one line.
type heldLine struct {
	ID       uint64     `json:"id"`
	From     string     `json:"from"`
	To       string     `json:"to"`
	Protocol string     `json:"protocol"`
	Line     string     `json:"line"`
	Edited   bool       `json:"edited,omitempty"`
	Until    *time.Time `json:"until,omitempty"`
}

// maxHeld is how many of them are shown.
const maxHeld = 30

func (p *Page) heldLines() []heldLine {
	frames := p.options.Hold.Frames()
	var lines []heldLine
	for _, f := range frames[:min(len(frames), maxHeld)] {
		protocol, line := inWords(p.veil(&f, frames))
		h := heldLine{
			ID: f.ID, From: f.Link.Info().A.Name, To: p.target(f.Data), Protocol: protocol, Line: line, Edited: f.Edited,
		}
		if !f.Until.IsZero() {
			h.Until = &f.Until
		}
		lines = append(lines, h)
	}
	return lines
}

// held shows a frame that waits: its bytes, its layers.
func (p *Page) held(w http.ResponseWriter, r *http.Request) {
	if p.options.Hold == nil {
		fail(w, r, http.StatusNotFound, errNone)
		return
	}
	id := number(r.PathValue("id"))
	frames := p.options.Hold.Frames()
	for _, f := range frames {
		if f.ID == id {
			data := p.veil(&f, frames)
			protocol, line := inWords(data)
			reply(w, messageView{
				ID: id, Time: f.Since, From: end{Host: f.Link.Info().A.Name}, To: end{Host: p.target(f.Data)}, Protocol: protocol,
				Summary: line, Size: len(data), Views: []bytesView{{Packet: 1, Bytes: data, Fields: packet.Layers(data)}},
			})
			return
		}
	}
	fail(w, r, http.StatusNotFound, internet.ErrNotHeld)
}

// target is for whom a frame is: a host's name, or an address.
func (p *Page) target(data []byte) string {
	var read packet.Packet
	read.Decode(data)
	if !read.To.IsValid() {
		return read.Destination.String()
	}
	if p.options.NameOf != nil {
		if name := p.options.NameOf(read.To); name != "" {
			return name
		}
	}
	return read.To.String()
}

// inWords says what a frame is that nobody has seen yet: what a dissector makes of a
// datagram, the first line of a segment's text, else the packet.
func inWords(data []byte) (protocol, line string) {
	var read packet.Packet
	read.Decode(data)
	line = read.Summary(packet.Relative{})
	payload := read.Payload()
	switch {
	case read.Has(packet.UDP):
		for _, known := range wire.Protocols() {
			if !expects(known.UDP, &read) {
				continue
			}
			if name, summary := datagramInWords(known, &read); summary != "" {
				return name, summary
			}
		}
		return "UDP", line
	case read.Has(packet.TCP):
		if len(payload) > 0 {
			line = dissect.Text(firstLine(payload), 80) + " · " + line
		}
		return "TCP", line
	case read.Type == packet.TypeARP:
		return "ARP", line
	case read.Protocol == packet.ICMP || read.Protocol == packet.ICMPv6:
		return "ICMP", line
	}
	return "IP", line
}
