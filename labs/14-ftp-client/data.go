package ftpclient

import (
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/labs/check"
)

// open agrees on where the next data connection will be.
func (s *server) open(verb, arg string) {
	if !s.loggedIn {
		s.say("530 Log in first")
		return
	}
	tester := s.control.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	port := uint16(1024 + 256*s.t.Rand.IntN(100) + 1 + s.t.Rand.IntN(255))
	switch verb {
	case "PASV":
		s.modes["passive"] = true
		s.data = door{true, netip.AddrPortFrom(tester, port)}
		a := s.told(tester).As4()
		numbers := fmt.Sprintf("%d,%d,%d,%d,%d,%d", a[0], a[1], a[2], a[3], port>>8, port&0xff)
		format := s.formats
		if format == "" {
			format = "227 Entering Passive Mode (%s)."
		}
		s.say(fmt.Sprintf(format, numbers))
	case "EPSV":
		s.modes["passive"] = true
		s.data = door{true, netip.AddrPortFrom(tester, port)}
		s.say(fmt.Sprintf("229 Entering Extended Passive Mode (|||%d|)", port))
	default:
		s.active(verb, arg)
	}
}

// told is how the program knows an address: one that it has as 127.0.0.1 must
// stay that.
func (s *server) told(tester netip.Addr) netip.Addr {
	if s.t.NameOf(tester) == "localhost" {
		return netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return tester
}

// active takes the address that the program listens at.
func (s *server) active(verb, arg string) {
	s.modes["active"] = true
	at, ok := parsePort(arg)
	if verb == "EPRT" {
		at, ok = parseExtended(arg)
	}
	if !ok {
		s.wrong(check.Mistake{Name: "port-format", Expected: "PORT h1,h2,h3,h4,p1,p2\r\n", Actual: verb + " " + arg + "\r\n", RFC: "RFC 959 §5.3.2"})
	}
	student := s.control.RemoteAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()
	local := at.Addr().IsLoopback() && s.told(s.control.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap()).IsLoopback()
	if at.Addr() != student && !local {
		s.wrong(check.Mistake{
			Name: "port-address", Args: map[string]any{"Told": at.Addr().String(), "Own": student.String()},
			Expected: portCommand(netip.AddrPortFrom(student, at.Port())), Actual: verb + " " + arg + "\r\n", RFC: "RFC 959 §4.1.2",
		})
	}
	s.data = door{false, netip.AddrPortFrom(student, at.Port())}
	s.say("200 So be it")
}

func portCommand(at netip.AddrPort) string {
	a := at.Addr().As4()
	return fmt.Sprintf("PORT %d,%d,%d,%d,%d,%d\r\n", a[0], a[1], a[2], a[3], at.Port()>>8, at.Port()&0xff)
}

// parsePort reads h1,h2,h3,h4,p1,p2.
func parsePort(arg string) (netip.AddrPort, bool) {
	words := strings.Split(strings.Trim(arg, " ()"), ",")
	var n [6]byte
	if len(words) != len(n) {
		return netip.AddrPort{}, false
	}
	for i, word := range words {
		v, err := strconv.ParseUint(strings.TrimSpace(word), 10, 8)
		if err != nil {
			return netip.AddrPort{}, false
		}
		n[i] = byte(v)
	}
	return netip.AddrPortFrom(netip.AddrFrom4([4]byte(n[:4])), uint16(n[4])<<8|uint16(n[5])), true
}

// parseExtended reads |1|132.235.1.2|6275| (RFC 2428 §2).
func parseExtended(arg string) (netip.AddrPort, bool) {
	words := strings.Split(arg, "|")
	if len(words) != 5 {
		return netip.AddrPort{}, false
	}
	at, err := netip.ParseAddrPort(net.JoinHostPort(words[2], words[3]))
	return at, err == nil
}

// rest is how long the program rests before the server goes on: so no reply
// arrives together with another, and a program that takes what recv() returns for one
// is judged where that is the question.
const rest = 100 * time.Millisecond

// transfer carries a file, or a list of files, over a connection of its own.
func (s *server) transfer(verb string) {
	switch {
	case !s.loggedIn:
		s.say("530 Log in first")
		return
	case verb == "RETR" && s.content == nil:
		s.denied = true
		s.data = door{}
		s.say("550 No such file")
		return
	case !s.data.at.IsValid():
		s.say("425 Use PORT or PASV first")
		return
	}
	var c *check.Conn
	if s.patient && s.data.passive { // as vsftpd does
		c = s.connect(verb)
	}
	s.say("150 Here it comes")
	if c == nil {
		c = s.connect(verb)
	}
	s.control.Still(rest)
	switch verb {
	case "RETR":
		c.Send(s.content)
		s.sent = true
	case "STOR":
		got, end := c.Receive(nil)
		if end != check.Closed {
			m := check.Mistake{Name: "never-closes", Conn: c, Offset: len(got), RFC: "RFC 959 §3.4"}
			s.t.Await(end, m)
		}
		s.got, s.stored = got, true
	default:
		c.SendText(s.listing)
		s.listed = true
	}
	c.EndSending()
	s.data = door{}
	s.control.Still(rest)
	s.say("226 Done")
	c.Close()
}

// connect makes the data connection: the server, or the program.
func (s *server) connect(verb string) *check.Conn {
	if !s.data.passive {
		from := netip.AddrPortFrom(s.control.LocalAddr().(*net.TCPAddr).AddrPort().Addr().Unmap(), 20)
		c, end := s.t.DialFrom(from, s.data.at)
		if end != check.Done {
			s.await(end, check.Mistake{
				Name: "not-listening", Conn: s.control, Offset: s.line, Args: map[string]any{"Port": s.data.at.Port()}, RFC: "RFC 959 §3.2",
			})
		}
		return c
	}
	c, end := s.arrive.Accept()
	s.await(end, check.Mistake{
		Name: "no-data-connection", Conn: s.control, Offset: s.line, Args: map[string]any{"Command": verb, "Address": s.data.at.String()}, RFC: "RFC 959 §3.2",
	})
	if at := c.LocalAddr().(*net.TCPAddr).AddrPort(); at.Port() != s.data.at.Port() || at.Addr().Unmap() != s.data.at.Addr() {
		m := check.Mistake{
			Name: "passive-address", Conn: s.control, Offset: s.line, Args: map[string]any{"Told": s.data.at.String(), "Took": at.String()}, RFC: "RFC 959 §4.1.2",
		}
		if !s.patient { // it has connected, if to a wrong place
			m = s.fails(m)
		}
		s.t.Wrong(m)
	}
	return c
}
