package ftp_test

import (
	"flag"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/dissect/rehearse"
	"github.com/wirebook/wirebook/wire/ftp"
)

var update = flag.Bool("update", false, "write what the dissector says into the conversations")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConversations(t *testing.T) { rehearse.Conversations(t, ftp.Protocol, *update) }

func FuzzStream(f *testing.F) { rehearse.Fuzz(f, ftp.Protocol) }

func dissector() dissect.StreamDissector { return rehearse.New(ftp.Protocol) }

// turns are those of a conversation, the client's first.
func turns(texts ...string) []rehearse.Turn {
	var turns []rehearse.Turn
	for i, text := range texts {
		turns = append(turns, rehearse.Turn{Server: i%2 == 1, Data: []byte(text)})
	}
	return turns
}

// say plays a conversation in which each text is a turn, the client's first.
func say(texts ...string) []rehearse.Said { return rehearse.Play(dissector(), turns(texts...), nil) }

func TestFields(t *testing.T) {
	for _, test := range []struct {
		command, reply string
		want           map[string][2]string // the field's bytes and its value
	}{
		{"RETR a b.txt\r\n", "", map[string][2]string{
			"ftp.command": {"RETR a b.txt\r\n", "RETR a b.txt"}, "ftp.command.RETR": {"RETR", "RETR"}, "ftp.argument": {"a b.txt", "a b.txt"},
		}},
		{"port 10,0,0,1,195,80\r\n", "", map[string][2]string{
			"ftp.command.PORT": {"port", "PORT"}, "ftp.host": {"10,0,0,1", "10.0.0.1"}, "ftp.port": {"195,80", "195 × 256 + 80 = 50000"},
		}},
		{"EPRT |2|2001:db8::5|5282|\r\n", "", map[string][2]string{
			"ftp.family": {"2", "2"}, "ftp.host": {"2001:db8::5", "2001:db8::5"}, "ftp.port": {"5282", "5282"},
		}},
		{"PASV\r\n", "227 Mode 2 (10,0,0,2,156,65).\r\n", map[string][2]string{
			"ftp.reply.227": {"227", "227"}, "ftp.host": {"10,0,0,2", "10.0.0.2"}, "ftp.port": {"156,65", "156 × 256 + 65 = 40001"},
		}},
		{"EPSV\r\n", "229 Extended (|||40001|)\r\n", map[string][2]string{
			"ftp.reply.229": {"229", "229"}, "ftp.text": {"Extended (|||40001|)", "Extended (|||40001|)"}, "ftp.port": {"40001", "40001"},
		}},
		{"\xff\xf4\xff\xf2ABOR\r\n", "", map[string][2]string{"ftp.command.ABOR": {"ABOR", "ABOR"}}},
		{"PASS wonderland\r\n", "", map[string][2]string{"ftp.argument": {"**********", "****"}}},
	} {
		said := say(test.command, test.reply)
		last := said[len(said)-1]
		tree := last.Part.Tree(last.Span.Bytes)
		for key, want := range test.want {
			f := dissect.Find(tree, key)
			if f == nil {
				t.Errorf("%q: no %s", test.command, key)
			} else if got := [2]string{string(last.Span.Bytes[f.Offset : f.Offset+f.Length]), f.Value}; got != want {
				t.Errorf("%q: %s is %q, want %q", test.command, key, got, want)
			}
		}
	}
}

func TestValues(t *testing.T) {
	said := say("PASV\r\n", "227 (10,0,0,2,156,65)\r\n", "PASS wonderland\r\n", "211-Two\r\n lines\r\n211 End\r\n")
	want := []ftp.Message{
		{Verb: "PASV"},
		{Code: 227, Lines: []string{"(10,0,0,2,156,65)"}, Address: netip.MustParseAddrPort("10.0.0.2:40001")},
		{Verb: "PASS", Arg: "****"},
		{Code: 211, Lines: []string{"Two", " lines", "End"}},
	}
	exported := cmp.FilterPath(func(p cmp.Path) bool {
		f, ok := p.Last().(cmp.StructField)
		return ok && strings.ToLower(f.Name()[:1]) == f.Name()[:1]
	}, cmp.Ignore())
	for i := range want {
		got := *said[i].Part.Value.(*ftp.Message)
		if diff := cmp.Diff(want[i], got, exported, cmp.Comparer(func(a, b netip.AddrPort) bool { return a == b })); diff != "" {
			t.Errorf("%s", diff)
		}
	}
}

// Nothing that the dissector says has a password in it, however it is written.
func TestPasswordsAreHidden(t *testing.T) {
	const secret = "Wonder1and"
	for _, line := range []string{
		"PASS " + secret + "\r\n", "pass " + secret + "\n", "PASS\t" + secret + "\r\n", " PASS " + secret + "\r\n", "PASS" + secret + "\r\n",
		"PASS " + secret, "\xff\xf4PASS  " + secret + " x\r\n", "ACCT " + secret + "\r\n", "PASS " + strings.Repeat(secret, 2000) + "\r\n",
		"PASS\x00" + secret + "\r\n",
	} {
		for _, s := range say(line) {
			whole := s.Part.Summary + string(s.Span.Bytes) + valuesOf(s.Part.Tree(s.Span.Bytes)) + s.Part.Value.(*ftp.Message).Arg
			for _, arg := range s.Part.Args {
				if text, ok := arg.(string); ok {
					whole += text
				}
			}
			if strings.Contains(whole, secret[1:]) {
				t.Errorf("%.40q: %.200q", line, whole)
			}
		}
	}
}

func valuesOf(fields []dissect.Field) string {
	var all strings.Builder
	for _, f := range fields {
		all.WriteString(f.Value + valuesOf(f.Children))
	}
	return all.String()
}

func TestEndlessLines(t *testing.T) {
	for name, text := range map[string]string{
		"a line": strings.Repeat("x", 1<<18), "a reply's line": "211 " + strings.Repeat("x", 1<<18), "a reply": "211-a\r\n" + strings.Repeat("x\r\n", 1<<15),
	} {
		for side := range 2 {
			turns := []rehearse.Turn{{Server: side == 1, Data: []byte(text)}, {Server: side == 1, Data: []byte("\r\n220 end\r\n")}}
			said := rehearse.Play(dissector(), turns, func(int) int { return 1460 })
			if len(said) == 0 || len(said[0].Part.Findings) == 0 || len(said[0].Part.Summary) > 1000 {
				t.Errorf("%s, side %d: %d messages", name, side, len(said))
			}
		}
	}
}

func TestEveryFindingIsListed(t *testing.T) {
	endless := turns(strings.Repeat("x", 10000)+"\r\n", "211-\r\n"+strings.Repeat("x\r\n", 1<<15))
	ofData := func(key string) bool {
		return strings.HasPrefix(key, "finding.ftp.data.") || key == "finding.ftp.port.nat"
	} // see data_test.go
	rehearse.Keys(t, ftp.Protocol, ofData, endless)
}

func TestSniff(t *testing.T) {
	for start, want := range map[string]dissect.Guess{
		"":                                    dissect.Perhaps,
		"22":                                  dissect.Perhaps,
		"220 ftp.example":                     dissect.Perhaps,
		"220 (vsFTPd 3.0.5)\r\n":              dissect.Yes,
		"220-Welcome to Pure-FTPd":            dissect.Perhaps,
		"220-Welcome to Pure-FTPd\r\n":        dissect.Yes,
		"220 ftp.example.com ESMTP ready\r\n": dissect.No,
		"220 mail.example.com\r\n":            dissect.No,
		"SSH-2.0-x":                           dissect.No,
		"220-" + strings.Repeat("-", 40) + " FTP server of the": dissect.Yes,
	} {
		if got := ftp.Protocol.Sniff(false, []byte(start)); got != want {
			t.Errorf("%q: %d, want %d", start, got, want)
		}
	}
	if got := ftp.Protocol.Sniff(true, []byte("USER alice\r\n")); got != dissect.No {
		t.Errorf("a client's USER may be POP3's: %d", got)
	}
}
