package pop3d

import (
	"bytes"
	"fmt"
	"io"
	"testing"

	"github.com/wirebook/wirebook/servers/mailbox/mailboxtest"
)

// BenchmarkRetr retrieves messages of 4 KB, in sessions of 1,000, whose commands
// are all sent at once.
func BenchmarkRetr(b *testing.B) {
	store, _ := mailboxtest.Three(b)
	const messages = 1000
	var texts []string
	var commands bytes.Buffer
	for i := range messages {
		texts = append(texts, letter(4096))
		fmt.Fprintf(&commands, "RETR %d\r\n", i+1)
	}
	mailboxtest.Deliver(b, store, "bob", texts...)
	address := start(b, &Server{Mail: store})
	commands.WriteString("QUIT\r\n")
	b.SetBytes(int64(len(texts[0])))
	b.ReportAllocs()
	b.ResetTimer()
	for retrieved := 0; retrieved < b.N; retrieved += messages {
		c := login(b, address, "bob")
		go c.conn.Write(commands.Bytes())
		if n, err := io.Copy(io.Discard, c.in); n < messages*4096 || err != nil {
			b.Fatalf("%d bytes, %v", n, err)
		}
	}
}
