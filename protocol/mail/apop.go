package mail

import (
	"crypto/md5"
	"encoding/hex"
)

// APOP is what POP3's command APOP sends instead of a password: the MD5 of the
// timestamp in the server's greeting, with its angle brackets, and the secret
// that both sides know (RFC 1939 §7). A listener who knows the timestamp can
// still try out passwords, and MD5 makes that quick: it is better than PASS
// without TLS, and worse than TLS.
func APOP(timestamp, secret string) string {
	sum := md5.Sum([]byte(timestamp + secret))
	return hex.EncodeToString(sum[:])
}
