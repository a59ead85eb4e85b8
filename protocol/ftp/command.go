package ftp

import (
	"errors"
	"strings"
)

// MaxLine is the longest line that is read, without its end. RFC 959 sets no
// limit; a path of Linux's 4,096 bytes fits.
const MaxLine = 8192

// Command is one line of the client.
type Command struct {
	Verb string // in upper case: "RETR"
	Arg  string // what follows the space, as it is; a file name may end in spaces
}

// ErrNoCommand is that a line does not begin with a command of three or four
// letters (RFC 959 §5.3). Extensions have had more; up to eight are taken.
var ErrNoCommand = errors.New("not an FTP command")

// ParseCommand reads a line, whose CR LF may be there still. Telnet's control
// bytes, which clients put before ABOR (RFC 959 §3.3), are skipped.
func ParseCommand(line string) (Command, error) {
	line = strings.TrimRight(stripTelnet(line), "\r\n")
	verb, arg, _ := strings.Cut(line, " ")
	if len(verb) < 3 || len(verb) > 8 {
		return Command{}, ErrNoCommand
	}
	for _, c := range []byte(verb) {
		if c|0x20 < 'a' || c|0x20 > 'z' {
			return Command{}, ErrNoCommand
		}
	}
	return Command{strings.ToUpper(verb), arg}, nil
}

// String is the command as a line, without its end.
func (c Command) String() string {
	if c.Arg == "" {
		return c.Verb
	}
	return c.Verb + " " + c.Arg
}

// Secret reports whether the argument is something that nobody should see.
func (c Command) Secret() bool { return c.Verb == "PASS" || c.Verb == "ACCT" }

const telnetIAC = 0xff // "interpret as command" (RFC 854)

// stripTelnet takes Telnet's commands out of a line: FTP's control connection is
// a Telnet connection (RFC 959 §2.3), and a client that interrupts a transfer
// sends IAC IP, IAC DM before its ABOR. IAC IAC is the byte 255 itself.
func stripTelnet(line string) string {
	if strings.IndexByte(line, telnetIAC) < 0 {
		return line
	}
	var b strings.Builder
	for i := 0; i < len(line); i++ {
		if line[i] != telnetIAC || i+1 == len(line) {
			b.WriteByte(line[i])
			continue
		}
		i++
		switch command := line[i]; {
		case command == telnetIAC:
			b.WriteByte(telnetIAC)
		case command >= 0xfb && command <= 0xfe: // WILL, WONT, DO, DONT: an option follows
			i++
		case command < 0xf0: // no command of Telnet's: a name in Latin-1
			b.WriteByte(telnetIAC)
			i--
		}
	}
	return b.String()
}
