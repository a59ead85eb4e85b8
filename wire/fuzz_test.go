package wire_test

import (
	"io"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire"
	"github.com/wirebook/wirebook/wire/internal/forge"
	"github.com/wirebook/wirebook/wire/packet"
)

// everything is frames of all sorts.
func everything() []frame.Frame {
	n := new(forge.Network)
	query := new(dns.Msg).SetQuestion("www.example.com.", dns.TypeA)
	reply := new(dns.Msg).SetReply(query)
	for _, record := range []string{"www.example.com. 60 A 192.0.2.1", "example.com. 60 MX 10 mail.example.com.", "example.com. 1 SOA a. b. 1 2 3 4 5"} {
		rr, _ := dns.NewRR(record)
		reply.Answer = append(reply.Answer, rr)
	}
	reply.SetEdns0(1232, true)
	c, frames := n.Dial(alice, bob, 40000, 80)
	frames = append(frames, c.Say(0, "GET /index.html HTTP/1.1\r\nHost: bob\r\nUser-Agent: x\r\n\r\nPOST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nT: 1\r\n\r\n")...)
	frames = append(frames, c.Say(1, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhelloHTTP/1.1 304 Not Modified\r\nETag: x\r\n\r\n")...)
	frames = append(frames, n.UDP(alice, bob, 40000, 53, packed(query)), n.UDP(bob, alice, 53, 40000, packed(reply)))
	frames = append(frames, n.UDP(alice, bob, 40000, 12000, []byte("Ping 1")))
	return append(frames, c.Close(0)...)
}

// Every key of a field, or what it is one of, has an entry in both languages.
func TestEveryFieldIsExplained(t *testing.T) {
	frames := everything()
	messages, _ := observe(t, wire.Options{Packets: true}, frames...)
	var trees [][]wire.Field
	for _, m := range messages {
		trees = append(trees, m.Fields())
	}
	for _, f := range frames {
		trees = append(trees, packet.Layers(f.Data))
	}
	seen := make(map[string]bool)
	var walk func([]wire.Field)
	walk = func(fields []wire.Field) {
		for _, f := range fields {
			if !seen[f.Key] {
				seen[f.Key] = true
				checkEntry(t, f.Key)
			}
			walk(f.Children)
		}
	}
	for _, tree := range trees {
		walk(tree)
	}
	if len(seen) < 80 {
		t.Errorf("only %d sorts of fields were seen", len(seen))
	}
}

func checkEntry(t *testing.T, key string) {
	for _, language := range []explain.Language{explain.English, explain.Chinese} {
		if _, ok := language.Entry(key); ok {
			continue
		}
		parent := key[:max(strings.LastIndexByte(key, '.'), 0)]
		if _, ok := language.Entry(parent); !ok || !strings.HasPrefix(key, "http.header.") {
			t.Errorf("%q has no entry in %s", key, language)
		}
	}
}

// FuzzWatcher damages and repeats true frames, and adds some of its own.
func FuzzWatcher(f *testing.F) {
	f.Add([]byte{0, 0, 0, 1, 0, 0, 2, 0, 0, 3, 70, 5, 4, 100, 9}, []byte("GET / HTTP/1.1\r\n\r\n"))
	f.Add([]byte{6, 60, 1, 7, 61, 200}, []byte("\x00\x01\x00\x00"))
	frames := everything()
	f.Fuzz(func(t *testing.T, script, own []byte) {
		w := wire.New(wire.Options{Packets: true, History: 1 << 14, Keep: 256, Log: slog.New(slog.NewTextHandler(io.Discard, nil))})
		events := w.Subscribe(64)
		id := uint64(1000)
		for ; len(script) >= 3; script = script[3:] {
			frame := frames[int(script[0])%len(frames)]
			data := slices.Clone(frame.Data)
			data[int(script[1])%len(data)] ^= script[2]
			frame.Data = data
			if script[2]&1 == 0 {
				id++
				frame.ID = id
			}
			if script[2]&6 == 6 {
				frame = forge.Again(frame, bob, 1<<(script[1]%5))
			}
			w.See(frame)
		}
		frame := frames[0]
		frame.Data, frame.ID = own, 0
		w.See(frame)
		w.Close()
		if n := w.Stats().Failures; n > 0 {
			t.Errorf("%d dissectors failed", n)
		}
		for e := range events.C {
			e.Message.Fields()
			if _, err := e.Message.MarshalJSON(); err != nil {
				t.Error(err)
			}
			if len(e.Message.Bytes) > e.Message.Size {
				t.Errorf("%d bytes of %d", len(e.Message.Bytes), e.Message.Size)
			}
		}
	})
}
