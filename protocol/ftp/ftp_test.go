package ftp

import (
	"bufio"
	"errors"
	"io"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseCommand(t *testing.T) {
	for _, c := range []struct {
		line string
		want Command
	}{
		{"USER anonymous\r\n", Command{"USER", "anonymous"}},
		{"retr  two spaces \r\n", Command{"RETR", " two spaces "}},
		{"PWD", Command{Verb: "PWD"}},
		{"\xff\xf4\xff\xf2ABOR\r\n", Command{Verb: "ABOR"}}, // IAC IP, IAC DM
		{"\xff\xfd\x06NOOP\r\n", Command{Verb: "NOOP"}},     // IAC DO timing mark
		{"STOR \xff\xffname\r\n", Command{"STOR", "\xffname"}},
		{"STOR \xffname\r\n", Command{"STOR", "\xffname"}},
	} {
		if got, err := ParseCommand(c.line); err != nil || got != c.want {
			t.Errorf("%q: %+v, %v, want %+v", c.line, got, err, c.want)
		}
	}
	for _, line := range []string{"", "\r\n", "LS", "GET / HTTP/1.1"[3:], "123 abc", "VERYLONGVERB x"} {
		if got, err := ParseCommand(line); !errors.Is(err, ErrNoCommand) {
			t.Errorf("%q: %+v, %v", line, got, err)
		}
	}
}

func TestReadReply(t *testing.T) {
	for _, c := range []struct {
		text string
		want Reply
	}{
		{"220 ready\r\n", Reply{220, []string{"ready"}}},
		{"200\n", Reply{200, []string{""}}},
		{
			"211-Extensions supported:\r\n MDTM\r\n211-still\r\n212 no end\r\n211 End\r\n",
			Reply{211, []string{"Extensions supported:", " MDTM", "still", "212 no end", "End"}},
		},
	} {
		got, err := ReadReply(bufio.NewReader(strings.NewReader(c.text)))
		if err != nil || cmp.Diff(c.want, got) != "" {
			t.Errorf("%q: %v\n%s", c.text, err, cmp.Diff(c.want, got))
		}
	}
	for _, c := range []struct {
		text string
		want error
	}{
		{"", io.EOF},
		{"220 re", io.ErrUnexpectedEOF},
		{"211-begun\r\n", io.ErrUnexpectedEOF},
		{"HTTP/1.1 400 Bad Request\r\n", ErrNoReply},
		{"099 too low\r\n", ErrNoReply},
		{"220ready\r\n", ErrNoReply},
		{"220 " + strings.Repeat("x", MaxLine) + "\r\n", ErrTooLong},
		{"211-\r\n" + strings.Repeat("x\r\n", maxReply), errTooMuch},
	} {
		if _, err := ReadReply(bufio.NewReader(strings.NewReader(c.text))); !errors.Is(err, c.want) {
			t.Errorf("%.40q: %v, want %v", c.text, err, c.want)
		}
	}
}

func TestAddresses(t *testing.T) {
	v4, v6 := netip.MustParseAddrPort("192.0.2.11:50000"), netip.MustParseAddrPort("[2001:db8:1::11]:50000")
	for _, c := range []struct {
		parse func(string) (netip.AddrPort, error)
		text  string
		want  netip.AddrPort
	}{
		{ParsePort, "192,0,2,11,195,80", v4},
		{ParsePort, FormatPort(v4), v4},
		{ParsePort, "192,0,2,11,195,80 ", v4},
		{ParsePassive, FormatPassive(v4), v4},
		{ParsePassive, "Entering Passive Mode. 192,0,2,11,195,80", v4},
		{ParsePassive, "2 sockets: =192,0,2,11,195,80", v4},
		{ParseExtendedPort, "|1|192.0.2.11|50000|", v4},
		{ParseExtendedPort, "!2!2001:db8:1::11!50000!", v6},
		{ParseExtendedPort, FormatExtendedPort(v6), v6},
	} {
		if got, err := c.parse(c.text); err != nil || got != c.want {
			t.Errorf("%q: %v, %v", c.text, got, err)
		}
	}
	for _, text := range []string{"", "1,2,3,4,5", "1,2,3,4,5,6,7", "256,2,3,4,5,6", "1,2,3,4,5,999", "1,2,3,4,,6", "-1,2,3,4,5,6"} {
		if got, err := ParsePort(text); !errors.Is(err, ErrNoAddress) {
			t.Errorf("PORT %q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "|1|192.0.2.11|50000", "|2|192.0.2.11|50000|", "|1|2001:db8::1|50000|", "|1|192.0.2.11|65536|", "|1|192.0.2.11|0|", "|1|192.0.2.11|+5|", "|2|fe80::1%eth0|50000|"} {
		if got, err := ParseExtendedPort(text); !errors.Is(err, ErrNoAddress) {
			t.Errorf("EPRT %q: %v, %v", text, got, err)
		}
	}
	if port, err := ParseExtendedPassive(FormatExtendedPassive(40001)); port != 40001 || err != nil {
		t.Errorf("229: %v, %v", port, err)
	}
	for _, text := range []string{"", "(|||40001)", "|||40001|", "(|1|1.2.3.4|40001|)", "(||||)"} {
		if port, err := ParseExtendedPassive(text); !errors.Is(err, ErrNoAddress) {
			t.Errorf("229 %q: %v, %v", text, port, err)
		}
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add("Entering Passive Mode (192,0,2,11,195,80)")
	f.Add("|2|2001:db8:1::11|50000|")
	f.Add("Entering Extended Passive Mode (|||40001|)")
	f.Fuzz(func(t *testing.T, text string) {
		if a, err := ParsePassive(text); err == nil {
			if b, err := ParsePort(FormatPort(a)); err != nil || a != b {
				t.Errorf("227 %q: %v, then %v, %v", text, a, b, err)
			}
		}
		if a, err := ParseExtendedPort(text); err == nil {
			if b, err := ParseExtendedPort(FormatExtendedPort(a)); err != nil || a != b {
				t.Errorf("EPRT %q: %v, then %v, %v", text, a, b, err)
			}
		}
		if a, err := ParseExtendedPassive(text); err == nil {
			if b, err := ParseExtendedPassive(FormatExtendedPassive(a)); err != nil || a != b {
				t.Errorf("229 %q: %v, then %v, %v", text, a, b, err)
			}
		}
	})
}

func FuzzLines(f *testing.F) {
	f.Add("211-Extensions:\r\n MDTM\r\n211 End\r\n")
	f.Add("\xff\xf4\xff\xf2ABOR\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		if r, err := ReadReply(bufio.NewReader(strings.NewReader(text))); err == nil && (r.Code < 100 || len(r.Lines) == 0) {
			t.Errorf("%q: %+v", text, r)
		}
		if c, err := ParseCommand(text); err == nil {
			if again, err := ParseCommand(c.Verb); err != nil || again.Verb != c.Verb {
				t.Errorf("%q: %+v, then %+v, %v", text, c, again, err)
			}
		}
	})
}
