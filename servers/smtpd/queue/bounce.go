package queue

import (
	"bufio"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"io"
	"math"
	"strings"
	"time"
)

// notify puts a delivery status notification (RFC 3464) for the sender into the
// queue. Its reverse-path is null, so that nobody answers it (RFC 5321 §4.5.5).
// Its ID is made from what it says: after a crash it is not written twice.
func (q *Queue) notify(ctx context.Context, m *message, action string, about []*record) error {
	text, err := q.notice(m, action, about)
	if err != nil {
		return err
	}
	sum := sha256.New()
	fmt.Fprint(sum, action)
	for _, r := range about {
		fmt.Fprint(sum, " ", r.To[0])
	}
	id := m.ID + "-" + base32.StdEncoding.EncodeToString(sum.Sum(nil))[:6]
	// A full queue must not keep itself from getting empty.
	_, err = q.add(ctx, Envelope{ID: id, To: []string{m.From}, UTF8: m.UTF8}, bytes.NewReader(text), math.MaxInt)
	return err
}

// notice writes the notification: a part for people, one for programs, and the
// header of the message that it is about.
func (q *Queue) notice(m *message, action string, about []*record) ([]byte, error) {
	header, err := q.header(m)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\r\n", args...) }
	boundary := "=_" + m.ID
	kind, report := "message/delivery-status", "text/rfc822-headers"
	if m.UTF8 { // RFC 6533 §3
		kind, report = "message/global-delivery-status", "message/global-headers"
	}
	subject := map[string]string{"failed": "Your message was not delivered", "delayed": "Your message is delayed"}[action]
	now := q.Clock.Now()
	line("From: Mail Delivery System <postmaster@%s>", q.Hostname)
	line("To: <%s>", m.From)
	line("Subject: %s", subject)
	line("Date: %s", now.Format(time.RFC1123Z))
	line("Message-ID: <%s.%s@%s>", m.ID, action, q.Hostname)
	line("Auto-Submitted: auto-replied")
	line("MIME-Version: 1.0")
	line("Content-Type: multipart/report; report-type=delivery-status;\r\n\tboundary=\"%s\"", boundary)
	line("")
	line("--%s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n", boundary)
	q.forPeople(line, m, action, about)
	line("--%s\r\nContent-Type: %s\r\n", boundary, kind)
	q.forPrograms(line, m, action, about)
	line("--%s\r\nContent-Type: %s\r\n", boundary, report)
	b.Write(header)
	line("\r\n--%s--", boundary)
	return b.Bytes(), nil
}

func (q *Queue) forPeople(line func(string, ...any), m *message, action string, about []*record) {
	if action == "failed" {
		line("This is the mail server %s. Your message could not be delivered to:\r\n", q.Hostname)
	} else {
		line("This is the mail server %s. Your message has not been delivered yet to the\r\n"+
			"following recipients. You need not send it again: it will be tried until %s.\r\n",
			q.Hostname, m.Arrived.Add(q.Schedule.Abandon).Format(time.RFC1123Z))
	}
	for _, r := range about {
		said := "This server says"
		if r.Remote != "" {
			said = r.Remote + " said"
		}
		line("<%s>\r\n    %s: %s\r\n", m.recipients[r.To[0]].Address, said, fold(r.Reply))
	}
}

// forPrograms is the part with the fields of RFC 3464 §2.2 and §2.3: one group for
// the message, and one for each recipient.
func (q *Queue) forPrograms(line func(string, ...any), m *message, action string, about []*record) {
	line("Reporting-MTA: dns; %s", q.Hostname)
	line("X-Queue-ID: %s", m.ID)
	line("Arrival-Date: %s\r\n", m.Arrived.Format(time.RFC1123Z))
	address := "rfc822"
	if m.UTF8 {
		address = "utf-8"
	}
	for _, r := range about {
		line("Final-Recipient: %s; %s", address, m.recipients[r.To[0]].Address)
		line("Action: %s", action)
		line("Status: %s", statusOf(r.Reply))
		if r.Remote != "" {
			line("Remote-MTA: dns; %s", r.Remote)
			line("Diagnostic-Code: smtp; %s", fold(r.Reply))
		}
		if action == "delayed" {
			line("Will-Retry-Until: %s", m.Arrived.Add(q.Schedule.Abandon).Format(time.RFC1123Z))
		}
		line("")
	}
}

// fold makes a reply one line, since what a stranger's server says must not begin
// a field or a part of ours.
func fold(reply string) string {
	const longest = 500
	reply = strings.Join(strings.Fields(strings.ToValidUTF8(reply, "?")), " ")
	if len(reply) > longest {
		reply = strings.ToValidUTF8(reply[:longest], "") + "…"
	}
	return reply
}

// statusOf is the enhanced status code of a reply (RFC 3463); one that has none
// tells no more than its first digit.
func statusOf(reply string) string {
	for word := range strings.FieldsSeq(reply) {
		if len(word) >= 5 && len(word) <= 9 && word[1] == '.' && strings.Trim(word, "0123456789.") == "" && strings.Count(word, ".") == 2 {
			return word
		}
	}
	if reply == "" || reply[0] < '2' || reply[0] > '5' {
		return "4.0.0"
	}
	return reply[:1] + ".0.0"
}

// header is a message's header, as far as it is not too long to be returned.
func (q *Queue) header(m *message) ([]byte, error) {
	const longest = 64 << 10
	text, err := q.text(m)
	if err != nil {
		return nil, err
	}
	defer text.Close()
	var header []byte
	in := bufio.NewReader(io.LimitReader(text, longest))
	for {
		line, err := in.ReadBytes('\n')
		if err == io.EOF {
			return header, nil
		} else if err != nil {
			return nil, err
		}
		if len(bytes.TrimRight(line, "\r\n")) == 0 {
			return header, nil
		}
		header = append(header, line...)
	}
}
