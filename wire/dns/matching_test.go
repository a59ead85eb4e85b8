package dns

import (
	"net/netip"
	"testing"

	"github.com/wirebook/wirebook/wire/dissect"
)

// Who begins to listen in the middle of a connection has not heard the question.
func TestReplyOfAConnectionSeenMidway(t *testing.T) {
	client, server := netip.MustParseAddrPort("192.0.2.11:5353"), netip.MustParseAddrPort("192.0.2.53:53")
	for midway, want := range map[bool]int{true: 0, false: 1} {
		d := new(dissector)
		_, found := d.answered(&Message{ID: 7, Response: true}, server, client, &dissect.Stream{Midway: midway})
		if len(found) != want {
			t.Errorf("midway %v: findings %v, want %d", midway, found, want)
		}
	}
}
