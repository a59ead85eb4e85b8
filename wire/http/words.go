package http

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

func (m *Message) summary() string {
	line := fmt.Sprintf("%s %s %s", m.Method, m.Target, m.Version)
	if !m.Request {
		line = fmt.Sprintf("%s %s %s", m.Version, m.code, m.Reason)
	}
	return dissect.Text([]byte(strings.TrimRight(line, " ")), 200)
}

// explained are the status codes whose responses have an explanation of their
// own; all others have their class's.
var explained = []int{100, 101, 206, 304, 404}

const (
	keyRequest  = "message.http.request"
	keyResponse = "message.http.response"
)

// key is the message's explanation.
func (m *Message) key() string {
	switch {
	case m.Request && slices.Contains(methods, m.Method):
		return keyRequest + "." + m.Method
	case m.Request:
		return keyRequest
	case slices.Contains(explained, m.Status):
		return keyResponse + "." + strconv.Itoa(m.Status)
	case m.Status >= 100 && m.Status < 600:
		return fmt.Sprintf("%s.%dxx", keyResponse, m.Status/100)
	}
	return keyResponse
}

func (m *Message) args() map[string]any {
	if m.Request {
		host, _ := m.Get("Host")
		return map[string]any{"Method": m.Method, "Target": m.Target, "Host": host}
	}
	return map[string]any{"Status": m.Status, "Reason": m.Reason, "Bytes": m.BodySize}
}

func keys() []string {
	all := []string{keyRequest, keyResponse, "message.http.extra"}
	for _, method := range methods {
		all = append(all, keyRequest+"."+method)
	}
	for class := 1; class <= 5; class++ {
		all = append(all, fmt.Sprintf("%s.%dxx", keyResponse, class))
	}
	for _, status := range explained {
		all = append(all, keyResponse+"."+strconv.Itoa(status))
	}
	for _, rule := range rules {
		all = append(all, "finding.http."+rule)
	}
	return all
}
