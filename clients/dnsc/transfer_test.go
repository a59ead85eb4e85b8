package dnsc

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/miekg/dns"
)

const soa1 = "example.com. SOA ns1.example.com. h.example.com. 1 2 3 4 5"

// transferred makes the transfer and says what was yielded: the types of the
// records, and the error.
func transferred(ctx context.Context, c *Client) (string, error) {
	var types []string
	for rr, err := range c.AXFR(ctx, server, "example.com") {
		if err != nil {
			return strings.Join(types, " "), err
		}
		types = append(types, dns.Type(rr.Header().Rrtype).String())
	}
	return strings.Join(types, " "), nil
}

func TestAXFR(t *testing.T) {
	const a = "www.example.com. A 192.0.2.1"
	for _, tt := range []struct {
		name  string
		send  func(t *testing.T, q *dns.Msg) []*dns.Msg
		types string
		fails string // part of the error; empty for none
	}{
		{"one message", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{reply(t, q, soa1, a, soa1)}
		}, "SOA A SOA", ""},
		{"three messages, the later ones without the question", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			first, second, third := reply(t, q, soa1), reply(t, q, a, a), reply(t, q, soa1)
			second.Question, third.Question = nil, nil
			return []*dns.Msg{first, second, third}
		}, "SOA A A SOA", ""},
		{"refused", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{new(dns.Msg).SetRcode(q, dns.RcodeRefused)}
		}, "", "says REFUSED"},
		{"trouble half way", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{reply(t, q, soa1, a), new(dns.Msg).SetRcode(q, dns.RcodeServerFailure)}
		}, "SOA A", "says SERVFAIL"},
		{"does not begin with the SOA", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{reply(t, q, a, soa1)}
		}, "", "does not begin with the SOA"},
		{"another zone's SOA", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{reply(t, q, strings.Replace(soa1, "example.com", "example.org", 1))}
		}, "", "does not begin with the SOA"},
		{"changed on the way", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{reply(t, q, soa1, a), reply(t, q, strings.Replace(soa1, " 1 ", " 2 ", 1))}
		}, "SOA A", "changed while it was sent: serial 1 at first, 2 at last"},
		{"after the end", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			return []*dns.Msg{reply(t, q, soa1, a, soa1, a)}
		}, "SOA A SOA", "after the end"},
		{"another ID", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			m := reply(t, q, soa1, a, soa1)
			m.Id++
			return []*dns.Msg{m}
		}, "", "no part of the transfer"},
		{"another question", func(t *testing.T, q *dns.Msg) []*dns.Msg {
			m := reply(t, q, soa1, a, soa1)
			m.Question[0].Name = "example.org."
			return []*dns.Msg{m}
		}, "", "no part of the transfer"},
		{"empty", func(t *testing.T, q *dns.Msg) []*dns.Msg { return []*dns.Msg{reply(t, q)} }, "", "empty message"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				n := at(t, func(network string, q *dns.Msg) (packets [][]byte) {
					if network != "tcp" || q.Question[0].Qtype != dns.TypeAXFR {
						t.Errorf("asked over %s\n%v", network, q)
					}
					for _, m := range tt.send(t, q) {
						packets = append(packets, framed(pack(t, m)))
					}
					return packets
				})
				types, err := transferred(t.Context(), n.client())
				if types != tt.types || (err == nil) != (tt.fails == "") || err != nil && !strings.Contains(err.Error(), tt.fails) {
					t.Errorf("got %q, %v\nwant %q, %q", types, err, tt.types, tt.fails)
				}
				var status *StatusError
				if strings.HasPrefix(tt.fails, "says") != errors.As(err, &status) {
					t.Errorf("%#v", err)
				}
			})
		})
	}
}

// TestAXFRHostile: half a zone is no zone, and a zone without end has one.
func TestAXFRHostile(t *testing.T) {
	bubble(t, func(t *testing.T) {
		begin := func(q *dns.Msg) []byte { return framed(pack(t, reply(t, q, soa1, "www.example.com. A 192.0.2.1"))) }
		for want, h := range map[error]host{
			io.EOF:                 func(_ string, q *dns.Msg) [][]byte { return [][]byte{begin(q), nil} },
			io.ErrUnexpectedEOF:    func(_ string, q *dns.Msg) [][]byte { return [][]byte{begin(q), begin(q)[:9], nil} },
			os.ErrDeadlineExceeded: func(_ string, q *dns.Msg) [][]byte { return [][]byte{begin(q)} },
		} {
			types, err := transferred(t.Context(), at(t, h).client())
			if !errors.Is(err, want) || types != "SOA A" || !strings.Contains(err.Error(), "stopped after 1 messages") {
				t.Errorf("got %q, %v, want %v", types, err, want)
			}
		}
	})
	bubble(t, func(t *testing.T) {
		endless := func(_ string, q *dns.Msg) [][]byte {
			packets := [][]byte{framed(pack(t, reply(t, q, soa1)))}
			more := reply(t, q)
			for i := range 100 {
				more.Answer = append(more.Answer, reply(t, q, fmt.Sprintf("host%d.example.com. A 192.0.2.1", i)).Answer...)
			}
			for range 1000 {
				packets = append(packets, framed(pack(t, more)))
			}
			return packets
		}
		n := at(t, endless)
		types, err := transferred(t.Context(), &Client{Network: n, MaxTransfer: 100_000})
		if err == nil || !strings.Contains(err.Error(), "longer than 100000 bytes") || len(types) > 20_000 {
			t.Errorf("%d bytes of types, %v", len(types), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := transferred(ctx, n.client()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the context ended: %v", err)
		}
		for range n.client().AXFR(t.Context(), server, "example.com") {
			break // who has seen enough goes
		}
	})
	if _, err := transferred(t.Context(), &Client{Network: at(t, nil)}); err == nil {
		t.Error("a zone from nobody")
	}
}
