package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
)

// loadFTP does a task for some seconds, and prints how much was done in one. It
// does as little as a client can, so that the server is what is measured.
func loadFTP(_ context.Context, args []string) error {
	const warmUp, duration = 300 * time.Millisecond, 2 * time.Second
	at, who, name := args[0], args[1], args[2]
	for _, task := range ftpTasks {
		if task.name != name {
			continue
		}
		again, end, err := task.run(at, who)
		if err != nil {
			return err
		}
		defer end()
		for start := time.Now(); time.Since(start) < warmUp; {
			if err := again(); err != nil {
				return err
			}
		}
		count, start := 0, time.Now()
		for time.Since(start) < duration {
			if err := again(); err != nil {
				return err
			}
			count++
		}
		fmt.Printf("%.2f\n", float64(count)*task.per/time.Since(start).Seconds())
		return nil
	}
	return fmt.Errorf("no task %q", name)
}

// ftpLoad is a client.
type ftpLoad struct {
	net.Conn
	in     *bufio.Reader
	buffer []byte
}

// dialFTP logs in. A server that is just starting is called again.
func dialFTP(at, who string) (*ftpLoad, error) {
	const patience = 5 * time.Second
	conn, err := net.Dial("tcp", at)
	for start := time.Now(); err != nil && time.Since(start) < patience; conn, err = net.Dial("tcp", at) {
		time.Sleep(10 * time.Millisecond)
	}
	if err != nil {
		return nil, err
	}
	c := &ftpLoad{conn, bufio.NewReader(conn), make([]byte, 256<<10)}
	if err := errors.Join(c.expect(220), c.do(331, "USER "+who), c.do(230, "PASS "+who), c.do(200, "TYPE I")); err != nil {
		conn.Close()
		return nil, err
	}
	return c, nil
}

func (c *ftpLoad) expect(code int) error {
	acknowledgeAtOnce(c.Conn)
	reply, err := ftp.ReadReply(c.in)
	if err == nil && reply.Code != code {
		err = fmt.Errorf("%v, want %d", reply, code)
	}
	return err
}

func (c *ftpLoad) do(code int, line string) error {
	if _, err := io.WriteString(c, line+"\r\n"); err != nil {
		return err
	}
	return c.expect(code)
}

func (c *ftpLoad) open(line string) (net.Conn, error) {
	if _, err := io.WriteString(c, "EPSV\r\n"); err != nil {
		return nil, err
	}
	acknowledgeAtOnce(c.Conn)
	reply, err := ftp.ReadReply(c.in)
	if err != nil {
		return nil, err
	}
	port, err := ftp.ParseExtendedPassive(reply.Text())
	if err != nil {
		return nil, err
	}
	dialer := net.Dialer{KeepAlive: -1} // four system calls less
	conn, err := dialer.Dial("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(int(port))))
	if err != nil {
		return nil, err
	}
	if err := c.do(150, line); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

func (c *ftpLoad) get(name string, want int) error {
	conn, err := c.open("RETR " + name)
	if err != nil {
		return err
	}
	defer conn.Close()
	total := 0
	for {
		acknowledgeAtOnce(conn)
		n, err := discard(conn, c.buffer)
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
		total += n
	}
	conn.Close() // as clients do: vsftpd waits until its FIN is acknowledged
	if total != want {
		return fmt.Errorf("%d bytes came, not %d", total, want)
	}
	return c.expect(226)
}

func (c *ftpLoad) put(name string, size int) error {
	conn, err := c.open("STOR " + name)
	if err != nil {
		return err
	}
	defer conn.Close()
	for left := size; left > 0; {
		n, err := conn.Write(c.buffer[:min(left, len(c.buffer))])
		if err != nil {
			return err
		}
		left -= n
	}
	conn.Close()
	return c.expect(226)
}
