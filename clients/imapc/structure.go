package imapc

import (
	"fmt"
	"strings"
)

// Part is a part of a message that has no parts itself, as BODYSTRUCTURE tells (RFC
// 3501 §7.4.2). Its texts are as the sender wrote them.
type Part struct {
	Section     string            // what Fetch calls it: "1", "2.1"
	Type        string            // "text/plain"
	Parameters  map[string]string // "charset", "name"
	Encoding    string            // "base64"
	Octets      uint32            // as it is sent, encoded
	Disposition string            // "attachment", "inline" or ""
	About       map[string]string // the disposition's parameters: "filename"
}

// Structure says which parts a message has, of which then some can be fetched.
func (s *Session) Structure(uid uint32) ([]Part, error) {
	var parts []Part
	found := false
	_, err := s.run(newCommand(fmt.Sprintf("UID FETCH %d (BODYSTRUCTURE)", uid)), on{"FETCH": func(response) error {
		v, err := s.values(1)
		if err != nil {
			return err
		}
		items := v[0].list
		for i := 0; i+1 < len(items); i += 2 {
			if strings.EqualFold(items[i].str(), "BODYSTRUCTURE") {
				found, parts = true, appendParts(nil, items[i+1], "")
			}
		}
		return nil
	}})
	if err == nil && !found {
		err = fmt.Errorf("message %d: %w", uid, ErrNoMessage)
	}
	return parts, err
}

// appendParts adds the parts of a body: its own, if it begins with lists, each of
// which is a body; or itself.
func appendParts(parts []Part, body value, section string) []Part {
	if len(body.list) == 0 {
		return parts
	}
	if body.list[0].kind != list {
		if section == "" {
			section = "1" // a message without parts is its own first
		}
		return append(parts, partOf(body.list, section))
	}
	if section != "" {
		section += "."
	}
	for i, child := range body.list {
		if child.kind != list {
			break // behind the parts stands the subtype
		}
		parts = appendParts(parts, child, fmt.Sprint(section, i+1))
	}
	return parts
}

// partOf reads type, subtype, parameters, id, description, encoding and size. Behind
// these stand, of a text, its lines; of a message, three values; then an MD5 sum, the
// disposition, and more.
func partOf(v []value, section string) Part {
	at := func(i int) value {
		if i < len(v) {
			return v[i]
		}
		return value{}
	}
	p := Part{Section: section, Type: strings.ToLower(at(0).str() + "/" + at(1).str()), Parameters: pairs(at(2)), Encoding: strings.ToLower(at(5).str())}
	p.Octets, _ = at(6).number()
	disposition := 8
	switch {
	case strings.HasPrefix(p.Type, "text/"):
		disposition = 9
	case p.Type == "message/rfc822" || p.Type == "message/global":
		disposition = 11
	}
	if d := at(disposition).list; len(d) > 0 {
		p.Disposition = strings.ToLower(d[0].str())
		if len(d) > 1 {
			p.About = pairs(d[1])
		}
	}
	return p
}
