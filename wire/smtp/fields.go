package smtp

import (
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

// fields is the tree of a command, a reply or a response.
func (m *Message) fields(b []byte) []dissect.Field {
	switch {
	case m.count > 0:
		return m.replyFields()
	case m.Response != "":
		return []dissect.Field{mail.SASLField("Response", within(b, m.arg), 0)}
	}
	return []dissect.Field{m.commandField(b)}
}

func (m *Message) replyFields() []dissect.Field {
	var tree []dissect.Field
	if m.Code != 0 {
		key := "smtp.reply"
		if slices.Contains(codes, m.Code) {
			key += "." + strconv.Itoa(m.Code)
		}
		tree = append(tree, dissect.Field{Name: "Code", Key: key, Value: strconv.Itoa(m.Code), Length: len("250")})
	}
	for i, p := range m.lines {
		tree = append(tree, m.textField(i, p))
	}
	return tree
}

// textField is the text of a reply's line: an extension, a challenge, or words.
func (m *Message) textField(i int, p place) dissect.Field {
	f := dissect.Field{Name: "Text", Key: "smtp.text", Value: text(m.Lines[i]), Offset: p.at, Length: p.length}
	switch {
	case m.hello && i > 0:
		f.Name, f.Key = "Extension", "smtp.extension"
		if name, _, _ := strings.Cut(strings.ToUpper(m.Lines[i]), " "); slices.Contains(extensions, name) {
			f.Key += "." + name
		}
	case m.Code == 334:
		f = mail.SASLField("Challenge", m.Lines[i], p.at)
	case i == 0 && m.Enhanced != "":
		f.Children = []dissect.Field{{
			Name: "Enhanced status code", Key: "smtp.enhanced." + m.Enhanced[:1], Value: m.Enhanced, Offset: p.at, Length: len(m.Enhanced),
		}}
	}
	return f
}

// extensions are those that have an entry of their own.
var extensions = []string{
	"STARTTLS", "SIZE", "PIPELINING", "8BITMIME", "SMTPUTF8", "CHUNKING", "DSN", "ENHANCEDSTATUSCODES", "AUTH",
}

func (m *Message) commandField(b []byte) dissect.Field {
	line := dissect.Field{Name: "Command line", Key: "smtp.command", Value: m.summary(), Length: len(b)}
	if m.Verb != "" {
		key := "smtp.command"
		if slices.Contains(verbs, m.Verb) {
			key += "." + m.Verb
		}
		line.Children = append(line.Children, dissect.Field{Name: "Command", Key: key, Value: m.Verb, Offset: m.verb.at, Length: m.verb.length})
	}
	if m.arg.length == 0 {
		return line
	}
	arg := dissect.Field{Name: "Argument", Key: "smtp.argument", Value: text(m.Arg), Offset: m.arg.at, Length: m.arg.length}
	if path, at := m.path(); path != "" {
		arg.Children = append(arg.Children, dissect.Field{Name: "Path", Key: "smtp.path", Value: text(path), Offset: m.arg.at + at, Length: len(path)})
		arg.Children = append(arg.Children, m.parameters(at+len(path))...)
	}
	if m.Verb == "AUTH" {
		arg.Value = strings.TrimPrefix(m.authSummary(), "AUTH ")
		if mechanism, response, _ := strings.Cut(m.Arg, " "); strings.Trim(response, "* ") != "" {
			arg.Children = []dissect.Field{mail.SASLField("Response", response, m.arg.at+len(mechanism)+1)}
		}
	}
	line.Children = append(line.Children, arg)
	return line
}

// parameters are what extensions have put behind an address: SIZE=1234 (RFC 5321
// §4.1.2).
func (m *Message) parameters(from int) []dissect.Field {
	var fields []dissect.Field
	for at := from; at < len(m.Arg) && len(fields) < maxLines; {
		n := strings.IndexByte(m.Arg[at:], ' ')
		if n < 0 {
			n = len(m.Arg) - at
		}
		if n > 0 {
			key := "smtp.parameter"
			if name, _, _ := strings.Cut(strings.ToUpper(m.Arg[at:at+n]), "="); name == "SIZE" {
				key = "smtp.extension.SIZE"
			}
			fields = append(fields, dissect.Field{Name: "Parameter", Key: key, Value: text(m.Arg[at : at+n]), Offset: m.arg.at + at, Length: n})
		}
		at += n + 1
	}
	return fields
}

// chunkFields is a further piece of a mail.
func chunkFields(b []byte) []dissect.Field {
	return []dissect.Field{{Name: "Chunk", Key: "smtp.command.BDAT", Value: dissect.Text(b, maxShown), Length: len(b)}}
}

// within is the text at p, as far as it is there.
func within(b []byte, p place) string {
	start := min(p.at, len(b))
	return string(b[start:min(start+p.length, len(b))])
}
