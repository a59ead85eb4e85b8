package sender

import (
	"bytes"
	"fmt"
	"io"

	"github.com/wirebook/wirebook/protocol/mail"
	"github.com/wirebook/wirebook/servers/smtpd/queue"
)

// transfer is one message (RFC 5321 §3.3). With an error the connection is of no
// further use; without results, too, nothing has been sent on it.
func (c *conversation) transfer(d *queue.Delivery) ([]queue.Result, error) {
	if err := c.can(d); err != nil {
		return same(d, err, c.host), nil
	}
	results, accepted, err := c.envelope(d)
	if results == nil || len(accepted) == 0 {
		if err == nil {
			err = c.reset()
		}
		return results, err
	}
	if err == nil {
		err = c.text(d, accepted, results)
	}
	for _, i := range accepted {
		if results[i].State == "" {
			results[i] = failed(err, c.host)
		}
	}
	return results, err
}

// can says what the server would have to be able to do and is not.
func (c *conversation) can(d *queue.Delivery) error {
	if _, able := c.extensions["SMTPUTF8"]; d.UTF8 && !able {
		return &noRoute{"550 5.6.7", fmt.Errorf("the message has addresses in UTF-8, and %s does not know SMTPUTF8", c.host)}
	}
	if _, able := c.extensions["8BITMIME"]; able {
		return nil
	}
	wide, err := is8Bit(d)
	if err != nil {
		return err
	}
	if wide {
		return &noRoute{"554 5.6.3", fmt.Errorf("the message has octets beyond ASCII, and %s does not know 8BITMIME", c.host)}
	}
	return nil
}

func is8Bit(d *queue.Delivery) (bool, error) {
	text, err := d.Open()
	if err != nil {
		return false, err
	}
	defer text.Close()
	piece := make([]byte, 32<<10)
	for {
		n, err := text.Read(piece)
		if bytes.ContainsFunc(piece[:n], func(r rune) bool { return r >= 0x80 }) {
			return true, nil
		}
		if err == io.EOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
}

// envelope says who the message is from and for. With a server that can, all that
// is one write (RFC 2920). Results are those of recipients that were not
// accepted; the others' are still empty.
func (c *conversation) envelope(d *queue.Delivery) (results []queue.Result, accepted []int, err error) {
	_, pipelining := c.extensions["PIPELINING"]
	c.say("MAIL FROM:<%s>%s", d.From, c.parameters(d))
	if pipelining {
		for _, to := range d.To {
			c.say("RCPT TO:<%s>", to)
		}
	}
	sender, err := c.hear(c.limits.Reply)
	if err != nil {
		return nil, nil, err
	}
	if !sender.Completed() && !pipelining {
		return same(d, refusal{sender}, c.host), nil, nil
	}
	results = make([]queue.Result, len(d.To))
	for i, to := range d.To {
		if !pipelining {
			c.say("RCPT TO:<%s>", to)
		}
		r, err := c.hear(c.limits.Reply)
		switch {
		case err != nil:
			return same(d, err, c.host), nil, err
		case !sender.Completed():
			results[i] = failed(refusal{sender}, c.host)
		case r.Completed():
			accepted = append(accepted, i)
		case r.Code == 552: // as old servers say "too many" (RFC 5321 §4.5.3.1.10)
			r.Code = 452
			fallthrough
		default:
			results[i] = failed(refusal{r}, c.host)
		}
	}
	return results, accepted, nil
}

// parameters are what MAIL says beyond the address.
func (c *conversation) parameters(d *queue.Delivery) string {
	all := ""
	if _, able := c.extensions["8BITMIME"]; able {
		all += " BODY=8BITMIME"
	}
	if _, able := c.extensions["SIZE"]; able {
		all += fmt.Sprintf(" SIZE=%d", d.Size)
	}
	if d.UTF8 {
		all += " SMTPUTF8"
	}
	return all
}

// text sends the message to those who were accepted. After the dot it is the
// server's, if the reply is 250; if none comes, nobody knows whose it is.
func (c *conversation) text(d *queue.Delivery, accepted []int, results []queue.Result) error {
	text, err := d.Open()
	if err != nil {
		return err
	}
	defer text.Close()
	r, err := c.ask("DATA")
	if err != nil {
		return err
	}
	if r.Code != 354 {
		for _, i := range accepted {
			results[i] = failed(refusal{r}, c.host)
		}
		return c.reset()
	}
	dots := mail.NewDotWriter(c.out)
	if _, err := io.Copy(dots, text); err != nil {
		return err
	}
	d.Sending(c.host, accepted)
	if err := dots.Close(); err != nil {
		return err
	}
	r, err = c.hear(c.limits.End)
	if err != nil && r.Code == 0 {
		for _, i := range accepted {
			results[i] = failed(err, c.host)
			results[i].InDoubt = true
		}
		return err
	}
	for _, i := range accepted {
		results[i] = failed(refusal{r}, c.host)
		if r.Completed() {
			results[i] = queue.Result{State: queue.Delivered, Reply: r.String(), Remote: c.host}
		}
	}
	return err
}

// reset ends a transaction without a message.
func (c *conversation) reset() error {
	_, err := c.ask("RSET")
	return err
}
