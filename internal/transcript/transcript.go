// Package transcript plays golden conversations: a text file says what a client
// sends and what the server must answer, and a test plays it against a real
// server.
//
//	== a greeting                     a conversation, on a connection of its own
//	# A comment.
//	S: 220 mail.example.edu …         the server's line; "…" stands for anything
//	C: QUIT                           the client's line
//	S: 221 Bye
//	S. close                          the server closes the connection
//
// A line that begins with "C:" or "S:" ends in CRLF on the wire; one space after
// the colon belongs to the file. "C|" and "S|" are bytes as they are, with Go's
// escapes (\r \n \x00) and no line end added. "C. close" ends the client's side
// of the connection, and the server may still answer. Client lines that follow
// one another are sent together, in one write.
//
// After the last line the client ends its side, and the server must close the
// connection without a further byte.
package transcript

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Script is one conversation of a file.
type Script struct {
	Name  string
	steps []step
}

// step is one line of a script.
type step struct {
	at   string // file:line
	kind kind
	text string // on the wire, or what is expected there
}

type kind int

const (
	clientSays kind = iota
	clientCloses
	serverSays
	serverCloses
)

// Read reads all conversations of a file.
func Read(file string) ([]Script, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var scripts []Script
	for i, line := range strings.Split(string(text), "\n") {
		at := fmt.Sprintf("%s:%d", file, i+1)
		if name, ok := strings.CutPrefix(line, "== "); ok {
			scripts = append(scripts, Script{Name: name})
			continue
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if len(scripts) == 0 {
			return nil, fmt.Errorf("%s: a line before the first \"== name\"", at)
		}
		step, err := parseStep(at, line)
		if err != nil {
			return nil, err
		}
		last := &scripts[len(scripts)-1]
		last.steps = append(last.steps, step)
	}
	return scripts, nil
}

func parseStep(at, line string) (step, error) {
	mark, rest := line[:min(2, len(line))], line[min(2, len(line)):]
	rest = strings.TrimPrefix(rest, " ")
	switch mark {
	case "C:":
		return step{at, clientSays, rest + "\r\n"}, nil
	case "S:":
		return step{at, serverSays, rest + "\r\n"}, nil
	case "C|", "S|":
		text, err := strconv.Unquote(`"` + strings.ReplaceAll(rest, `"`, `\"`) + `"`)
		if err != nil {
			return step{}, fmt.Errorf("%s: %q: %w", at, rest, err)
		}
		if mark == "C|" {
			return step{at, clientSays, text}, nil
		}
		return step{at, serverSays, text}, nil
	}
	switch line {
	case "C. close":
		return step{at, clientCloses, ""}, nil
	case "S. close":
		return step{at, serverCloses, ""}, nil
	}
	return step{}, fmt.Errorf("%s: %q does not begin with C: S: C| or S|, nor says who closes", at, line)
}
