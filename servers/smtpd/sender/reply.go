package sender

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// reply is what a server answers: a code of three digits, and text (RFC 5321
// §4.2).
type reply struct {
	code  int
	lines []string // without the code
}

func (r reply) String() string { return fmt.Sprintf("%d %s", r.code, strings.Join(r.lines, " ")) }

// Error is the reply as a failure.
func (r reply) Error() string { return r.String() }

func (r reply) ok() bool        { return r.code/100 == 2 }
func (r reply) permanent() bool { return r.code/100 == 5 }

var errReply = errors.New("that is not a reply of SMTP")

// readReply reads a reply of one or several lines: "250-" begins one that is not
// the last. A server that never comes to an end is not listened to.
func readReply(in *bufio.Reader) (reply, error) {
	const longestLine, mostLines = 2000, 200
	var r reply
	for len(r.lines) < mostLines {
		line, err := mail.ReadLine(in, longestLine)
		if err != nil {
			return reply{}, err
		}
		code, more, err := cutReply(line)
		if err != nil || r.lines != nil && code != r.code {
			return reply{}, fmt.Errorf("%w: %.80q", errReply, line)
		}
		r.code = code
		text := ""
		if len(line) > 4 {
			text = line[4:]
		}
		r.lines = append(r.lines, text)
		if !more {
			return r, nil
		}
	}
	return reply{}, fmt.Errorf("%w: it has more than %d lines", errReply, mostLines)
}

func cutReply(line string) (code int, more bool, err error) {
	if len(line) < 3 || len(line) > 3 && line[3] != ' ' && line[3] != '-' {
		return 0, false, errReply
	}
	for _, c := range []byte(line[:3]) {
		if c < '0' || c > '9' {
			return 0, false, errReply
		}
		code = 10*code + int(c-'0')
	}
	if code < 200 || code > 599 {
		return 0, false, errReply
	}
	return code, len(line) > 3 && line[3] == '-', nil
}
