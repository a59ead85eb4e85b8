package ftp

import (
	"slices"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// rules are the names of all findings.
var rules = []string{
	"line.bare-lf", "line.too-long", "line.cut",
	"command.malformed", "command.unknown", "command.early", "password.clear", "rnto.alone", "rnfr.alone", "transfer.unprepared",
	"reply.malformed", "reply.cut", "reply.too-long", "reply.unasked",
	"address.malformed", "port.not-own-address", "port.nat", "port.low", "passive.not-own-address",
	"data.untried", "data.unanswered", "data.source-port", "data.stranger", "data.reset", "data.direction",
}

const prefix = "finding.ftp."

// finding is a rule of an RFC that is broken, or something to notice.
func finding(name string, rfc int, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: prefix + name, RFC: rfc, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}

// checkCommand looks at one command, and at its place among the others.
func (d *dialogue) checkCommand(m *Message, line []byte) []dissect.Finding {
	var found []dissect.Finding
	find := func(name string, rfc int, section string, at place, severity dissect.Severity) {
		found = append(found, finding(name, rfc, section, at, severity))
	}
	switch {
	case m.Verb == "":
		find("command.malformed", 959, "5.3", place{0, len(line)}, dissect.Wrong)
	case !slices.Contains(verbs, m.Verb):
		find("command.unknown", 959, "5.3.1", m.verb, dissect.Notice)
	}
	if d.early(m) {
		find("command.early", 959, "5.4", m.verb, dissect.Notice)
	}
	switch {
	case m.Verb == "RNTO" && d.before != "RNFR" && !d.lost:
		find("rnto.alone", 959, "4.1.3", m.verb, dissect.Wrong)
	case m.Verb != "RNTO" && d.before == "RNFR":
		find("rnfr.alone", 959, "4.1.3", m.verb, dissect.Warning)
	case m.Verb == "PASS" && m.arg.length > 0 && !d.anonymous:
		find("password.clear", 2577, "6", m.arg, dissect.Notice)
	}
	return found
}

// early reports whether a command does not wait for the reply to the one before.
// What stops a transfer, asks about one or says good bye need not.
func (d *dialogue) early(m *Message) bool {
	if slices.Contains([]string{"ABOR", "STAT", "QUIT"}, m.Verb) {
		return false
	}
	if !d.greeted {
		return true
	}
	return slices.ContainsFunc(d.asked, func(a *asked) bool { return !a.begun && a.verb != "ABOR" && a.verb != "STAT" })
}

// checkReply looks at one reply.
func (m *Message) checkReply() []dissect.Finding {
	if m.Code != 0 {
		return nil
	}
	return []dissect.Finding{finding("reply.malformed", 959, "4.2", m.lastLine(), dissect.Wrong)}
}

func isAnonymous(user string) bool {
	return strings.EqualFold(user, "anonymous") || strings.EqualFold(user, "ftp")
}
