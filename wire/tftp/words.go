package tftp

import "github.com/wirebook/wirebook/wire/dissect"

// rules are the names of all findings.
var rules = []string{
	"opcode", "malformed", "mode", "option.value", "request.again", "direction", "tid.from", "tid.to", "tid.same",
	"data.start", "data.duplicate", "data.skipped", "data.early", "data.too-long", "data.after-last",
	"ack.unsent", "ack.duplicate", "oack.unasked", "oack.value",
}

// kinds are what messages are explained as.
var kinds = []string{
	"read", "write", "read.again", "write.again", "data", "data.last", "data.again", "ack", "ack.request", "ack.again",
	"oack", "error", "error.tid", "other",
}

const prefix = "finding.tftp."

func keys() []string {
	var all []string
	for _, kind := range kinds {
		all = append(all, "message.tftp."+kind)
	}
	for _, rule := range rules {
		all = append(all, prefix+rule)
	}
	return all
}

func finding(name string, rfc int, section string, at place, severity dissect.Severity) dissect.Finding {
	return dissect.Finding{
		Key: prefix + name, RFC: rfc, Section: section, Severity: severity, Offset: at.at, Length: at.length,
	}
}
