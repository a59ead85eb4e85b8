package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// loadPOP3 retrieves mailboxes for some seconds, a session each, and prints how many
// messages came in a second, and in all.
func loadPOP3(_ context.Context, args []string) error {
	sessions, err := strconv.Atoi(args[1])
	if err != nil {
		return err
	}
	ahead, err := strconv.Atoi(args[2])
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	errs := make([]error, sessions)
	rates := make([]float64, sessions)
	var messages atomic.Int64
	hung := time.AfterFunc(time.Minute, func() {
		fmt.Fprintln(os.Stderr, "the server does not answer")
		os.Exit(1)
	})
	defer hung.Stop()
	retrieve := func(user int) error {
		client := pop3Client{ahead: ahead}
		if err := client.dial(args[0], fmt.Sprint("user", user)); err != nil {
			return err
		}
		messages.Add(pop3Messages)
		return errors.Join(client.retrieve(pop3Messages), client.quit())
	}
	for user := range sessions {
		all.Go(func() {
			errs[user] = retrieve(user) // to warm up
			start, done := time.Now(), 0
			for errs[user] == nil && time.Since(start) < pop3Seconds*time.Second {
				errs[user] = retrieve(user)
				done += pop3Messages
			}
			rates[user] = float64(done) / time.Since(start).Seconds()
		})
	}
	all.Wait()
	sum := 0.0
	for _, rate := range rates {
		sum += rate
	}
	fmt.Printf("%.1f %d\n", sum, messages.Load())
	return errors.Join(errs...)
}

// pop3Client does as little as a client can, so that the server is what is measured.
type pop3Client struct {
	ahead int
	conn  io.ReadWriteCloser
	in    *bufio.Reader
}

func (c *pop3Client) dial(at, user string) (err error) {
	conn, err := net.Dial("tcp", at)
	if err != nil {
		return err
	}
	if c.conn, err = blocking(conn.(*net.TCPConn)); err != nil {
		return err
	}
	c.in = bufio.NewReaderSize(c.conn, 64<<10)
	for _, line := range []string{"", "USER " + user + "\r\n", "PASS secret\r\n"} {
		if _, err := io.WriteString(c.conn, line); err != nil {
			return err
		}
		if err := c.ok(); err != nil {
			c.conn.Close()
			return err
		}
	}
	return nil
}

func (c *pop3Client) ok() error {
	line, err := c.in.ReadSlice('\n')
	if err == nil && !bytes.HasPrefix(line, []byte("+OK")) {
		err = fmt.Errorf("the server says %q", line)
	}
	return err
}

func (c *pop3Client) retrieve(messages int) error {
	var commands []byte
	for sent, come := 0, 0; come < messages; come++ {
		commands = commands[:0]
		if sent-come <= c.ahead/2 {
			for sent < messages && sent-come < c.ahead {
				sent++
				commands = fmt.Appendf(commands, "RETR %d\r\n", sent)
			}
			if _, err := c.conn.Write(commands); err != nil {
				return err
			}
		}
		if err := c.ok(); err != nil {
			return err
		}
		octets := 0
		for {
			line, err := c.in.ReadSlice('\n')
			if err != nil {
				return err
			}
			if line[0] == '.' {
				break
			}
			octets += len(line)
		}
		if octets != pop3Octets {
			return fmt.Errorf("message %d has %d octets", come+1, octets)
		}
	}
	return nil
}

func (c *pop3Client) quit() error {
	defer c.conn.Close()
	if _, err := io.WriteString(c.conn, "QUIT\r\n"); err != nil {
		return err
	}
	return c.ok()
}
