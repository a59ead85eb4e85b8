package ftpc_test

import (
	"bufio"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/wirebook/wirebook/clients/ftpc"
)

// startServer starts a server of one session that behaves as it likes.
func startServer(t *testing.T, behave func(conn net.Conn)) (address string) {
	ln := listen(t)
	var wait sync.WaitGroup
	wait.Go(func() {
		conn, err := ln.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		behave(conn)
	})
	t.Cleanup(wait.Wait)
	return ln.Addr().String()
}

// short is how long a client waits for a server that keeps it waiting.
const short = 300 * time.Millisecond

func TestServersThatKeepUsWaiting(t *testing.T) {
	for name, behave := range map[string]func(net.Conn){
		"silent":       func(conn net.Conn) { io.Copy(io.Discard, conn) },
		"half a line":  func(conn net.Conn) { io.WriteString(conn, "220 rea"); io.Copy(io.Discard, conn) },
		"no last line": func(conn net.Conn) { io.WriteString(conn, "220-ready\r\n"); io.Copy(io.Discard, conn) },
		"drop by drop": func(conn net.Conn) {
			for err := error(nil); err == nil; time.Sleep(short / 10) {
				_, err = io.WriteString(conn, "220-ready\r\n")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := ftpc.Client{Timeout: short}
			if _, err := client.Dial(t.Context(), startServer(t, behave)); !errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(err)
			}
		})
	}
}

func TestServersThatSayTooMuch(t *testing.T) {
	for name, text := range map[string]string{
		"a line without end": "220 " + strings.Repeat("x", 1<<16), "a reply without end": strings.Repeat("220-x\r\n", 1<<14),
		"another reply each time": strings.Repeat("120 wait\r\n", 1<<12),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			client := ftpc.Client{Timeout: patience}
			longest := 0
			client.Trace.Line = func(_ bool, line string) { longest = max(longest, len(line)) }
			address := startServer(t, func(conn net.Conn) {
				for err := error(nil); err == nil; {
					_, err = io.WriteString(conn, text)
				}
			})
			if s, err := client.Dial(t.Context(), address); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
				t.Error(s, err)
			}
			if longest > 8192 {
				t.Errorf("a line of %d bytes was told of", longest)
			}
		})
	}
}

// answering is a server that reads a command, and answers.
func answering(t *testing.T, passive net.Listener, answers map[string]string, then map[string]func()) string {
	return startServer(t, func(conn net.Conn) {
		lines := bufio.NewScanner(conn)
		io.WriteString(conn, "220 ready\r\n")
		for lines.Scan() {
			verb, _, _ := strings.Cut(lines.Text(), " ")
			switch answer := answers[verb]; {
			case answer != "":
				io.WriteString(conn, answer+"\r\n")
			case verb == "EPSV":
				fmt.Fprintf(conn, "229 (|||%d|)\r\n", passive.Addr().(*net.TCPAddr).Port)
			default:
				io.WriteString(conn, "200 well\r\n")
			}
			if f := then[verb]; f != nil {
				f()
			}
		}
	})
}

func TestAListingWithoutEnd(t *testing.T) {
	passive := listen(t)
	var sending sync.WaitGroup
	address := answering(t, passive, map[string]string{"FEAT": "500 What?", "LIST": "150 Here it comes", "ABOR": "426 Broken off\r\n226 Done"}, map[string]func(){
		"LIST": func() {
			sending.Go(func() {
				conn, err := passive.Accept()
				for err == nil {
					_, err = io.WriteString(conn, strings.Repeat("x", 1<<16))
				}
			})
		},
	})
	client := ftpc.Client{MaxListing: 1 << 20, Timeout: patience}
	session, err := client.Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	if _, err := session.List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Error(err)
	}
	sending.Wait()
	if err := session.Noop(t.Context()); err != nil {
		t.Errorf("the session should go on: %v", err)
	}
}

// Data that stops on its way, and a server that never opens the data connection.
func TestDataThatNeverComes(t *testing.T) {
	for _, active := range []bool{false, true} {
		address := answering(t, listen(t), map[string]string{"RETR": "150 Here it comes"}, nil)
		session, err := (&ftpc.Client{Timeout: short, Active: active}).Dial(t.Context(), address)
		if err != nil {
			t.Fatal(err)
		}
		_, err = session.Get(t.Context(), "a", io.Discard, 0)
		session.Close()
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Error(err)
		}
		failed, ok := errors.AsType[*ftpc.DataError](err)
		if ok != active || ok && (!failed.Active || !failed.At.IsValid()) {
			t.Errorf("active %v: %v", active, err)
		}
	}
}

// A server that does not answer ABOR is left alone.
func TestAbortThatNobodyAnswers(t *testing.T) {
	t.Parallel()
	passive := listen(t)
	address := answering(t, passive, map[string]string{"RETR": "150 Here it comes", "ABOR": "200-"}, map[string]func(){
		"RETR": func() {
			if conn, err := passive.Accept(); err == nil {
				io.WriteString(conn, "begins")
				t.Cleanup(func() { conn.Close() })
			}
		},
	})
	session, err := (&ftpc.Client{Timeout: patience}).Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if _, err := session.Get(ctx, "a", after{cancel}, 0); !errors.Is(err, context.Canceled) || !errors.Is(err, ftpc.ErrClosed) {
		t.Error(err)
	}
	if err := session.Ended(); !errors.Is(err, ftpc.ErrClosed) {
		t.Errorf("nobody knows whose the next reply is, and the session is %v", err)
	}
}

func TestACommandThatIsGivenUp(t *testing.T) {
	address := answering(t, nil, map[string]string{"PWD": "257-"}, nil)
	session, err := (&ftpc.Client{Timeout: patience}).Dial(t.Context(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer session.Close()
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	if _, err := session.Pwd(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
	if err := session.Noop(t.Context()); !errors.Is(err, ftpc.ErrClosed) {
		t.Error(err)
	}
}

// What is said before TLS begins may be an intruder's.
func TestWordsBeforeTLS(t *testing.T) {
	address := answering(t, nil, map[string]string{"AUTH": "234 Go ahead\r\n230 You are logged in"}, nil)
	client := ftpc.Client{Timeout: patience, TLS: &tls.Config{InsecureSkipVerify: true}}
	if _, err := client.Dial(t.Context(), address); err == nil || !strings.Contains(err.Error(), "between its reply to AUTH and TLS") {
		t.Error(err)
	}
	address = answering(t, nil, map[string]string{"AUTH": "502 No"}, nil)
	if _, err := client.Dial(t.Context(), address); !isRefusal(err, 502) {
		t.Error(err)
	}
}

func TestNobodyThere(t *testing.T) {
	ln := listen(t)
	ln.Close()
	if _, err := (&ftpc.Client{}).Dial(t.Context(), ln.Addr().String()); err == nil {
		t.Error("a session with nobody")
	}
	address := startServer(t, func(conn net.Conn) { io.WriteString(conn, "421 Too many users\r\n") })
	if _, err := (&ftpc.Client{}).Dial(t.Context(), address); !isRefusal(err, 421) {
		t.Error(err)
	}
}
