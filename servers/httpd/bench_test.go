package httpd

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"testing"
)

const getTen = "GET /ten.txt HTTP/1.1\r\nHost: www.example.com\r\nUser-Agent: test\r\nAccept: */*\r\n\r\n"

// BenchmarkKeepAlive is one small file after another on one connection of the
// machine's network.
func BenchmarkKeepAlive(b *testing.B) {
	conn := dial(b, start(b, &Server{}))
	in := bufio.NewReader(conn)
	fmt.Fprint(conn, getTen)
	size := responseSize(b, in)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := io.WriteString(conn, getTen); err != nil {
			b.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, in, size); err != nil {
			b.Fatal(err)
		}
	}
}

func responseSize(t testing.TB, in *bufio.Reader) (size int64) {
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		size += int64(len(line))
		if line == "\r\n" {
			break
		}
	}
	n, err := io.CopyN(io.Discard, in, 10)
	if err != nil {
		t.Fatal(err)
	}
	return size + n
}

// BenchmarkRead is the parser alone.
func BenchmarkRead(b *testing.B) {
	source := strings.NewReader(getTen)
	in := bufio.NewReader(source)
	var req request
	b.ReportAllocs()
	for b.Loop() {
		source.Reset(getTen)
		in.Reset(source)
		if err := req.read(in, fuzzRules); err != nil {
			b.Fatal(err)
		}
	}
}

// TestARequestIsOneAllocation keeps the steady state cheap: the head's text, of
// which all its strings are parts, is all that is allocated to read a request.
func TestARequestIsOneAllocation(t *testing.T) {
	source := strings.NewReader("")
	in := bufio.NewReader(source)
	var req request
	allocations := testing.AllocsPerRun(100, func() {
		source.Reset(getTen)
		in.Reset(source)
		if err := req.read(in, fuzzRules); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 1 {
		t.Errorf("%v allocations", allocations)
	}
}
