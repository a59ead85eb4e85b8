package smtp

import (
	"bufio"
	"errors"
	"fmt"
	"strings"

	"github.com/wirebook/wirebook/protocol/mail"
)

// Reply is what the server answers: a code and one line of text or several (RFC
// 5321 §4.2).
//
//	250-mail.example.edu
//	250 SIZE 10240000
type Reply struct {
	Code  int      // three digits; the first says how it went
	Lines []string // at least one, without the codes
}

// The first digit of the code (RFC 5321 §4.2.1). A code 4xx is also how a server
// says that a mailbox is full or a disk.
func (r Reply) Completed() bool { return r.Code/100 == 2 } // done
func (r Reply) Temporary() bool { return r.Code/100 == 4 } // the same may succeed later
func (r Reply) Permanent() bool { return r.Code/100 == 5 } // it will not

// Enhanced is the status code of RFC 3463 with which the text begins, as 5.1.1, or
// "". Only a server with the extension ENHANCEDSTATUSCODES means it as such (RFC
// 2034 §4).
func (r Reply) Enhanced() string {
	code, _, _ := strings.Cut(r.Lines[0], " ")
	class, rest, _ := strings.Cut(code, ".")
	subject, detail, ok := strings.Cut(rest, ".")
	if !ok || !digits(class, 1) || int(class[0]-'0') != r.Code/100 || !digits(subject, 3) || !digits(detail, 3) {
		return ""
	}
	return code
}

// digits reports whether text is at least one digit and at most so many.
func digits(text string, most int) bool {
	return text != "" && len(text) <= most && strings.Trim(text, "0123456789") == ""
}

// Extensions are what a reply to EHLO offers: by name, in capital letters, with
// their parameters. The first line is the server's name.
func (r Reply) Extensions() map[string]string {
	all := make(map[string]string)
	for _, line := range r.Lines[1:] {
		keyword, parameters, _ := strings.Cut(line, " ")
		all[strings.ToUpper(keyword)] = parameters
	}
	return all
}

// Text is all of the text, in one line.
func (r Reply) Text() string { return strings.Join(r.Lines, " ") }

func (r Reply) String() string { return strings.TrimRight(fmt.Sprintf("%d %s", r.Code, r.Text()), " ") }

// ErrProtocol is a reply that is none by RFC 5321.
var ErrProtocol = errors.New("that is not SMTP")

// ReadReply reads a reply (RFC 5321 §4.2.1): every line but the last has a hyphen
// behind its code. No line may be longer than so many bytes, and no reply have more
// lines than most. See, unless it is nil, is told each line.
func ReadReply(in *bufio.Reader, longest, most int, see func(line string)) (Reply, error) {
	var r Reply
	for {
		line, err := mail.ReadLine(in, longest)
		if errors.Is(err, mail.ErrLineTooLong) {
			return r, fmt.Errorf("%w: a line of more than %d bytes", ErrProtocol, longest)
		}
		if err != nil {
			return r, err
		}
		if see != nil {
			see(line)
		}
		code, text, last, ok := parseLine(line)
		switch {
		case !ok:
			return r, fmt.Errorf("%w: %.80q is no line of a reply", ErrProtocol, line)
		case len(r.Lines) > 0 && code != r.Code:
			return r, fmt.Errorf("%w: a reply of %d goes on with %d", ErrProtocol, r.Code, code)
		case len(r.Lines) == most:
			return r, fmt.Errorf("%w: a reply of more than %d lines", ErrProtocol, most)
		}
		r.Code, r.Lines = code, append(r.Lines, text)
		if last {
			return r, nil
		}
	}
}

// parseLine reads a line of a reply. Some servers leave out the space before a text
// that is empty, and a client must bear it (RFC 5321 §4.2).
func parseLine(line string) (code int, text string, last, ok bool) {
	if len(line) < 3 || line[0] < '2' || line[0] > '5' || line[1] < '0' || line[1] > '5' || line[2] < '0' || line[2] > '9' {
		return 0, "", false, false
	}
	code = int(line[0]-'0')*100 + int(line[1]-'0')*10 + int(line[2]-'0')
	if len(line) == 3 {
		return code, "", true, true
	}
	return code, line[4:], line[3] == ' ', line[3] == ' ' || line[3] == '-'
}
