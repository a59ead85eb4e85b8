// Doubled dots stay.
// fails: stuffing wrong not-unstuffed
// A POP3 client: fetches and prints all messages of a mailbox.
package main

import (
	"bufio"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
)

const (
	server   = "pop.example.com"
	user     = "alice"
	password = "secret"
)

// mailbox is the client's end of a POP3 conversation.
type mailbox struct {
	conn  net.Conn
	lines *bufio.Reader
}

func (m *mailbox) use(conn net.Conn) { m.conn, m.lines = conn, bufio.NewReader(conn) }

func (m *mailbox) line() (string, error) {
	line, err := m.lines.ReadString('\n')
	return strings.TrimRight(line, "\r\n"), err
}

func (m *mailbox) answer() error {
	line, err := m.line()
	if err != nil {
		return err
	}
	fmt.Println("S:", line)
	if !strings.HasPrefix(line, "+OK") {
		return errors.New(line)
	}
	return nil
}

// say says commands, one after the other, until one is refused.
func (m *mailbox) say(commands ...string) error {
	for _, command := range commands {
		fmt.Println("C:", command)
		if _, err := fmt.Fprintf(m.conn, "%s\r\n", command); err != nil {
			return err
		}
		if err := m.answer(); err != nil {
			return err
		}
	}
	return nil
}

// rest reads the lines of an answer, up to a dot alone; of two dots one was added.
func (m *mailbox) rest() (lines []string, err error) {
	for {
		line, err := m.line()
		if err != nil || line == "." {
			return lines, err
		}
		lines = append(lines, line)
	}
}

func (m *mailbox) fetch() error {
	if err := m.say("STLS"); err != nil {
		return err
	}
	m.use(tls.Client(m.conn, &tls.Config{ServerName: server}))
	if err := m.say("USER "+user, "PASS "+password, "LIST"); err != nil {
		return err
	}
	list, err := m.rest()
	if err != nil {
		return err
	}
	for _, entry := range list {
		number, _, _ := strings.Cut(entry, " ")
		if err := m.say("RETR " + number); err != nil {
			return err
		}
		lines, err := m.rest()
		if err != nil {
			return err
		}
		fmt.Println(strings.Join(lines, "\n"))
	}
	return nil
}

func run() error {
	conn, err := net.Dial("tcp", server+":110")
	if err != nil {
		return err
	}
	defer conn.Close()
	m := new(mailbox)
	m.use(conn)
	if err = m.answer(); err == nil {
		err = m.fetch()
	}
	if quit := m.say("QUIT"); err == nil {
		err = quit
	}
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "not fetched:", err)
		os.Exit(1)
	}
}
