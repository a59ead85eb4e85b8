// A mail client: SMTP by hand, on a socket.
package main

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"strings"
)

const (
	server   = "smtp.example.com"
	port     = "587"
	password = "secret"

	sender    = "alice@example.com"
	recipient = "bob@example.net"

	// A picture of one pixel.
	picture = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg=="
)

// conversation is the client's end of an SMTP conversation.
type conversation struct {
	conn  net.Conn
	lines *bufio.Reader
}

func (c *conversation) use(conn net.Conn) { c.conn, c.lines = conn, bufio.NewReader(conn) }

// expect reads a reply to its last line, which has no hyphen behind its code.
func (c *conversation) expect(code string) error {
	for {
		line, err := c.lines.ReadString('\n')
		if err != nil {
			return fmt.Errorf("the server closed the connection: %w", err)
		}
		line = strings.TrimSpace(line)
		fmt.Println("S:", line)
		if strings.HasPrefix(line, code+"-") {
			continue
		}
		if !strings.HasPrefix(line, code) {
			return fmt.Errorf("%s expected, and not %s", code, line)
		}
		return nil
	}
}

// say sends a line, and reads the reply to it.
func (c *conversation) say(line, code string) error {
	fmt.Println("C:", line)
	if _, err := fmt.Fprintf(c.conn, "%s\r\n", line); err != nil {
		return err
	}
	return c.expect(code)
}

// step is a line and the code that is expected.
type step struct{ line, code string }

func (c *conversation) all(steps ...step) error {
	for _, s := range steps {
		if err := c.say(s.line, s.code); err != nil {
			return err
		}
	}
	return nil
}

func (c *conversation) send(message string) error {
	err := c.all(step{"EHLO student", "250"}, step{"STARTTLS", "220"})
	if err != nil {
		return err
	}
	c.use(tls.Client(c.conn, &tls.Config{ServerName: server}))
	return c.all(
		step{"EHLO student", "250"},
		step{"AUTH LOGIN", "334"},
		step{base64.StdEncoding.EncodeToString([]byte(sender)), "334"},
		step{base64.StdEncoding.EncodeToString([]byte(password)), "235"},
		step{"MAIL FROM:<" + sender + ">", "250"},
		step{"RCPT TO:<" + recipient + ">", "250"},
		step{"DATA", "354"},
		step{stuffed(message) + "\r\n.", "250"},
	)
}

// stuffed doubles the dot at the beginning of a line; a dot alone ends the
// message.
func stuffed(message string) string {
	lines := strings.Split(message, "\r\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = "." + line
		}
	}
	return strings.Join(lines, "\r\n")
}

// compose makes a header, a blank line, and a body of two parts.
func compose(text string) string {
	return strings.Join([]string{
		"From: <" + sender + ">",
		"To: <" + recipient + ">",
		"Subject: Hello",
		"MIME-Version: 1.0",
		`Content-Type: multipart/mixed; boundary="part"`,
		"",
		"--part",
		"Content-Type: text/plain; charset=utf-8",
		"",
		text,
		"--part",
		"Content-Type: image/png",
		"Content-Transfer-Encoding: base64",
		"",
		picture,
		"--part--",
	}, "\r\n")
}

func run() error {
	fmt.Print("Text: ")
	text, _ := bufio.NewReader(os.Stdin).ReadString('\n')
	conn, err := net.Dial("tcp", net.JoinHostPort(server, port))
	if err != nil {
		return err
	}
	c := new(conversation)
	c.use(conn)
	if err = c.expect("220"); err == nil {
		err = c.send(compose(strings.TrimSpace(text)))
	}
	if quit := c.say("QUIT", "221"); err == nil {
		err = quit
	}
	return err
}

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "not sent:", err)
		os.Exit(1)
	}
}
