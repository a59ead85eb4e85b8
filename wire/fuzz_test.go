package wire_test

import (
	"fmt"
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
	frames = append(append(frames, sayFTP(n)...), sayMail(n)...)
	return append(frames, c.Close(0)...)
}

// sayFTP is a session with a listing, a file, and TLS in the end.
func sayFTP(n *forge.Network) []frame.Frame {
	c, frames := n.Dial(alice, bob, 40001, 21)
	say := func(side int, text string) { frames = append(frames, c.Say(side, text)...) }
	transfer := func(from, to *forge.Host, ports [2]uint16, sender int, text string) {
		data, opened := n.Dial(from, to, ports[0], ports[1])
		frames = append(append(append(frames, opened...), data.Say(sender, text)...), data.Close(sender)...)
	}
	here, there := alice.Addr.As4(), bob.Addr.As4()
	say(1, "220 ready\r\n")
	say(0, "PASS secret\r\n")
	say(1, "230-Welcome\r\n230 Go on\r\n")
	say(0, fmt.Sprintf("PORT %d,%d,%d,%d,195,80\r\n", here[0], here[1], here[2], here[3]))
	say(1, "200 OK\r\n")
	say(0, "MLSD\r\n")
	transfer(bob, alice, [2]uint16{20, 50000}, 0, "type=dir; pub\r\ntype=file;size=3; a\r\n")
	say(1, "226 Done\r\n")
	say(0, fmt.Sprintf("EPRT |1|%s|50001|\r\n", alice.Addr))
	say(1, "522 no\r\n")
	say(0, "PASV\r\n")
	say(1, fmt.Sprintf("227 Passive (%d,%d,%d,%d,156,65)\r\n", there[0], there[1], there[2], there[3]))
	say(0, "RETR a\r\n")
	transfer(alice, bob, [2]uint16{40002, 40001}, 1, "abc")
	say(1, "226 Done\r\n")
	say(0, "EPSV\r\n")
	say(1, "229 Extended (|||40002|)\r\n")
	say(0, "AUTH TLS\r\n")
	say(1, "234 Go on\r\n")
	say(0, "\x16\x03\x01\x00\x01\x01")
	transfer(alice, bob, [2]uint16{40003, 40003}, 0, "\x16\x03\x01\x00\x01\x01\x17\x03\x03\x00\x01x")
	return frames
}

// sayMail is a mail's way through SMTP, POP3 and IMAP.
func sayMail(n *forge.Network) (frames []frame.Frame) {
	const mail = "Received: by a\r\nFrom: a\r\nTo: b\r\nX-Odd: 1\r\nMIME-Version: 1.0\r\nMessage-ID: <1@a>\r\n" +
		"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Disposition: inline\r\n\r\n.hi\r\n--x\r\nReferences: <0@a>\r\n" +
		"Content-Transfer-Encoding: base64\r\n\r\naGk=\r\n--x--\r\n"
	dotted := strings.ReplaceAll(mail, "\r\n.", "\r\n..") + ".\r\n"
	sessions := map[uint16][]string{
		25: {
			"220 a ESMTP\r\n", "EHLO a\r\n", "250-b\r\n250-SIZE 9\r\n250-X-ODD\r\n250 AUTH LOGIN\r\n", "AUTH PLAIN AGEAYg==\r\n", "535 5.7.8 no\r\n",
			"AUTH LOGIN\r\n", "334 VXNlcm5hbWU6\r\n", "YQ==\r\n", "334 UGFzc3dvcmQ6\r\n", "Yg==\r\n", "235 2.7.0 in\r\n",
			"MAIL FROM:<a@a> SIZE=9 BODY=8BITMIME\r\n", "250 ok\r\n", "RCPT TO:<b@b>\r\n", "250 ok\r\n", "DATA\r\n", "354 go\r\n", dotted, "250 ok\r\n",
			"MAIL FROM:<a@a>\r\n", "250 ok\r\n", "RCPT TO:<b@b>\r\n", "250 ok\r\n", "BDAT 9\r\nFrom: a\r\nBDAT 2 LAST\r\n\r\n", "250 ok\r\n250 ok\r\n",
			"XYZ\r\n", "299 what?\r\n", "STARTTLS\r\n", "220 go\r\n", "\x16\x03\x01\x00\x01\x01",
		},
		110: {
			"+OK <1@b>\r\n", "USER b\r\n", "+OK\r\n", "PASS c\r\n", "-ERR no\r\n", "AUTH PLAIN\r\n", "+ VXNlcm5hbWU6\r\n", "YQ==\r\n", "+OK in\r\n",
			"LIST\r\n", "+OK\r\n1 9\r\n.\r\n", "RETR 1\r\n", "+OK 9 octets\r\n" + dotted, "XYZ\r\n", "-ERR what?\r\n",
		},
		143: {
			"* OK hi\r\n", "a LOGIN b {1}\r\n", "+ go\r\n", "c\r\n", "a OK in\r\n", "b AUTHENTICATE PLAIN\r\n", "+ VXNlcm5hbWU6\r\n", "YQ==\r\n", "b OK in\r\n",
			"c SELECT x\r\n", "* 2 EXISTS\r\nc OK done\r\n", fmt.Sprintf("d APPEND x {%d+}\r\n%s\r\n", len(mail), mail), "d NO full\r\n", "e UID FETCH 1 BODY[]\r\n",
			fmt.Sprintf("* 1 FETCH (BODY[] {%d}\r\n%s)\r\ne OK done\r\n", len(mail), mail), "f IDLE\r\n", "+ idling\r\n", "DONE\r\n", "f BAD hm\r\n", "g XYZ\r\n", "* BYE\r\n",
		},
	}
	for _, port := range [...]uint16{25, 110, 143} {
		c, opened := n.Dial(alice, bob, 50000+port, port)
		frames = append(frames, opened...)
		for i, text := range sessions[port] {
			frames = append(frames, c.Say(1-i%2, text)...)
		}
	}
	return frames
}

// routed is a link on which a router puts what it has got.
var routed = &frame.Link{Name: "gw", A: frame.Node{Name: "gw", Kind: frame.Router}, B: frame.Node{Name: "switch", Kind: frame.Switch}}

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
			if script[2]&10 == 10 { // as a NAT would
				frame.Hop, frame.Link, frame.FromB = 1, routed, false
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
