package control

import (
	"bufio"
	"bytes"
	"io"
	"net"
	"testing"
)

// silent is a connection to which anything can be written.
type silent struct{ net.Conn }

func (silent) Write(p []byte) (int, error) { return len(p), nil }
func (silent) Close() error                { return nil }

// FuzzFrames lets each reader of frames read what another process never should
// have sent: every one must come to an end, with an error.
func FuzzFrames(f *testing.F) {
	f.Add([]byte("D\x00\x00\x00\x05helloF\x00\x00\x00\x00"))
	f.Add([]byte("E\x00\x00\x00\x0c{\"Text\":\"x\"}"))
	f.Add([]byte("D\x00\x00\x00\x12\x0e127.0.0.1:9999abc"))
	f.Add([]byte("D\xff\xff\xff\xff"))
	f.Add([]byte("D\x00\x00\x00\x00O\x00\x00\x00\x00"))
	f.Fuzz(func(t *testing.T, sent []byte) {
		from := func() *frames { return &frames{Conn: silent{}, r: bufio.NewReader(bytes.NewReader(sent))} }

		if _, err := io.ReadAll(newStream(from(), "tcp", socketReply{})); err != nil && err.Error() == "" {
			t.Error("an error without a text")
		}
		packets := newDatagrams(from(), "udp", socketReply{})
		var err error
		for range len(sent)/headerSize + 1 {
			_, _, err = packets.ReadFrom(make([]byte, 100))
		}
		if err == nil {
			t.Error("more datagrams than there can be")
		}
		_ = streamToHost(from(), silent{})
		packetsToHost(newDatagrams(from(), "udp", socketReply{}).frames, connected{silent{}})
		_, _ = (&listener{f: from()}).next()
	})
}
