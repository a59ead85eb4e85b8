package dnsd

import (
	"strings"

	"github.com/miekg/dns"
)

// canonical is name as the zone's maps have it: absolute, in lower case, every
// character written in the one way that the wire's reader would write it, so
// that "\097" and "A" are "a".
func canonical(name string) string {
	name = dns.Fqdn(name)
	if strings.Contains(name, `\`) {
		var wire [maxName + 1]byte
		if n, err := dns.PackDomainName(name, wire[:], 0, nil, false); err == nil {
			if written, _, err := dns.UnpackDomainName(wire[:n], 0); err == nil {
				name = written
			}
		}
	}
	return dns.CanonicalName(name)
}

// isName reports whether name can be written in a message: its labels in 63
// bytes each, all of it in 255 (RFC 1035 §2.3.4).
func isName(name string) bool {
	var wire [maxName]byte
	_, err := dns.PackDomainName(name, wire[:], 0, nil, false)
	return err == nil
}

// newer reports whether serial a comes after b in the arithmetic of serial
// numbers, which go round (RFC 1982 §3.2).
func newer(a, b uint32) bool { return int32(a-b) > 0 }

// nextSerial follows serial, leaving out 0, which some take for "none".
func nextSerial(serial uint32) uint32 { return max(serial+1, 1) }
