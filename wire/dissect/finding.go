package dissect

import "fmt"

// Finding is a rule of an RFC that a message or packet breaks, or something
// about it that a learner should notice.
type Finding struct {
	Key      string         `json:"key"`            // its explanation, as "http.host.missing"
	Args     map[string]any `json:"args,omitempty"` // what the explanation's text fills in
	RFC      int            `json:"rfc,omitempty"`
	Section  string         `json:"section,omitempty"` // as "3.2"
	Offset   int            `json:"offset"`            // the bytes at fault,
	Length   int            `json:"length"`            // in the message's Bytes
	Severity Severity       `json:"severity"`
}

// Reference is the rule's place, as "RFC 9112 §3.2", or empty.
func (f *Finding) Reference() string {
	switch {
	case f.RFC == 0:
		return ""
	case f.Section == "":
		return fmt.Sprintf("RFC %d", f.RFC)
	}
	return fmt.Sprintf("RFC %d §%s", f.RFC, f.Section)
}

// Severity is how bad a finding is.
type Severity uint8

// The severities.
const (
	Notice  Severity = iota // allowed, but worth a look
	Warning                 // against a SHOULD, or likely a mistake
	Wrong                   // against a MUST
)

var severities = [...]string{"notice", "warning", "wrong"}

// String is "notice", "warning" or "wrong".
func (s Severity) String() string {
	if int(s) < len(severities) {
		return severities[s]
	}
	return fmt.Sprintf("severity %d", uint8(s))
}

// MarshalText writes the severity's name.
func (s Severity) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads what MarshalText wrote.
func (s *Severity) UnmarshalText(text []byte) error {
	for i, name := range severities {
		if name == string(text) {
			*s = Severity(i)
			return nil
		}
	}
	return fmt.Errorf("no such severity: %q", text)
}
