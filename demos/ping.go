package demos

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"strings"
	"time"
)

// ping is the book's UDP pinger: it sends a line, waits a second for the answer, and
// sends the next.
type ping struct {
	host, to, port string
	times          int
}

func parsePing(words []string) (action, error) {
	const most = 100
	if len(words) == 4 && isPort(words[2]) {
		if n, err := strconv.Atoi(words[3]); err == nil && n > 0 && n <= most {
			return ping{words[0], words[1], words[2], n}, nil
		}
	}
	return nil, fmt.Errorf("write from which host, to which, the port, and how many times (up to %d), as in alice www 12000 10", most)
}

func (a ping) check(c *checker) {
	c.host(a.host)
	c.host(a.to)
}

func (a ping) tell() *Event {
	return &Event{Sentence: sentence("do.ping", "Host", a.host, "To", a.to, "Port", a.port, "Count", a.times)}
}

func (a ping) do(ctx context.Context, p *play) error {
	to, err := p.address(a.to)
	if err != nil {
		return err
	}
	c, err := p.o.World.Node(a.host).DialContext(ctx, "udp", net.JoinHostPort(to.String(), a.port))
	if err != nil {
		return err
	}
	defer c.Close()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	defer stop()
	var trips []time.Duration
	for i := 1; i <= a.times && ctx.Err() == nil; i++ {
		rtt, err := a.once(ctx, p, c, i)
		if err != nil {
			return err
		}
		if rtt > 0 {
			trips = append(trips, rtt)
		}
	}
	p.output += p.say("ping.end", "Sent", a.times, "Lost", a.times-len(trips), "Percent", 100*(a.times-len(trips))/a.times) + "\n"
	return ctx.Err()
}

// once is one ping; no time has passed if there was no answer.
func (a ping) once(ctx context.Context, p *play, c net.Conn, i int) (time.Duration, error) {
	now := p.o.World.Clock().Now
	began := now()
	asked := fmt.Sprintf("Ping %d %s", i, began.Format(time.TimeOnly))
	if err := c.SetReadDeadline(began.Add(time.Second)); err != nil {
		return 0, err
	}
	if _, err := io.WriteString(c, asked); err != nil {
		return 0, err
	}
	buffer := make([]byte, 2048)
	for {
		n, err := c.Read(buffer)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			p.output += p.say("ping.timeout", "Number", i) + "\n"
			return 0, nil
		}
		if err != nil { // such as ICMP's port unreachable
			p.output += p.say("ping.error", "Number", i, "Error", err.Error()) + "\n"
			return 0, nil
		}
		if answer := string(buffer[:n]); strings.EqualFold(answer, asked) {
			rtt := now().Sub(began)
			p.output += p.say("ping.answer", "Number", i, "Text", answer, "RTT", milliseconds(rtt)) + "\n"
			return rtt, nil
		} // else it answers an earlier one
	}
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.3f ms", float64(d)/float64(time.Millisecond))
}
