package ftpd_test

import (
	"bufio"
	"fmt"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/protocol/ftp"
	"github.com/wirebook/wirebook/servers/ftpd"
)

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(20 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within 20 seconds", what)
		}
	}
}

func TestSessionsTellWhoIsConnected(t *testing.T) {
	var sessions ftpd.Sessions
	if len(sessions.List()) > 0 {
		t.Error("somebody is there before there is a server")
	}
	large := &fstest.MapFile{Data: make([]byte, 64<<20)}
	server := start(t, &ftpd.Server{
		Users: map[string]ftpd.User{"alice": {Password: "secret", FS: fstest.MapFS{"large": large}}}, Sessions: &sessions,
	})
	conn, err := net.Dial("tcp", server.String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	in := bufio.NewReader(conn)
	say := func(line, reply string) string {
		t.Helper()
		if line != "" {
			fmt.Fprint(conn, line+"\r\n")
		}
		got, err := in.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, reply) {
			t.Fatalf("%s: %q, %v; want %s", line, got, err, reply)
		}
		return got
	}
	only := func() ftpd.Session {
		t.Helper()
		all := sessions.List()
		if len(all) != 1 {
			t.Fatalf("connected are %+v", all)
		}
		return all[0]
	}
	say("", "220")
	s := only()
	if s.User != "" || s.Server != server || s.Client.String() != conn.LocalAddr().String() || s.Transfer != nil {
		t.Errorf("a stranger is %+v", s)
	}
	say("USER alice", "331")
	say("PASS secret", "230")
	until(t, "alice is known", func() bool { return only().User == "alice" })
	at, err := ftp.ParsePassive(say("PASV", "227"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := net.Dial("tcp", at.String())
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	say("RETR large", "150")
	until(t, "some of the file has gone", func() bool { now := only().Transfer; return now != nil && now.Bytes > 0 })
	now := only().Transfer
	if now.Command != "RETR large" || now.Active || now.Server != at || now.Client.String() != data.LocalAddr().String() {
		t.Errorf("the transfer is %+v", now)
	}
	data.Close()
	say("", "4")
	until(t, "the transfer is over", func() bool { return only().Transfer == nil })
	conn.Close()
	until(t, "nobody is left", func() bool { return len(sessions.List()) == 0 })
}
