// Package rehearse plays conversations to a dissector, for its tests. A
// conversation is a text file:
//
//	C: GET / HTTP/1.1\r\n\r\n
//	S: HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi
//	C close
//	--
//	> HTTP "GET / HTTP/1.1" message.http.request.GET
//	    ! finding.http.host.missing RFC 9112 §3.2 "GET / HTTP/1.1\r\n"
//	< HTTP "HTTP/1.1 200 OK" message.http.response.2xx answers 1
//
// Above the dashes stands what is said, in Go's escapes; below, what the
// dissector makes of it.
package rehearse

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/frame"
	"github.com/wirebook/wirebook/wire/dissect"
)

// Turn is what one side says at once; Close and Reset end its direction after
// that.
type Turn struct {
	Server       bool
	Data         []byte
	Close, Reset bool
}

// Parse reads the turns of a conversation, and returns what stands below them.
func Parse(text string) (turns []Turn, want string, err error) {
	said, want, _ := strings.Cut(text, "--\n")
	for number, line := range strings.Split(strings.TrimSpace(said), "\n") {
		var turn Turn
		who, rest, spoken := strings.Cut(line, ": ")
		if spoken {
			data, err := strconv.Unquote(`"` + strings.ReplaceAll(rest, `"`, `\"`) + `"`)
			if err != nil {
				return nil, "", fmt.Errorf("line %d: %w", number+1, err)
			}
			turn.Data = []byte(data)
		} else {
			var what string
			who, what, _ = strings.Cut(line, " ")
			turn.Close, turn.Reset = what == "close", what == "reset"
		}
		if who != "C" && who != "S" {
			return nil, "", fmt.Errorf("line %d: %q is neither C nor S", number+1, who)
		}
		turn.Server = who == "S"
		turns = append(turns, turn)
	}
	return turns, want, nil
}

// Said is a message that the dissector has made.
type Said struct {
	Server bool
	Part   dissect.Part
	Span   dissect.Span
}

// Ends of the conversations that are played.
var (
	Client = netip.MustParseAddrPort("10.0.0.1:40000")
	Server = netip.MustParseAddrPort("10.0.0.2:80")
)

// Keep is how many bytes of each message are kept.
const Keep = 1 << 12

// Play has the dissector listen. cut says how many of the next bytes of a turn
// come in one segment; nil: all.
func Play(d dissect.StreamDissector, turns []Turn, cut func(left int) int) []Said {
	var said []Said
	var halves [2]*dissect.Half
	client, server := d.Stream(&dissect.Stream{
		Client: Client, Server: Server, Expect: func(dissect.Expectation) {},
		Translated: func() (client, server netip.AddrPort) { return Client, Server }, Open: yes, Closed: yes,
	})
	for i, read := range [...]func(*dissect.Reader){client, server} {
		halves[i] = dissect.NewHalf(read, Keep, func(p dissect.Part, s dissect.Span) dissect.Ref {
			said = append(said, Said{Server: i == 1, Part: p, Span: s})
			return dissect.Ref{ID: uint64(len(said)), Sent: s.End}
		})
	}
	defer halves[0].Stop()
	defer halves[1].Stop()
	start := time.Unix(1e9, 0)
	for _, turn := range turns {
		side := 0
		if turn.Server {
			side = 1
		}
		halves[1-side].Turn()
		for data := turn.Data; len(data) > 0; {
			n := len(data)
			if cut != nil {
				n = min(max(cut(n), 1), n)
			}
			start = start.Add(time.Millisecond)
			halves[side].Push(data[:n:n], n == len(data), &frame.Frame{Time: start, Data: data[:n]})
			data = data[n:]
		}
		if turn.Close || turn.Reset {
			halves[side].End(turn.Reset)
		}
	}
	for _, h := range halves {
		h.End(false)
	}
	return said
}

func yes() bool { return true }

// Text is the messages as they stand in a conversation's file.
func Text(said []Said) string {
	var b strings.Builder
	for _, s := range said {
		arrow := '>'
		if s.Server {
			arrow = '<'
		}
		fmt.Fprintf(&b, "%c %q %s, %d bytes", arrow, s.Part.Summary, s.Part.Key, s.Span.Size)
		if s.Part.Answers.ID != 0 {
			fmt.Fprintf(&b, ", answers %d", s.Part.Answers.ID)
		}
		b.WriteByte('\n')
		for i := range s.Part.Findings {
			f := &s.Part.Findings[i]
			start := min(max(f.Offset, 0), len(s.Span.Bytes))
			end := min(start+max(f.Length, 0), len(s.Span.Bytes))
			fmt.Fprintf(&b, "    ! %s %s %q\n", f.Key, f.Reference(), s.Span.Bytes[start:end])
		}
	}
	return b.String()
}
