package ftp

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

// fields is the tree of a command or a reply.
func (m *Message) fields(b []byte) []dissect.Field {
	if len(m.Lines) == 0 {
		return []dissect.Field{m.commandField(b)}
	}
	var tree []dissect.Field
	if m.Code != 0 {
		tree = append(tree, dissect.Field{
			Name: "Code", Key: m.codeKey(), Value: strconv.Itoa(m.Code), Offset: m.codePlace().at, Length: m.codePlace().length,
		})
	}
	for i, p := range m.lines {
		f := dissect.Field{Name: "Text", Key: "ftp.text", Value: text(m.Lines[i]), Offset: p.at, Length: p.length}
		if i == len(m.lines)-1 && m.Address.IsValid() {
			f.Children = m.addressFields(b, p)
		}
		tree = append(tree, f)
	}
	return tree
}

func (m *Message) commandField(b []byte) dissect.Field {
	line := dissect.Field{Name: "Command line", Key: "ftp.command", Value: commandLine(m.Verb, m.Arg), Length: len(b)}
	if m.Verb != "" {
		key := "ftp.command"
		if slices.Contains(verbs, m.Verb) {
			key += "." + m.Verb
		}
		line.Children = append(line.Children, dissect.Field{
			Name: "Command", Key: key, Value: m.Verb, Offset: m.verb.at, Length: m.verb.length,
		})
	}
	if m.arg.length > 0 {
		f := dissect.Field{Name: "Argument", Key: "ftp.argument", Value: text(m.Arg), Offset: m.arg.at, Length: m.arg.length}
		if m.Address.IsValid() {
			f.Children = m.addressFields(b, m.arg)
		}
		line.Children = append(line.Children, f)
	}
	return line
}

// addressFields takes an address apart: h1,h2,h3,h4,p1,p2 in PORT and 227,
// |family|address|port| in EPRT, (|||port|) in 229.
func (m *Message) addressFields(b []byte, in place) []dissect.Field {
	if m.Verb == "EPRT" || m.Code == 229 {
		return m.extendedFields(within(b, in), in.at)
	}
	numbers := runsOfDigits(within(b, in), in.at)
	six := sixInARow(within(b, in), numbers, in.at)
	if six == nil {
		return nil
	}
	ip, port := m.Address.Addr(), int(m.Address.Port())
	return []dissect.Field{
		{Name: "Host", Key: "ftp.host", Value: ip.String(), Offset: six[0].at, Length: six[3].at + six[3].length - six[0].at},
		{
			Name: "Port", Key: "ftp.port", Value: fmt.Sprintf("%d × 256 + %d = %d", port>>8, port&0xff, port),
			Offset: six[4].at, Length: six[5].at + six[5].length - six[4].at,
		},
	}
}

// extendedFields are what stands between the bars.
func (m *Message) extendedFields(text []byte, at int) []dissect.Field {
	var tree []dissect.Field
	from, to := bytes.IndexByte(text, '(')+1, len(text)
	if end := bytes.IndexByte(text, ')'); m.Code == 229 && end > from {
		to = end
	}
	if from >= to {
		return nil
	}
	names := [...][2]string{{"Network protocol", "ftp.family"}, {"Network address", "ftp.host"}, {"TCP port", "ftp.port"}}
	bar := text[from : from+1]
	start := from + 1
	for _, name := range names {
		end := bytes.Index(text[min(start, to):to], bar)
		if end < 0 {
			break
		}
		if end > 0 {
			value := string(text[start : start+end])
			tree = append(tree, dissect.Field{Name: name[0], Key: name[1], Value: dissect.Text([]byte(value), maxShown), Offset: at + start, Length: end})
		}
		start += end + 1
	}
	return tree
}

// runsOfDigits are the places of the numbers in a text.
func runsOfDigits(text []byte, at int) []place {
	var runs []place
	for i := 0; i < len(text); i++ {
		n := 0
		for i+n < len(text) && '0' <= text[i+n] && text[i+n] <= '9' {
			n++
		}
		if n > 0 {
			runs = append(runs, place{at + i, n})
			i += n
		}
	}
	return runs
}

// sixInARow are the first six numbers with nothing but commas between them.
func sixInARow(text []byte, numbers []place, at int) []place {
	for i := 0; i+6 <= len(numbers); i++ {
		six := numbers[i : i+6]
		first, last := six[0].at-at, six[5].at+six[5].length-at
		if strings.Count(string(text[first:last]), ",") == 5 && len(strings.Trim(string(text[first:last]), "0123456789,")) == 0 &&
			!strings.Contains(string(text[first:last]), ",,") {
			return six
		}
	}
	return nil
}

func (m *Message) codeKey() string {
	if slices.Contains(codes, m.Code) {
		return "ftp.reply." + strconv.Itoa(m.Code)
	}
	return "ftp.reply"
}

// codePlace is where the code of a reply stands.
func (m *Message) codePlace() place {
	if m.Code == 0 {
		return place{}
	}
	return place{0, len("220")}
}

// lastLine is where the text of the last line that is known stands.
func (m *Message) lastLine() place { return m.lines[len(m.lines)-1] }
