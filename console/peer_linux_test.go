package console

import (
	"net/netip"
	"testing"
)

// The kernel's table is read as proc(5) has it, and who has left is nobody.
func TestUserOf(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2710 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 812 1 0 100 0 0 10 0
   1: 0100007F:D431 0100007F:2710 01 00000000:00000000 00:00000000 00000000  1001        0 813 1 0 20 4 30 10 -1
   2: 0100007F:2710 0100007F:D431 01 00000000:00000000 00:00000000 00000000  1000        0 814 1 0 20 4 30 10 -1
   3: 0100007F:D432 0100007F:2710 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
   4: 0000000000000000FFFF00000100007F:D433 0000000000000000FFFF00000100007F:2710 01 00000000:00000000 00:00000000 00000000  1002        0 815 1 0 20 4 30 10 -1
   5: 00000000000000000000000001000000:D434 00000000000000000000000001000000:2710 01 00000000:00000000 00:00000000 00000000  1003        0 816 1 0 20 4 30 10 -1
   6: nonsense
`
	for _, c := range []struct {
		local, remote string
		user          int
		ok            bool
	}{
		{"127.0.0.1:54321", "127.0.0.1:10000", 1001, true},
		{"127.0.0.1:54322", "127.0.0.1:10000", 0, false}, // TIME-WAIT
		{"127.0.0.1:54323", "127.0.0.1:10000", 1002, true},
		{"[::1]:54324", "[::1]:10000", 1003, true},
		{"127.0.0.1:54325", "127.0.0.1:10000", 0, false},
	} {
		user, ok := userOf([]byte(table), netip.MustParseAddrPort(c.local), netip.MustParseAddrPort(c.remote))
		if user != c.user || ok != c.ok {
			t.Errorf("%s has %d, %v", c.local, user, ok)
		}
	}
}
