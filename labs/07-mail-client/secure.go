package mailclient

import (
	"encoding/base64"
	"strings"

	"github.com/wirebook/wirebook/labs/check"
)

// startTLS is RFC 3207 §4.
func (s *session) startTLS(word string) {
	if s.secure {
		s.say("503 5.5.1 TLS is on " + word + "\r\n")
		return
	}
	s.say("220 2.0.0 ready to start TLS " + word + "\r\n")
	s.c, s.secure = s.c.TLS(), true
	s.from, s.to = false, false
}

// auth is RFC 4954, with the mechanisms that programs by hand use.
func (s *session) auth(words []string) {
	if !s.secure {
		s.clear = true
	}
	mechanism, first := "", ""
	if len(words) > 1 {
		mechanism = strings.ToUpper(words[1])
	}
	if len(words) > 2 {
		first = words[2]
	}
	prompts := []string{""}
	switch mechanism {
	case "LOGIN":
		prompts = []string{"VXNlcm5hbWU6", "UGFzc3dvcmQ6"} // "Username:", "Password:"
	case "PLAIN", "XOAUTH2":
	default:
		s.say("504 5.5.4 no such mechanism\r\n")
		return
	}
	for i, prompt := range prompts {
		text := first
		if i > 0 || first == "" {
			s.say("334 " + prompt + "\r\n")
			line, end := s.c.Line()
			if end != check.Done {
				return
			}
			text = strings.TrimRight(line, "\r\n")
		}
		if _, err := base64.StdEncoding.DecodeString(text); err != nil && s.badAuth == "" {
			s.badAuth = text
		}
	}
	s.say("235 2.7.0 accepted " + s.t.Word() + "\r\n")
}
