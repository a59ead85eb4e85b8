package imapc

import (
	"fmt"
	"strconv"
	"strings"
)

// response is the beginning of one: "*", "+" or a tag, and the word behind it, with
// the number that may stand before.
type response struct {
	tag    string
	number uint32
	word   string // in capital letters; "" after "+"
}

// response reads the beginning of the next response.
func (s *Session) response() (response, error) {
	s.listen()
	s.in.begin(s.client.MaxResponse)
	r, err := s.in.start()
	if err != nil {
		return r, s.conn.Fail(err)
	}
	return r, nil
}

func (p *parser) start() (r response, err error) {
	if r.tag, err = p.word(); err != nil {
		return r, err
	}
	if r.tag == "" {
		return r, fmt.Errorf("%w: a response without a tag", ErrProtocol)
	}
	if more, err := p.space(); err != nil || !more || r.tag == "+" {
		return r, err
	}
	if r.word, err = p.word(); err != nil {
		return r, err
	}
	if n, bad := strconv.ParseUint(r.word, 10, 32); bad == nil && r.tag == "*" {
		r.number = uint32(n)
		if _, err = p.space(); err == nil {
			r.word, err = p.word()
		}
	}
	r.word = strings.ToUpper(r.word)
	return r, err
}

// status reads the rest of a response after OK, NO, BAD, BYE or PREAUTH, and learns
// from its code.
func (s *Session) status() (Status, error) {
	text, err := s.in.rest()
	if err != nil {
		return Status{}, s.conn.Fail(err)
	}
	st := Status{Text: strings.TrimPrefix(text, " ")}
	if inside, ok := strings.CutPrefix(st.Text, "["); ok {
		if code, rest, ok := strings.Cut(inside, "]"); ok {
			st.Code, st.Text = code, strings.TrimPrefix(rest, " ")
		}
	}
	name, argument, _ := strings.Cut(st.Code, " ")
	n, _ := strconv.ParseUint(argument, 10, 32)
	switch strings.ToUpper(name) {
	case "CAPABILITY":
		s.setCapabilities(strings.Fields(argument))
	case "UIDVALIDITY":
		s.selected.UIDValidity = uint32(n)
	case "UIDNEXT":
		s.selected.UIDNext = uint32(n)
	case "READ-ONLY":
		s.selected.ReadOnly = true
	case "READ-WRITE":
		s.selected.ReadOnly = false
	}
	return st, nil
}

// heard reads a response. Done is that it was the reply.
func (s *Session) heard(r response, tag, name string, hear on) (status Status, done bool, err error) {
	switch {
	case r.tag == "*":
		return status, false, s.untagged(r, hear)
	case r.tag == tag && (r.word == "OK" || r.word == "NO" || r.word == "BAD"):
		status, err = s.status()
		if err == nil && r.word != "OK" {
			err = &Error{name, r.word, status}
		}
		return status, true, err
	}
	return status, false, s.conn.Fail(fmt.Errorf("%w: %.80q answers no command", ErrProtocol, r.tag+" "+r.word))
}

// untagged takes note of what the server says by itself.
func (s *Session) untagged(r response, hear on) error {
	switch r.word {
	case "EXISTS":
		s.selected.Messages = r.number
	case "EXPUNGE":
		s.selected.Messages -= min(1, s.selected.Messages)
	}
	var err error
	switch f := hear[r.word]; {
	case f != nil:
		err = f(r)
	case r.word == "BYE":
		var status Status
		if status, err = s.status(); err == nil {
			err = &Error{"the session", "BYE", status}
		}
		return s.conn.Fail(err)
	case r.word == "OK" || r.word == "NO" || r.word == "BAD" || r.word == "PREAUTH":
		_, err := s.status()
		return err
	case r.word == "CAPABILITY":
		var text string
		if text, err = s.in.rest(); err == nil {
			s.setCapabilities(strings.Fields(text))
			return nil
		}
	}
	if err == nil {
		err = s.in.pass()
	}
	if err != nil {
		return s.conn.Fail(err)
	}
	return nil
}
