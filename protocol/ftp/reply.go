package ftp

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Reply is one answer of the server (RFC 959 §4.2): a code, and text for
// people. Of a reply of several lines
//
//	211-Extensions supported:
//	 MDTM
//	 SIZE
//	211 End
//
// the lines are "Extensions supported:", " MDTM", " SIZE" and "End".
type Reply struct {
	Code  int
	Lines []string
}

// The first digit of a code says how things stand (RFC 959 §4.2.1).
func (r Reply) Preliminary() bool  { return r.Code/100 == 1 } // begun; another reply will follow
func (r Reply) Completed() bool    { return r.Code/100 == 2 } // done
func (r Reply) Intermediate() bool { return r.Code/100 == 3 } // well, but more is needed, such as a password
func (r Reply) Transient() bool    { return r.Code/100 == 4 } // not now
func (r Reply) Permanent() bool    { return r.Code/100 == 5 } // not like this

// Text is the last line, without the code: all of a reply of one line.
func (r Reply) Text() string {
	if len(r.Lines) == 0 {
		return ""
	}
	return r.Lines[len(r.Lines)-1]
}

// String is the first line as it was sent: "227 Entering Passive Mode (…)".
func (r Reply) String() string {
	switch len(r.Lines) {
	case 0:
		return fmt.Sprintf("%03d", r.Code)
	case 1:
		return fmt.Sprintf("%03d %s", r.Code, r.Lines[0])
	}
	return fmt.Sprintf("%03d-%s", r.Code, r.Lines[0])
}

// The errors of ReadReply, beside those of reading.
var (
	ErrNoReply = errors.New("not an FTP reply")
	ErrTooLong = errors.New("a line that is too long")
	errTooMuch = errors.New("a reply of too many lines")
	maxReply   = 4096 // lines: STAT and HELP are the longest
)

// ReadReply reads one reply.
func ReadReply(r *bufio.Reader) (Reply, error) {
	line, err := ReadLine(r)
	if err != nil {
		return Reply{}, err
	}
	code, more, ok := replyStart(line)
	if !ok {
		return Reply{}, fmt.Errorf("%w: %q", ErrNoReply, clipped(line))
	}
	reply := Reply{Code: code, Lines: []string{afterCode(line)}}
	for more {
		if line, err = ReadLine(r); err != nil {
			return reply, unexpected(err)
		}
		if len(reply.Lines) == maxReply {
			return reply, errTooMuch
		}
		// Only the same code and a space end it; other digits are text.
		if c, between, ok := replyStart(line); ok && c == code {
			more, line = between, afterCode(line)
		}
		reply.Lines = append(reply.Lines, line)
	}
	return reply, nil
}

// replyStart reads the code of a line, and whether a hyphen says that more
// lines follow.
func replyStart(line string) (code int, more, ok bool) {
	if len(line) < 3 {
		return 0, false, false
	}
	for _, c := range []byte(line[:3]) {
		if c < '0' || c > '9' {
			return 0, false, false
		}
		code = code*10 + int(c-'0')
	}
	if code < 100 || code > 699 { // 6yz: RFC 2228 §5
		return 0, false, false
	}
	if len(line) == 3 || line[3] == ' ' {
		return code, false, true
	}
	return code, true, line[3] == '-'
}

func afterCode(line string) string {
	if len(line) < 4 {
		return ""
	}
	return line[4:]
}

// ReadLine reads a line of at most [MaxLine] bytes and returns it without its
// end: CR LF, or LF alone, which some send.
func ReadLine(r *bufio.Reader) (string, error) {
	var line []byte
	for {
		part, err := r.ReadSlice('\n')
		if len(line)+len(part) > MaxLine+len("\r\n") {
			return "", ErrTooLong
		}
		line = append(line, part...)
		if err == nil {
			return strings.TrimSuffix(strings.TrimSuffix(string(line), "\n"), "\r"), nil
		}
		if err != bufio.ErrBufferFull {
			if err == io.EOF && len(line) > 0 {
				err = io.ErrUnexpectedEOF
			}
			return "", err
		}
	}
}

func unexpected(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}

func clipped(s string) string {
	const enough = 80
	if len(s) > enough {
		return s[:enough] + "…"
	}
	return s
}
