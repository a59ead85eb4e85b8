package mailbox

import (
	"cmp"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// A message's file is named
//
//	1772442000.M123456P77Q4.mail,S=512,W=512:2,FS
//
// Up to the first dot it is when the message came, in seconds; then what makes
// the name unique on this host (microseconds, process, number), and the host's
// name. Behind commas stand what is known of it: S, its size in bytes; W, its
// size with lines ended by CR LF; D, made of the delivery's identifier. All this,
// the base, never changes. Behind it come ":2," and the flags.

// Flags are what a user, or his program, says about a message. They are letters
// in a file's name, in the order of the alphabet.
type Flags uint8

// The flags of Maildir, and what IMAP calls them (RFC 9051 §2.3.2).
const (
	Draft   Flags = 1 << iota // \Draft
	Flagged                   // \Flagged
	Passed                    // $Forwarded: sent on to somebody else
	Replied                   // \Answered
	Seen                      // \Seen
	Trashed                   // \Deleted: to be expunged
)

const flagLetters = "DFPRST"

// String is the flags' letters.
func (f Flags) String() string {
	var b strings.Builder
	for i := range len(flagLetters) {
		if f&(1<<i) != 0 {
			b.WriteByte(flagLetters[i])
		}
	}
	return b.String()
}

// infoMark begins the part of a name that changes. Windows has other plans for
// colons.
var infoMark = func() string {
	if runtime.GOOS == "windows" {
		return ";2,"
	}
	return ":2,"
}()

// cutName takes a file's name apart. letters are the flags', of which other
// programs have more than we know.
func cutName(name string) (base, letters string) {
	base, letters, _ = strings.Cut(name, infoMark)
	return base, letters
}

func parseFlags(letters string) Flags {
	var f Flags
	for _, c := range []byte(letters) {
		if i := strings.IndexByte(flagLetters, c); i >= 0 {
			f |= 1 << i
		}
	}
	return f
}

// rename is the name with other flags. Letters that are not ours stay.
func rename(name string, f Flags) string {
	base, letters := cutName(name)
	var others []byte
	for _, c := range []byte(letters) {
		if strings.IndexByte(flagLetters, c) < 0 {
			others = append(others, c)
		}
	}
	return base + infoMark + f.String() + string(others)
}

// isMessage says whether a file of new or cur is one. Names that begin with a
// dot are not (Maildir), nor can be those that a line of the journal cannot hold.
func isMessage(name string) bool {
	if name == "" || name[0] == '.' {
		return false
	}
	for _, c := range []byte(name) {
		if c < ' ' || c == 0x7f {
			return false
		}
	}
	return true
}

// attribute is the value of ",K=" in a base.
func attribute(base string, key byte) (string, bool) {
	for {
		_, rest, found := strings.Cut(base, ",")
		if !found {
			return "", false
		}
		if len(rest) >= 2 && rest[0] == key && rest[1] == '=' {
			value, _, _ := strings.Cut(rest[2:], ",")
			return value, true
		}
		base = rest
	}
}

// sizeInName is the size with lines ended by CR LF; -1 is that the name does not
// tell it.
func sizeInName(base string) int64 {
	value, found := attribute(base, 'W')
	size, err := strconv.ParseUint(value, 10, 63)
	if !found || err != nil {
		return -1
	}
	return int64(size)
}

// newName makes the base of a name that no other message has, up to the sizes.
func (s *Store) newName() string {
	now := s.clock.Now()
	return fmt.Sprintf("%d.M%dP%dQ%d.%s", now.Unix(), now.Nanosecond()/1000, processID, s.delivered.Add(1), s.host)
}

// withSize completes a base. What we store has lines ended by CR LF, so that the
// two sizes are one.
func withSize(base string, size int64) string { return fmt.Sprintf("%s,S=%d,W=%d", base, size, size) }

// hostInName is a host's name as it can be part of a file's; Maildir wants "/" as
// \057 and ":" as \072.
func hostInName(host string) string {
	const longest = 40
	host = escape(host, func(_ int, c byte) bool { return c > ' ' && c < 0x7f && strings.IndexByte(`/\:;,%`, c) < 0 })
	if host == "" {
		return "localhost"
	}
	return host[:min(len(host), longest)]
}

// receipt stands for a delivery's identifier, in names and in the book of those
// that are gone.
func receipt(id string) string {
	sum := sha256.Sum256([]byte(id))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// uniqueID is the name's part that is unique, if POP3 can say it: up to 70
// printing characters (RFC 1939 §7). Otherwise it is a digest.
func uniqueID(base string) string {
	const longest = 70
	unique, _, _ := strings.Cut(base, ",")
	legal := len(unique) > 0 && len(unique) <= longest
	for _, c := range []byte(unique) {
		legal = legal && c > ' ' && c < 0x7f
	}
	if legal {
		return unique
	}
	sum := sha256.Sum256([]byte(unique))
	return hex.EncodeToString(sum[:16])
}

// arrival is when a message came, by its name.
type arrival struct{ second, micro, number uint64 }

func (a arrival) compare(b arrival) int {
	return cmp.Or(cmp.Compare(a.second, b.second), cmp.Compare(a.micro, b.micro), cmp.Compare(a.number, b.number))
}

// arrivalOf reads the numbers of a base; those that it lacks are 0.
func arrivalOf(base string) arrival {
	second, rest, _ := strings.Cut(base, ".")
	var a arrival
	a.second, _ = strconv.ParseUint(second, 10, 64)
	unique, _, _ := strings.Cut(rest, ".")
	for i := 0; i < len(unique); i++ {
		switch unique[i] {
		case 'M':
			a.micro = leadingNumber(unique[i+1:])
		case 'Q':
			a.number = leadingNumber(unique[i+1:])
		}
	}
	return a
}

func leadingNumber(s string) uint64 {
	n := uint64(0)
	for _, c := range []byte(s) {
		if c < '0' || c > '9' || n > 1<<50 {
			break
		}
		n = n*10 + uint64(c-'0')
	}
	return n
}
