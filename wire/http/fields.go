package http

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/wire/dissect"
)

const maxText = 200

// fields is the tree of the message's bytes.
func (m *Message) fields(b []byte) []dissect.Field {
	fields := []dissect.Field{m.startField(b)}
	for i := range m.Header {
		fields = append(fields, headerField(&m.Header[i]))
	}
	if m.empty.length > 0 {
		fields = append(fields, dissect.Field{Name: "Empty line", Key: "http.empty-line", Offset: m.empty.at, Length: m.empty.length})
	}
	if m.Framing == ByChunks {
		fields = append(fields, m.chunkFields(b)...)
	} else if body := len(b) - m.BodyOffset; body > 0 && m.BodySize > 0 {
		fields = append(fields, bodyField(b, place{m.BodyOffset, int(m.BodySize)}, "Body", "http.body"))
	}
	return fields
}

func (m *Message) startField(b []byte) dissect.Field {
	f := dissect.Field{
		Name: "Status line", Key: "http.status-line", Value: dissect.Text(within(b, place{0, m.start.length}), maxText), Length: m.start.length,
	}
	names := [...][2]string{{"Version", "http.version"}, {"Status code", "http.status"}, {"Reason phrase", "http.reason"}}
	if m.Request {
		f.Name, f.Key = "Request line", "http.request-line"
		names = [...][2]string{{"Method", "http.method"}, {"Target", "http.target"}, {"Version", "http.version"}}
	}
	f.Value = strings.TrimSuffix(strings.TrimSuffix(f.Value, `\n`), `\r`)
	for i, part := range m.parts {
		if part.length == 0 || part.at+part.length > m.start.length {
			continue
		}
		key := names[i][1]
		if key == "http.status" && m.Status >= 100 && m.Status < 600 {
			key += "." + strconv.Itoa(m.Status)
		}
		if key == "http.method" && slices.Contains(methods, m.Method) {
			key += "." + m.Method
		}
		f.Children = append(f.Children, dissect.Field{
			Name: names[i][0], Key: key, Value: dissect.Text(within(b, part), maxText), Offset: part.at, Length: part.length,
		})
	}
	return f
}

func headerField(h *Header) dissect.Field {
	return dissect.Field{
		Name: dissect.Text([]byte(h.Name), 80), Key: "http.header." + strings.ToLower(h.Name),
		Value: dissect.Text([]byte(h.Value), maxText), Offset: h.place.at, Length: h.place.length,
	}
}

func (m *Message) chunkFields(b []byte) []dissect.Field {
	var fields []dissect.Field
	for _, c := range m.chunks {
		if c.line.at >= len(b) {
			break
		}
		f := dissect.Field{
			Name: "Chunk", Key: "http.chunked", Value: fmt.Sprintf("%d bytes", c.data.length),
			Offset: c.line.at, Length: c.line.length + c.data.length,
		}
		f.Children = []dissect.Field{{
			Name: "Chunk size", Key: "http.chunked", Value: strings.TrimSpace(string(within(b, c.line))), Offset: c.line.at, Length: c.line.length,
		}}
		if c.data.length > 0 {
			f.Children = append(f.Children, bodyField(b, c.data, "Chunk data", "http.body"))
		}
		fields = append(fields, f)
	}
	for i := range m.Trailer {
		f := headerField(&m.Trailer[i])
		f.Key = "http.trailer"
		fields = append(fields, f)
	}
	return fields
}

// bodyField shows a body's first bytes; what was not kept has no place.
func bodyField(b []byte, p place, name, key string) dissect.Field {
	kept := within(b, p)
	return dissect.Field{
		Name: name, Key: key, Value: dissect.Text(kept, maxText), Offset: p.at, Length: len(kept),
	}
}

func bodyFields(b []byte) []dissect.Field {
	return []dissect.Field{bodyField(b, place{0, len(b)}, "Bytes", "http.body")}
}
