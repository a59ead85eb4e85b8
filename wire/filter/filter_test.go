package filter

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire"
)

func message(id uint64, protocol, from, to, summary string) *wire.Message {
	end := func(s string) wire.Endpoint {
		host, addr, _ := strings.Cut(s, "=")
		return wire.Endpoint{Host: host, Addr: netip.MustParseAddrPort(addr)}
	}
	return &wire.Message{ID: id, Conversation: id * 10, Protocol: protocol, From: end(from), To: end(to), Summary: summary, Bytes: []byte(summary)}
}

// said is what the filters of the tests choose from.
func said() []*wire.Message {
	all := []*wire.Message{
		message(1, "DNS", "alice=192.0.2.11:40000", "dns=192.0.2.53:53", "A? www.example.com"),
		message(2, "HTTP", "alice=192.0.2.11:40001", "www=203.0.113.80:80", "GET /index.html HTTP/1.1"),
		message(3, "HTTP", "www=203.0.113.80:80", "alice=192.0.2.11:40001", "HTTP/1.1 200 OK"),
		message(4, "FTP-DATA", "ftp=[2001:db8:1::21]:20", "bob=[2001:db8:1::12]:5000", "5 bytes: hello"),
		message(5, "SMTP", "bob=192.0.2.12:40002", "mail=192.0.2.25:25", "EHLO bob"),
	}
	all[2].Lost = true
	all[4].Findings = []wire.Finding{{Key: "finding.smtp.lf", Severity: wire.Wrong}}
	return all
}

func TestMessagesAreChosen(t *testing.T) {
	for line, want := range map[string][]uint64{
		"":                             {1, 2, 3, 4, 5},
		"dns":                          {1},
		"HTTP":                         {2, 3},
		"ftp":                          {4},
		"ftp-data":                     {4},
		"dns or smtp":                  {1, 5},
		"not dns":                      {2, 3, 4, 5},
		"!dns !http":                   {4, 5},
		"host alice":                   {1, 2, 3},
		"from ALICE":                   {1, 2},
		"to alice":                     {3},
		"host 192.0.2.53":              {1},
		"from 192.0.2.0/24":            {1, 2, 5},
		"host 2001:db8:1::21":          {4},
		"port 80":                      {2, 3},
		"port 80 and from www":         {3},
		"http from alice":              {2},
		"conversation 20":              {2},
		`"INDEX.html"`:                 {2},
		`"hello" or "ehlo"`:            {4, 5},
		"lost":                         {3},
		"wrong":                        {5},
		"http and not lost":            {2},
		"dns or http and from www":     {1, 3},
		"(dns or http) and from alice": {1, 2},
		"not (dns or http or smtp)":    {4},
		"not not dns":                  {1},
		"host dns":                     {1},
		`host "alice" && dns || smtp`:  {1, 5},
		"tcp":                          {}, // these messages say nothing of their packets
	} {
		f, err := Parse(line)
		if err != nil {
			t.Errorf("%s: %v", line, err)
			continue
		}
		got := []uint64{}
		for _, m := range said() {
			if f.Message(m) {
				got = append(got, m.ID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s chooses %v, want %v", line, got, want)
		}
		if f.String() != line {
			t.Errorf("%s is told as %s", line, f)
		}
	}
}

func TestMistakesSayWhereAndWhy(t *testing.T) {
	for line, want := range map[string]struct {
		place string // in the line; "" is its end
		why   string
	}{
		"dnss":                               {"dnss", "dnss is no word of a filter. Did you mean dns?"},
		"dns and htpp":                       {"htpp", "Did you mean http?"},
		"dns and":                            {"", "Something is missing here"},
		"and dns":                            {"and dns", "Something is missing here"},
		"dns or or http":                     {"or http", "Something is missing here"},
		"not":                                {"", "Something is missing here"},
		"()":                                 {")", "Something is missing here"},
		"(dns or http":                       {"(dns or http", "This parenthesis is not closed."},
		"dns) http":                          {") http", ") closes nothing"},
		`dns "index`:                         {`"index`, "needs a second quotation mark"},
		"host":                               {"host", "host needs a name or an address, as in host alice"},
		"from (dns)":                         {"from (dns)", "from needs a name"},
		"host alise":                         {"alise", "Nobody here is called alise. Did you mean alice?"},
		"alice":                              {"alice", "Write host alice, from alice or to alice."},
		"192.0.2.1":                          {"192.0.2.1", "Write host 192.0.2.1"},
		"port":                               {"port", "port needs a number"},
		"port http":                          {"http", "http is no port"},
		"port 65536":                         {"65536", "a number from 0 to 65535"},
		"conversation -1":                    {"-1", "conversation needs a number"},
		"53":                                 {"53", "Write port 53 or conversation 53."},
		strings.Repeat("(", longest) + "dns": {"dns", "no more than 1000 characters"},
	} {
		_, err := Parse(line, "alice", "bob")
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: %v", line, err)
			continue
		}
		if place := line[e.At:]; !strings.HasPrefix(want.place, line[e.At:e.At+e.Length]) || place != want.place || !strings.Contains(e.Error(), want.why) {
			t.Errorf("%s: at %q (%d bytes): %s; want at %q: %s", line, place, e.Length, e, want.place, want.why)
		}
		for _, l := range explain.Languages() {
			if text := e.In(l); strings.ContainsAny(text, "⟦{") {
				t.Errorf("%s in %s: %s", line, l, text)
			}
		}
	}
}

// A host that nobody has heard of is no mistake for who knows no hosts.
func TestUnknownHosts(t *testing.T) {
	if _, err := Parse("host alise"); err != nil {
		t.Error(err)
	}
	if _, err := Parse("host 192.0.2.1 or from 10.0.0.0/8 or host BOB", "alice", "bob"); err != nil {
		t.Error(err)
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{"", "dns and not host alice", `("a" or port 53) lost`, "conversation 12 || !tcp", "((((", `"`} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		parsed, err := Parse(line, "alice")
		if err != nil {
			var e *Error
			if !errors.As(err, &e) || e.At < 0 || e.At+e.Length > len(line) || e.Error() == "" {
				t.Errorf("%q: %+v", line, err)
			}
			return
		}
		for _, m := range said() {
			parsed.Message(m)
		}
	})
}
