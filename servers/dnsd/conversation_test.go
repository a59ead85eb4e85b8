package dnsd

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/miekg/dns"
)

var update = flag.Bool("update", false, "write what the server says now into testdata/conversations")

// TestConversations asks what the C: lines of testdata/conversations ask and
// compares every word of the reply. A question is
//
//	C: NAME TYPE [+tcp] [+edns[=SIZE]] [+do] [+cd] [+norec] [class=CLASS]
func TestConversations(t *testing.T) {
	addr := serve(t, &Server{Role: textbook(t), Version: "textbook"})
	files, err := filepath.Glob("testdata/conversations/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatal("no conversations", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txt"), func(t *testing.T) {
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var got bytes.Buffer
			for line := range strings.Lines(string(want)) {
				switch {
				case strings.HasPrefix(line, "C: "):
					query, network := parseQuestion(t, line[3:])
					reply := ask(t, network, addr, query)
					reply.Id = 0
					fmt.Fprintf(&got, "%s%s\n", line, said(reply))
				case strings.HasPrefix(line, "#"):
					got.WriteString(line)
				}
			}
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if got.String() != string(want) {
				t.Errorf("the server says:\n%s\nand not:\n%s", got.String(), want)
			}
		})
	}
}

func parseQuestion(t *testing.T, line string) (query *dns.Msg, network string) {
	words := strings.Fields(line)
	qtype, ok := dns.StringToType[words[1]]
	if !ok {
		t.Fatalf("no type %q", words[1])
	}
	query, network = question(words[0], qtype), "udp"
	for _, word := range words[2:] {
		name, value, _ := strings.Cut(word, "=")
		switch name {
		case "+tcp":
			network = "tcp"
		case "+edns":
			size := 1232
			fmt.Sscan(value, &size)
			query.SetEdns0(uint16(size), false)
		case "+do":
			query.IsEdns0().SetDo()
		case "+cd":
			query.CheckingDisabled = true
		case "+norec":
			query.RecursionDesired = false
		case "class":
			query.Question[0].Qclass = dns.StringToClass[value]
		default:
			t.Fatalf("no option %q", word)
		}
	}
	return query, network
}

// said is the reply in dig's manner, a line of it after each "S: ".
func said(reply *dns.Msg) string {
	var out strings.Builder
	for line := range strings.Lines(reply.String()) {
		if line = strings.TrimRight(strings.ReplaceAll(line, "\t", " "), " \n"); line != "" {
			out.WriteString("S: " + line + "\n")
		}
	}
	return out.String()
}
