package dns

import (
	"fmt"
	"strings"

	"github.com/miekg/dns"

	"github.com/wirebook/wirebook/wire/dissect"
)

const (
	typeAXFR = dns.TypeAXFR
	typeIXFR = dns.TypeIXFR
)

// rules are the names of all findings.
var rules = []string{
	"cut", "trailing", "name.loop", "name.label", "name.too-long", "ttl.too-large", "question.count", "edns.repeated",
	"udp.too-long", "tcp.cut", "response.id", "response.unasked", "response.source", "response.question",
	"response.late", "response.truncated",
}

// kinds are what messages are explained as.
var kinds = []string{
	"query", "query.recursive", "query.transfer", "notify", "update", "other",
	"response.answer", "response.referral", "response.nodata", "response.nxdomain", "response.refused",
	"response.servfail", "response.error", "response.truncated", "response.transfer", "response.notify",
}

func keys() []string {
	var all []string
	for _, kind := range kinds {
		all = append(all, "message.dns."+kind)
	}
	for _, rule := range rules {
		all = append(all, "finding.dns."+rule)
	}
	return all
}

func finding(name string, rfc int, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: "finding.dns." + name, RFC: rfc, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}

// describe completes a part with the message's words.
func (m *Message) describe(part *dissect.Part, found []dissect.Finding) {
	kind := m.kind()
	part.Key = "message.dns." + kind
	part.Findings = found
	part.Summary = dissect.Text([]byte(m.summary(kind)), 200)
	name, kindOf := ".", "?"
	if len(m.Questions) > 0 {
		name, kindOf = m.Questions[0].Name, typeName(m.Questions[0].Type)
	}
	part.Args = map[string]any{
		"Name": plain(name), "Type": kindOf, "Rcode": rcodeName(m.Rcode), "Answers": len(m.Answers), "Zone": plain(m.zone()),
	}
}

// kind is what the message is in the dialogue between resolver and servers.
func (m *Message) kind() string {
	transfer := len(m.Questions) > 0 && (m.Questions[0].Type == typeAXFR || m.Questions[0].Type == typeIXFR)
	switch {
	case m.Opcode == dns.OpcodeNotify && m.Response:
		return "response.notify"
	case m.Opcode == dns.OpcodeNotify:
		return "notify"
	case m.Opcode == dns.OpcodeUpdate && !m.Response:
		return "update"
	case m.Opcode != dns.OpcodeQuery && !m.Response:
		return "other"
	case !m.Response && transfer:
		return "query.transfer"
	case !m.Response && m.RecursionDesired:
		return "query.recursive"
	case !m.Response:
		return "query"
	}
	return m.responseKind(transfer)
}

func (m *Message) responseKind(transfer bool) string {
	switch {
	case m.Rcode == dns.RcodeNameError:
		return "response.nxdomain"
	case m.Rcode == dns.RcodeRefused:
		return "response.refused"
	case m.Rcode == dns.RcodeServerFailure:
		return "response.servfail"
	case m.Rcode != dns.RcodeSuccess:
		return "response.error"
	case m.Truncated:
		return "response.truncated"
	case transfer || len(m.Questions) == 0 && len(m.Answers) > 0:
		return "response.transfer"
	case len(m.Answers) > 0:
		return "response.answer"
	case m.zone() != "":
		return "response.referral"
	}
	return "response.nodata"
}

// zone is the zone that a referral leads to, or "".
func (m *Message) zone() string {
	if m.Authoritative || len(m.Answers) > 0 {
		return ""
	}
	for i := range m.Authority {
		if m.Authority[i].Type == dns.TypeNS {
			return m.Authority[i].Name
		}
	}
	return ""
}

// summary is one line: "A? www.example.com", "A www.example.com 10.0.2.5".
func (m *Message) summary(kind string) string {
	asked := "?"
	if len(m.Questions) > 0 {
		asked = typeName(m.Questions[0].Type) + " " + plain(m.Questions[0].Name)
	}
	if !m.Response {
		if len(m.Questions) > 0 {
			asked = typeName(m.Questions[0].Type) + "? " + plain(m.Questions[0].Name)
		}
		if m.Opcode != dns.OpcodeQuery {
			return opcodeName(m.Opcode) + " " + strings.Replace(asked, "?", "", 1)
		}
		return asked
	}
	switch kind {
	case "response.answer":
		return answerLine(m.Answers)
	case "response.referral":
		return answerLine(m.Authority)
	case "response.nodata":
		return "NODATA " + asked
	case "response.truncated":
		return "TC " + asked
	case "response.transfer":
		if len(m.Questions) == 0 {
			asked = "AXFR"
		}
		return fmt.Sprintf("%s: %d RRs", asked, len(m.Answers))
	case "response.notify":
		return "NOTIFY " + rcodeName(m.Rcode) + " " + asked
	}
	return rcodeName(m.Rcode) + " " + asked
}

// answerLine is a record, and how many more there are: of a chain of CNAMEs,
// the one that ends it.
func answerLine(records []Record) string {
	r := &records[0]
	for i := range records {
		if records[i].Type != dns.TypeCNAME && records[i].Type != dns.TypeRRSIG && r.Type == dns.TypeCNAME {
			r = &records[i]
		}
	}
	line := fmt.Sprintf("%s %s %s", typeName(r.Type), plain(records[0].Name), strings.TrimSuffix(r.Data(), "."))
	if len(records) > 1 {
		line += fmt.Sprintf(" +%d", len(records)-1)
	}
	return line
}

// plain is a name without its last dot, as people write it.
func plain(name string) string {
	if name == "." || name == "" {
		return name
	}
	return strings.TrimSuffix(name, ".")
}
