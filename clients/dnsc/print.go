package dnsc

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"github.com/miekg/dns"
)

// Print writes the reply in dig's manner.
func (r *Reply) Print(w io.Writer) error {
	var b bytes.Buffer
	printHeader(&b, r.Msg)
	printOPT(&b, r.IsEdns0())
	fmt.Fprintf(&b, ";; QUESTION SECTION:\n")
	for _, q := range r.Question {
		line := pad(pad(printable(q.Name), classColumn)+dns.Class(q.Qclass).String(), typeColumn)
		fmt.Fprintf(&b, ";%s%s\n", line, dns.Type(q.Qtype))
	}
	fmt.Fprintln(&b)
	printSection(&b, "ANSWER", r.Answer)
	printSection(&b, "AUTHORITY", r.Ns)
	printSection(&b, "ADDITIONAL", r.Extra)
	fmt.Fprintf(&b, ";; Query time: %d msec\n", r.RTT.Milliseconds())
	addr := r.Server.Addr()
	fmt.Fprintf(&b, ";; SERVER: %s#%d(%s) (%s)\n", addr, r.Server.Port(), addr, strings.ToUpper(r.Transport))
	fmt.Fprintf(&b, ";; WHEN: %s\n", r.Sent.Format("Mon Jan 02 15:04:05 MST 2006"))
	fmt.Fprintf(&b, ";; MSG SIZE  rcvd: %d\n\n", r.Bytes)
	_, err := w.Write(b.Bytes())
	return err
}

func printHeader(b *bytes.Buffer, m *dns.Msg) {
	fmt.Fprintf(b, ";; Got answer:\n;; ->>HEADER<<- opcode: %s, status: %s, id: %d\n", dns.OpcodeToString[m.Opcode], rcode(m.Rcode), m.Id)
	fmt.Fprintf(b, ";; flags:")
	for _, flag := range []struct {
		name string
		set  bool
	}{
		{"qr", m.Response}, {"aa", m.Authoritative}, {"tc", m.Truncated}, {"rd", m.RecursionDesired},
		{"ra", m.RecursionAvailable}, {"ad", m.AuthenticatedData}, {"cd", m.CheckingDisabled},
	} {
		if flag.set {
			b.WriteString(" " + flag.name)
		}
	}
	fmt.Fprintf(b, "; QUERY: %d, ANSWER: %d, AUTHORITY: %d, ADDITIONAL: %d\n",
		len(m.Question), len(m.Answer), len(m.Ns), len(m.Extra))
	if m.Response && m.RecursionDesired && !m.RecursionAvailable {
		fmt.Fprintln(b, ";; WARNING: recursion requested but not available")
	}
	fmt.Fprintln(b)
}

// rcode is the name of a response code.
func rcode(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("RESERVED%d", code)
}

// printOPT writes the record that is none: what EDNS adds to the header.
func printOPT(b *bytes.Buffer, opt *dns.OPT) {
	if opt == nil {
		return
	}
	do := ""
	if opt.Do() {
		do = " do"
	}
	fmt.Fprintf(b, ";; OPT PSEUDOSECTION:\n; EDNS: version: %d, flags:%s; udp: %d\n", opt.Version(), do, opt.UDPSize())
	for _, option := range opt.Option {
		fmt.Fprintf(b, "; OPT=%d: %s\n", option.Option(), printable(option.String()))
	}
}

func printSection(b *bytes.Buffer, title string, rrs []dns.RR) {
	var shown []dns.RR
	for _, rr := range rrs {
		if rr.Header().Rrtype != dns.TypeOPT {
			shown = append(shown, rr)
		}
	}
	if len(shown) == 0 {
		return
	}
	fmt.Fprintf(b, ";; %s SECTION:\n", title)
	for _, rr := range shown {
		b.WriteString(Record(rr) + "\n")
	}
	fmt.Fprintln(b)
}

// The columns at which dig begins the parts of a record, when there is room.
const (
	ttlColumn   = 24
	classColumn = 32
	typeColumn  = 40
	dataColumn  = 48
)

// Record is a record in one line of a zone file, in the columns that dig uses.
func Record(rr dns.RR) string {
	h := rr.Header()
	line := pad(printable(h.Name), ttlColumn)
	line = pad(line+fmt.Sprint(h.Ttl), classColumn)
	line = pad(line+dns.Class(h.Class).String(), typeColumn)
	line = pad(line+dns.Type(h.Rrtype).String(), dataColumn)
	return line + printable(strings.TrimPrefix(rr.String(), h.String()))
}

// pad fills line up to a column, with tabs as far as they go and then spaces;
// with one space, if the line is longer than that.
func pad(line string, column int) string {
	from := width(line)
	to := max(column, from+1)
	if tabs := to/8 - from/8; tabs > 0 {
		line += strings.Repeat("\t", tabs)
		from = to / 8 * 8
	}
	return line + strings.Repeat(" ", to-from)
}

// width is the column that line ends at, with a tab at every eighth.
func width(line string) int {
	at := 0
	for _, c := range line {
		if c == '\t' {
			at += 8 - at%8
		} else {
			at++
		}
	}
	return at
}

// printable replaces what could move a terminal's cursor: a server that
// chooses its records shall not choose what the screen shows.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' && r != '\t' || r == 0x7f {
			return '?'
		}
		return r
	}, s)
}
