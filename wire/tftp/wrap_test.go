package tftp_test

import (
	"fmt"
	"testing"

	"github.com/wirebook/wirebook/internal/datagrams"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/wire/tftp"
)

// TestWrap: where block 65535 is followed by 0 nothing is wrong, and each
// acknowledgment still has its block.
func TestWrap(t *testing.T) {
	d := tftp.Protocol.New().(dissect.DatagramDissector)
	var id uint64
	say := func(from, to, text string) *dissect.Part {
		payload, err := datagrams.TFTP(text)
		if err != nil {
			t.Fatal(err)
		}
		id++
		return d.Datagram(&dissect.Datagram{
			Ref: dissect.Ref{ID: id}, From: place(t, from), To: place(t, to), Payload: payload, Expect: func(dissect.Expectation) {},
		})
	}
	say("c1024", "s69", "RRQ large octet blksize=8")
	say("s2000", "c1024", "OACK blksize=8")
	say("c1024", "s2000", "ACK 0")
	for block := 1; block < 1<<16+10; block++ {
		data := say("s2000", "c1024", fmt.Sprintf("DATA %d 8*x", block%(1<<16)))
		ack := say("c1024", "s2000", fmt.Sprintf("ACK %d", block%(1<<16)))
		if len(data.Findings)+len(ack.Findings) > 0 || data.Key != "message.tftp.data" || ack.Key != "message.tftp.ack" || ack.Answers.ID != id-1 || data.Answers.ID != id-2 {
			t.Fatalf("block %d: %+v, %+v", block, data, ack)
		}
	}
}
