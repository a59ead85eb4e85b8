// A DNS query by hand: go run dns_query.go NAME [SERVER]
package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand"
	"net"
	"os"
	"strings"
	"time"
)

const (
	typeA, typeCNAME, classIN = 1, 5, 1

	response, truncated, recursionDesired = 0x8000, 0x0200, 0x0100

	tries   = 3
	timeout = 2 * time.Second
)

var errMalformed = errors.New("the reply is no DNS message")

// query is a header with one question, and the question.
func query(id uint16, name string) []byte {
	var m []byte
	for _, word := range []uint16{id, recursionDesired, 1, 0, 0, 0} {
		m = binary.BigEndian.AppendUint16(m, word)
	}
	for _, label := range strings.Split(strings.TrimSuffix(name, "."), ".") {
		m = append(append(m, byte(len(label))), label...)
	}
	m = append(m, 0)
	m = binary.BigEndian.AppendUint16(m, typeA)
	return binary.BigEndian.AppendUint16(m, classIN)
}

// reader reads a message; once something is missing, all is.
type reader struct {
	message []byte
	at      int
	failed  bool
}

func (r *reader) take(n int) []byte {
	if r.failed || r.at+n > len(r.message) {
		r.failed = true
		return make([]byte, n)
	}
	r.at += n
	return r.message[r.at-n : r.at]
}

func (r *reader) number() int { return int(binary.BigEndian.Uint16(r.take(2))) }

// name reads a name, along its pointers (RFC 1035 §4.1.4).
func (r *reader) name() string {
	var labels []string
	behind := -1
	for range 128 { // more would be a loop of pointers
		n := int(r.take(1)[0])
		switch {
		case n >= 0xc0:
			to := (n&0x3f)<<8 | int(r.take(1)[0])
			if behind < 0 {
				behind = r.at
			}
			r.at = to
		case n == 0:
			if behind >= 0 {
				r.at = behind
			}
			return strings.Join(labels, ".")
		default:
			labels = append(labels, string(r.take(n)))
		}
	}
	r.failed = true
	return ""
}

// read returns the code of a reply, and a line for each of its answers.
func read(message []byte) (code int, lines []string, err error) {
	r := &reader{message: message, at: 2}
	flags, questions, answers := r.number(), r.number(), r.number()
	r.take(4)
	for range questions {
		r.name()
		r.take(4)
	}
	for range answers {
		owner := r.name()
		kind := r.number()
		r.take(6)
		length := r.number()
		next := r.at + length
		switch {
		case kind == typeA && length == 4:
			lines = append(lines, owner+" has address "+net.IP(r.take(4)).String())
		case kind == typeCNAME:
			lines = append(lines, owner+" is an alias of "+r.name())
		default:
			r.take(length)
		}
		r.at = next
	}
	if r.failed {
		return 0, nil, errMalformed
	}
	return flags & 0xf, lines, nil
}

// askUDP asks up to three times; what answers no question of ours is ignored.
func askUDP(server string, question []byte) ([]byte, error) {
	conn, err := net.Dial("udp", net.JoinHostPort(server, "53"))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	buffer := make([]byte, 4096)
	for range tries {
		if _, err := conn.Write(question); err != nil {
			return nil, err
		}
		_ = conn.SetReadDeadline(time.Now().Add(timeout))
		for {
			n, err := conn.Read(buffer)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				fmt.Println("no reply in time")
				break
			} else if err != nil {
				return nil, err
			}
			if m := buffer[:n]; isReply(m, question) {
				return m, nil
			}
		}
	}
	return nil, fmt.Errorf("%s does not answer", server)
}

func isReply(m, question []byte) bool {
	if len(m) < 12 || m[0] != question[0] || m[1] != question[1] || m[2]&(response>>8) == 0 {
		return false
	}
	_, _, err := read(m)
	return err == nil
}

// askTCP asks over TCP, where a message has its length before it.
func askTCP(server string, question []byte) ([]byte, error) {
	conn, err := net.Dial("tcp", net.JoinHostPort(server, "53"))
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	length := binary.BigEndian.AppendUint16(nil, uint16(len(question)))
	if _, err := conn.Write(append(length, question...)); err != nil {
		return nil, err
	}
	if _, err := io.ReadFull(conn, length); err != nil {
		return nil, err
	}
	m := make([]byte, binary.BigEndian.Uint16(length))
	_, err = io.ReadFull(conn, m)
	return m, err
}

// nameServer is the first of /etc/resolv.conf.
func nameServer() string {
	file, err := os.Open("/etc/resolv.conf")
	if err != nil {
		return "127.0.0.1"
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if words := strings.Fields(lines.Text()); len(words) > 1 && words[0] == "nameserver" {
			return words[1]
		}
	}
	return "127.0.0.1"
}

func ask(server, name string) error {
	question := query(uint16(rand.Intn(1<<16)), name)
	m, err := askUDP(server, question)
	if err == nil && binary.BigEndian.Uint16(m[2:])&truncated != 0 {
		m, err = askTCP(server, question)
	}
	if err != nil {
		return err
	}
	code, lines, err := read(m)
	switch {
	case err != nil:
		return err
	case code == 3:
		return fmt.Errorf("there is no name %s", name)
	case code != 0:
		return fmt.Errorf("%s answers with error %d", server, code)
	}
	fmt.Println(strings.Join(lines, "\n"))
	return nil
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: dns_query NAME [SERVER]")
		os.Exit(2)
	}
	server := nameServer()
	if len(os.Args) > 2 {
		server = os.Args[2]
	}
	if err := ask(server, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
