package ftpd_test

import (
	"io"
	"net"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/wirebook/wirebook/servers/ftpd"
)

// FuzzConversation: whatever a client says after it has logged in, the server
// answers in lines, and the conversation ends.
func FuzzConversation(f *testing.F) {
	for _, said := range []string{
		"EPSV\r\nLIST -la *.[txt\r\n",
		"PASV\r\nSTOR a\r\nABOR\r\n",
		"PORT 127,0,0,1,4,1\r\nRETR pub/README\r\n",
		"EPRT |1|127.0.0.1|1025|\r\nNLST ..\r\n",
		"\xff\xf4\xff\xf2ABOR\r\nREST 9223372036854775807\r\nTYPE L 8\r\n",
		"MLST \"\r\nRNFR pub\r\nRNTO pub/pub\r\nMFMT 0 x\r\nSTAT pub\r\n",
		"RMD .\r\nDELE .\r\nMKD " + strings.Repeat("a/", 50) + "\r\nCWD " + strings.Repeat("../", 50) + "\r\n",
	} {
		f.Add(said)
	}
	at := start(f, &ftpd.Server{
		Users: map[string]ftpd.User{"bob": {Password: "bob", FS: fstest.MapFS{"pub/README": {Data: []byte("Things to fetch\n"), Mode: 0o644}}}},
		// A transfer for which nobody comes ends soon.
		DataTimeout: 5 * time.Millisecond, MaxMemory: 1 << 20, MaxPerAddress: 1000, MaxConns: 1000,
	})
	f.Fuzz(func(t *testing.T, said string) {
		conn, err := net.Dial("tcp", at.String())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(patience))
		go func() {
			io.WriteString(conn, "USER bob\r\nPASS bob\r\n"+said+"\r\nQUIT\r\n")
			conn.(*net.TCPConn).CloseWrite()
		}()
		heard, err := io.ReadAll(conn)
		if err != nil && !strings.Contains(err.Error(), "reset") { // a line that is too long is not read to its end
			t.Fatalf("%q: %v", said, err)
		}
		for line := range strings.Lines(string(heard)) {
			if !strings.HasSuffix(line, "\r\n") || strings.Contains(strings.TrimSuffix(line, "\r\n"), "\r") {
				t.Errorf("%q was answered with the line %q", said, line)
			}
		}
	})
}
