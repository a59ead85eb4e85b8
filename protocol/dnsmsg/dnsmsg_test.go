package dnsmsg

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/miekg/dns"
)

func TestOnAConnection(t *testing.T) {
	var conn bytes.Buffer
	for _, packet := range []string{"first", "", "third"} {
		conn.Write(Framed([]byte(packet)))
	}
	whole := conn.Bytes()
	for _, want := range []string{"first", "", "third"} {
		if got, err := Read(&conn); err != nil || string(got) != want {
			t.Errorf("%q, %v, want %q", got, err, want)
		}
	}
	if _, err := Read(&conn); err != io.EOF {
		t.Error(err)
	}
	for cut := 1; cut < len("..first"); cut++ {
		if _, err := Read(bytes.NewReader(whole[:cut])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("after %d bytes: %v", cut, err)
		}
	}
}

func TestReply(t *testing.T) {
	query := new(dns.Msg).SetQuestion("www.Example.com.", dns.TypeA)
	for name, c := range map[string]struct {
		change func(*dns.Msg)
		taken  bool
	}{
		"a reply":                     {func(*dns.Msg) {}, true},
		"other letters":               {func(m *dns.Msg) { m.Question[0].Name = "WWW.example.com." }, true},
		"an error":                    {func(m *dns.Msg) { m.Rcode = dns.RcodeServerFailure }, true},
		"it could not be read":        {func(m *dns.Msg) { m.Rcode, m.Question = dns.RcodeFormatError, nil }, true},
		"another ID":                  {func(m *dns.Msg) { m.Id++ }, false},
		"a query":                     {func(m *dns.Msg) { m.Response = false }, false},
		"another opcode":              {func(m *dns.Msg) { m.Opcode = dns.OpcodeNotify }, false},
		"another name":                {func(m *dns.Msg) { m.Question[0].Name = "www.example.org." }, false},
		"another type":                {func(m *dns.Msg) { m.Question[0].Qtype = dns.TypeMX }, false},
		"another class":               {func(m *dns.Msg) { m.Question[0].Qclass = dns.ClassCHAOS }, false},
		"two questions":               {func(m *dns.Msg) { m.Question = append(m.Question, m.Question[0]) }, false},
		"no question, and no trouble": {func(m *dns.Msg) { m.Question = nil }, false},
	} {
		m := new(dns.Msg).SetReply(query)
		m.Question = append([]dns.Question{}, query.Question...)
		c.change(m)
		packet, err := m.Pack()
		if err != nil {
			t.Fatal(err)
		}
		if got := Reply(packet, query); (got != nil) != c.taken {
			t.Errorf("%s: %v", name, got)
		}
		if got := Reply(packet[:len(packet)-1], query); got != nil {
			t.Errorf("%s, cut off: %v", name, got)
		}
	}
}
