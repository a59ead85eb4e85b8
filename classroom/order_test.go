package classroom

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/internet"
)

func parse(t *testing.T, text string) internet.Faults {
	t.Helper()
	f, err := internet.ParseFaults(text)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// An answer is as long as it is: it comes in parts.
func TestLongAnswer(t *testing.T) {
	var os orders
	long := strings.Repeat("wire", maxPart)
	send := func(v any) error {
		o := v.(message).Order
		parts := 0
		err := reply(func(v any) error {
			parts++
			text, err := json.Marshal(v)
			if err != nil || len(text) > 2*maxPart {
				t.Errorf("a part of %d bytes, %v", len(text), err)
			}
			os.hear(*v.(message).Answer)
			return nil
		}, o.ID, long, nil)
		if parts < 4 {
			t.Errorf("%d parts", parts)
		}
		return err
	}
	body, err := os.give(t.Context(), order{Do: doTell}, send)
	var got string
	if err != nil || json.Unmarshal(body, &got) != nil || got != long {
		t.Errorf("%d bytes, %v", len(body), err)
	}
}

// Whoever waits for an answer need not wait for one that cannot come, nor keep one
// without an end.
func TestAnswersThatDoNotCome(t *testing.T) {
	var os orders
	refused := func(v any) error {
		return reply(func(v any) error { os.hear(*v.(message).Answer); return nil }, v.(message).Order.ID, nil, errors.New("no such server"))
	}
	if _, err := os.give(t.Context(), order{}, refused); err == nil || err.Error() != "no such server" {
		t.Error(err)
	}
	endless := func(v any) error {
		for range maxAnswer/maxPart + 2 {
			os.hear(answer{ID: v.(message).Order.ID, Part: make([]byte, maxPart), More: true})
		}
		return nil
	}
	if _, err := os.give(t.Context(), order{}, endless); err == nil {
		t.Error("an answer without an end")
	}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := os.give(ctx, order{}, func(any) error { cancel(); return nil }); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if _, err := os.give(t.Context(), order{}, func(any) error { os.end(); return nil }); !errors.Is(err, errLeft) {
		t.Error(err)
	}
	if _, err := os.give(t.Context(), order{}, nil); !errors.Is(err, errLeft) {
		t.Error(err)
	}
	os.hear(answer{ID: 99}) // of nobody's order
}

// Switches that come back count from the beginning; who watches does not notice.
func TestFeed(t *testing.T) {
	var f Feed
	var got []frame.Frame
	defer f.Tap(tap(func(one frame.Frame) { got = append(got, one) }))()
	host := frame.Node{Name: "www", Kind: frame.Host}
	lan := frame.Node{Name: "lan", Kind: frame.Switch}
	f.Begin()
	f.See(frame.Frame{ID: 1, Link: &frame.Link{Index: 7, Name: "www", A: host, B: lan}})
	f.See(frame.Frame{ID: 2, Link: &frame.Link{Index: 3, Name: "ns", A: frame.Node{Name: "ns"}, B: lan}})
	f.Begin()
	f.See(frame.Frame{ID: 1, Link: &frame.Link{Index: 0, Name: "www", A: host, B: lan}})
	f.See(frame.Frame{ID: 0, Link: &frame.Link{Index: 0, Name: "www", A: host, B: lan}})
	for i, want := range []struct {
		id   uint64
		link int
	}{{1, 0}, {2, 1}, {3, 0}, {0, 0}} {
		if got[i].ID != want.id || got[i].Link.Index != want.link {
			t.Errorf("frame %d is packet %d on link %d, want %+v", i, got[i].ID, got[i].Link.Index, want)
		}
	}
	if got[0].Link != got[2].Link {
		t.Error("a cable became another")
	}
}

type tap func(frame.Frame)

func (t tap) See(f frame.Frame) { t(f) }
