package mail

import "bytes"

// What the keys of findings here begin with, those of lines too; and what is said
// where TLS begins.
const (
	Rules  = "finding.mail."
	KeyTLS = "message.mail.tls"
)

// Trim is a line without its end.
func Trim(line []byte) []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
}
