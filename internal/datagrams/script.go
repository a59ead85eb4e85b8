package datagrams

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"strconv"
	"strings"
	"time"
)

// Script is a golden conversation. A file of them looks like this:
//
//	== a file of one block
//	client > RRQ hello.txt octet
//	client < DATA 1 "hello"
//	# The acknowledgment is lost.
//	client < +1s DATA 1 "hello"
//	stranger > ACK 1
//	stranger < ERROR 5 "unknown transfer ID"
//	client > ACK 1
//	client < nothing 1m
//
// ">" is what the test sends from the socket of that name, "<" what must arrive
// there, at once or exactly so long after the line before. A request goes to
// port 69, anything else to where the socket heard from last.
type Script struct {
	Name  string
	lines []line
}

type line struct {
	at     string // file:line
	socket string
	sends  bool
	after  time.Duration
	packet []byte // nil: nothing may arrive for that long
}

// ReadScripts reads a file.
func ReadScripts(file string) ([]Script, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var scripts []Script
	for i, s := range strings.Split(string(text), "\n") {
		at := fmt.Sprintf("%s:%d", file, i+1)
		if name, ok := strings.CutPrefix(s, "== "); ok {
			scripts = append(scripts, Script{Name: name})
			continue
		}
		if strings.TrimSpace(s) == "" || strings.HasPrefix(s, "#") {
			continue
		}
		if len(scripts) == 0 {
			return nil, fmt.Errorf("%s: a line before the first \"== name\"", at)
		}
		l, err := parseLine(s)
		if err != nil {
			return nil, fmt.Errorf("%s: %q: %w", at, s, err)
		}
		l.at = at
		last := &scripts[len(scripts)-1]
		last.lines = append(last.lines, l)
	}
	return scripts, nil
}

func parseLine(s string) (line, error) {
	socket, rest, _ := strings.Cut(s, " ")
	direction, rest, _ := strings.Cut(rest, " ")
	l := line{socket: socket, sends: direction == ">"}
	if !l.sends && direction != "<" {
		return l, fmt.Errorf("neither > nor <")
	}
	var err error
	if wait, ok := strings.CutPrefix(rest, "nothing "); ok {
		l.after, err = time.ParseDuration(wait)
		return l, err
	}
	if strings.HasPrefix(rest, "+") {
		wait, packet, _ := strings.Cut(rest[1:], " ")
		if l.after, err = time.ParseDuration(wait); err != nil {
			return l, err
		}
		rest = packet
	}
	l.packet, err = TFTP(rest)
	return l, err
}

var opcodes = map[string]uint16{"RRQ": 1, "WRQ": 2, "DATA": 3, "ACK": 4, "ERROR": 5, "OACK": 6}

// TFTP makes the datagram that text describes:
//
//	RRQ name octet blksize=1428    WRQ …    OACK blksize=1428
//	DATA 1 "text" 500*x            ACK 1    ERROR 1 "no such file"
//	BYTES "\x00\x09"
func TFTP(text string) ([]byte, error) {
	words, err := split(text)
	if err != nil || len(words) == 0 {
		return nil, fmt.Errorf("%q is no datagram: %v", text, err)
	}
	kind, words := words[0], words[1:]
	if kind == "BYTES" {
		return []byte(strings.Join(words, "")), nil
	}
	op, ok := opcodes[kind]
	if !ok {
		return nil, fmt.Errorf("no datagram is called %q", kind)
	}
	packet := binary.BigEndian.AppendUint16(nil, op)
	switch kind {
	case "DATA", "ACK", "ERROR":
		if len(words) == 0 {
			return nil, fmt.Errorf("%s needs a number", kind)
		}
		n, err := strconv.ParseUint(words[0], 10, 16)
		if err != nil {
			return nil, err
		}
		packet = binary.BigEndian.AppendUint16(packet, uint16(n))
		packet = append(packet, strings.Join(words[1:], "")...)
		if kind == "ERROR" {
			packet = append(packet, 0)
		}
		return packet, nil
	}
	for i, word := range words {
		name, value, isOption := strings.Cut(word, "=")
		packet = append(append(packet, name...), 0)
		if isOption && (i > 1 || kind == "OACK") {
			packet = append(append(packet, value...), 0)
		}
	}
	return packet, nil
}

// split takes words apart: plain ones, quoted ones, and 500*x for 500 times x.
func split(text string) ([]string, error) {
	var words []string
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		if quoted, err := strconv.QuotedPrefix(text); err == nil {
			word, err := strconv.Unquote(quoted)
			if err != nil {
				return nil, err
			}
			words, text = append(words, word), text[len(quoted):]
			continue
		}
		word, rest, _ := strings.Cut(text, " ")
		if times, of, ok := strings.Cut(word, "*"); ok {
			n, err := strconv.Atoi(times)
			if err != nil {
				return nil, err
			}
			word = strings.Repeat(of, n)
		}
		words, text = append(words, word), rest
	}
	return words, nil
}

// Player has the conversation of a script. Sockets are those that the script
// names; Port69 is where requests are sent.
type Player struct {
	Sockets map[string]*Socket
	Port69  netip.AddrPort
	heard   map[string]netip.AddrPort
	last    netip.AddrPort
}

// Play returns where the conversation is not what the script says.
func (p *Player) Play(s Script) error {
	p.heard = make(map[string]netip.AddrPort)
	for _, l := range s.lines {
		socket := p.Sockets[l.socket]
		if socket == nil {
			return fmt.Errorf("%s: there is no socket %q", l.at, l.socket)
		}
		if l.sends {
			socket.WriteToUDPAddrPort(l.packet, p.target(l))
			continue
		}
		if err := p.expect(socket, l); err != nil {
			return fmt.Errorf("%s: %w", l.at, err)
		}
	}
	return nil
}

func (p *Player) target(l line) netip.AddrPort {
	if op := binary.BigEndian.Uint16(append(bytes.Clone(l.packet), 0, 0)); op == 1 || op == 2 {
		return p.Port69
	}
	if to, ok := p.heard[l.socket]; ok {
		return to
	}
	if p.last.IsValid() {
		return p.last
	}
	return p.Port69
}

func (p *Player) expect(socket *Socket, l line) error {
	const patience = time.Hour
	wait := patience
	if l.packet == nil {
		wait = l.after
	}
	start := time.Now()
	socket.SetReadDeadline(start.Add(wait))
	b := make([]byte, 1<<16)
	n, from, err := socket.ReadFromUDPAddrPort(b)
	took := time.Since(start)
	switch {
	case l.packet == nil && err != nil:
		return nil
	case l.packet == nil:
		return fmt.Errorf("after %v %q came, where nothing should", took, b[:n])
	case err != nil:
		return fmt.Errorf("want %q: %w", l.packet, err)
	case !bytes.Equal(b[:n], l.packet):
		return fmt.Errorf("got %q\nwant %q", b[:n], l.packet)
	case took != l.after:
		return fmt.Errorf("it came after %v, not %v", took, l.after)
	}
	p.heard[l.socket], p.last = from, from
	return nil
}
