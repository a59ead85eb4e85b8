package explain

import (
	"fmt"
	"strconv"
	"strings"
)

// read calls value for each value of a catalogue file, in the file's order.
// A value stands beside its key, with no field, or in a field one level below:
//
//	cli.bye: Goodbye.
//	port.69:
//	  title: Trivial File Transfer Protocol
//
// This is a small part of YAML, read fifteen times as fast as the whole of it
// would be: a catalogue is read while somebody waits for an answer. A value is
// one line: plain, or in quotes where YAML asks for them, or a list in brackets.
// What this part leaves out is an error here, never read as something else; a
// test holds it against a real YAML reader.
func read(name, text string, value func(key, field, value string)) error {
	var key string
	for number := 1; text != ""; number++ {
		var line string
		line, text, _ = strings.Cut(text, "\n")
		if err := readLine(line, &key, value); err != nil {
			return fmt.Errorf("%s:%d: %w", name, number, err)
		}
	}
	return nil
}

func readLine(line string, key *string, value func(key, field, value string)) error {
	body := strings.TrimLeft(line, " ")
	if body == "" || body[0] == '#' {
		return nil
	}
	name, rest, ok := strings.Cut(body, ":")
	if !ok || name == "" || (rest != "" && rest[0] != ' ') {
		return fmt.Errorf("want \"key: value\", have %q", line)
	}
	v, err := scalar(strings.TrimSpace(rest))
	if err != nil {
		return err
	}
	switch indent := len(line) - len(body); {
	case indent == 0 && v == "":
		*key = name
	case indent == 0:
		*key = ""
		value(name, "", v)
	case indent == 2 && *key != "" && v != "":
		value(*key, name, v)
	default:
		return fmt.Errorf("a field stands two spaces below its key, and is not empty: %q", line)
	}
	return nil
}

func scalar(s string) (string, error) {
	if s == "" {
		return "", nil
	}
	switch s[0] {
	case '"':
		v, err := strconv.Unquote(s)
		if err != nil {
			return "", fmt.Errorf("a quoted value ends in its quote: %s", s)
		}
		return v, nil
	case '[':
		if !strings.HasSuffix(s, "]") {
			return "", fmt.Errorf("a list ends on its line: %s", s)
		}
		return s, nil
	}
	if strings.ContainsRune("'>|&*!%@`{}],#?-", rune(s[0])) || strings.Contains(s, ": ") ||
		strings.Contains(s, " #") || strings.HasSuffix(s, ":") {
		return "", fmt.Errorf("put this value in double quotes: %s", s)
	}
	return s, nil
}

// list is the items of a value in brackets: [a, b].
func list(s string) []string {
	s = strings.TrimSuffix(strings.TrimPrefix(s, "["), "]")
	if s == "" {
		return nil
	}
	return strings.Split(s, ", ")
}
