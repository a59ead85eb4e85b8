package smtp

import (
	"io"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/mail"
)

const maxReply = 64 << 10 // bytes in all its lines

// readReply reads a reply of one line, or of several, each of which has the code
// (RFC 5321 §4.2.1). Its Code is 0 where there is none.
func readReply(r *dissect.Reader) (m *Message, found []dissect.Finding, err error) {
	m = new(Message)
	for {
		at := r.Offset()
		line, wrong, err := replyLines.Read(r)
		switch {
		case err == dissect.ErrGap, err == io.EOF && at == 0:
			return nil, nil, err
		case err == io.EOF:
			return m, append(found, finding("reply.cut", "4.2.1", place{0, at}, dissect.Wrong)), nil
		}
		found = mail.AppendOnce(found, wrong...)
		code, more, ok := readStatus(line)
		switch {
		case !ok && at == 0:
			m.add(line, 0)
			return m, found, nil
		case !ok || m.Code != 0 && code != m.Code:
			found = mail.AppendOnce(found, finding("reply.codes", "4.2.1", place{at, len(mail.Trim(line))}, dissect.Wrong))
			more = more || !ok
		}
		start := 0
		if ok {
			start = min(len("250-"), len(mail.Trim(line)))
		}
		if m.Code == 0 {
			m.Code = code
		}
		m.add(line[start:], at+start)
		switch {
		case err == io.ErrUnexpectedEOF && more:
			return m, append(found, finding("reply.cut", "4.2.1", place{0, r.Offset()}, dissect.Wrong)), nil
		case !more:
			return m, found, nil
		case r.Offset() > maxReply:
			return m, append(found, finding("reply.too-long", "4.2.1", place{0, r.Offset()}, dissect.Warning)), nil
		}
	}
}
