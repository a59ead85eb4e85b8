// An FTP client: ftp_client [--active|--passive] get|put|ls HOST FILE.
package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"os"
	"regexp"
	"strconv"
	"strings"
)

const usage = "usage: ftp_client [--active|--passive] get|put|ls HOST FILE"

func main() {
	words := os.Args[1:]
	active := false
	if len(words) > 0 && (words[0] == "--active" || words[0] == "--passive") {
		active = words[0] == "--active"
		words = words[1:]
	}
	if len(words) != 3 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	if err := run(active, words[0], words[1], words[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(active bool, verb, host, name string) error {
	socket, err := net.Dial("tcp4", net.JoinHostPort(host, "21"))
	if err != nil {
		return err
	}
	defer socket.Close()
	c := &client{socket: socket, text: textproto.NewConn(socket), active: active}
	if err := c.logIn(); err != nil {
		return err
	}
	switch verb {
	case "get":
		err = c.get(name)
	case "put":
		err = c.put(name)
	case "ls":
		err = c.transfer("LIST", func(data net.Conn) error {
			_, err := io.Copy(os.Stdout, data)
			return err
		})
	default:
		err = errors.New(usage)
	}
	if err != nil {
		return err
	}
	_, err = c.command(2, "QUIT")
	return err
}

type client struct {
	socket net.Conn
	text   *textproto.Conn // reads replies, of however many lines
	active bool
}

// reply reads one whose code begins with a digit.
func (c *client) reply(first int) (string, error) {
	_, text, err := c.text.ReadResponse(first)
	return text, err
}

func (c *client) command(first int, format string, args ...any) (string, error) {
	if _, err := fmt.Fprintf(c.socket, format+"\r\n", args...); err != nil {
		return "", err
	}
	return c.reply(first)
}

func (c *client) logIn() error {
	if _, err := c.reply(2); err != nil {
		return err
	}
	if _, err := c.command(3, "USER anonymous"); err != nil {
		return err
	}
	if _, err := c.command(2, "PASS guest@example.com"); err != nil {
		return err
	}
	_, err := c.command(2, "TYPE I")
	return err
}

func (c *client) get(name string) error {
	return c.transfer("RETR "+name, func(data net.Conn) error {
		content, err := io.ReadAll(data)
		if err != nil {
			return err
		}
		return os.WriteFile(name, content, 0o644)
	})
}

func (c *client) put(name string) error {
	content, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	return c.transfer("STOR "+name, func(data net.Conn) error {
		_, err := data.Write(content)
		return err
	})
}

// transfer gives a command that has a data connection.
func (c *client) transfer(command string, use func(net.Conn) error) error {
	agree := c.passive
	if c.active {
		agree = c.listen
	}
	connect, err := agree()
	if err != nil {
		return err
	}
	var data net.Conn
	if !c.active { // now: many servers say 150 only when somebody has connected
		if data, err = connect(); err != nil {
			return err
		}
		defer data.Close()
	}
	if _, err := c.command(1, "%s", command); err != nil {
		return err
	}
	if c.active {
		if data, err = connect(); err != nil {
			return err
		}
	}
	if err := errors.Join(use(data), data.Close()); err != nil {
		return err
	}
	_, err = c.reply(2)
	return err
}

var sixNumbers = regexp.MustCompile(`(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)`)

// passive has the server listen, and say where.
func (c *client) passive() (func() (net.Conn, error), error) {
	text, err := c.command(2, "PASV")
	if err != nil {
		return nil, err
	}
	n := sixNumbers.FindStringSubmatch(text)
	if n == nil {
		return nil, errors.New("no address in: " + text)
	}
	high, _ := strconv.Atoi(n[5])
	low, _ := strconv.Atoi(n[6])
	address := net.JoinHostPort(strings.Join(n[1:5], "."), strconv.Itoa(high*256+low))
	return func() (net.Conn, error) { return net.Dial("tcp4", address) }, nil
}

// listen waits for the server, at the address that it sees us at.
func (c *client) listen() (func() (net.Conn, error), error) {
	own := c.socket.LocalAddr().(*net.TCPAddr)
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: own.IP})
	if err != nil {
		return nil, err
	}
	port := l.Addr().(*net.TCPAddr).Port
	_, err = c.command(2, "PORT %s,%d,%d", strings.ReplaceAll(own.IP.String(), ".", ","), port/256, port%256)
	return l.Accept, err
}
