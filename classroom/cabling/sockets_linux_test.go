package cabling

import (
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/wirebook/wirebook/internet"
)

// As Linux on a little-endian machine writes them; the test is of what such a machine
// reads, and others have their own order on both sides.
func TestReadSockets(t *testing.T) {
	if got, _ := parseEnd("0100007F:0035"); got != netip.MustParseAddrPort("127.0.0.1:53") {
		t.Skipf("a big-endian machine: %v", got)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		"tcp": `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 35020002C0:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 350200C0:0035 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   2: 350200C0:0035 0B0200C0:9C40 06 00000000:00000000 03:00000000 00000000     0        0 0 3 0
`,
		"udp6": `  sl  local_address                         remote_address                        st
  10: B80D0120000001000000000053000000:0043 00000000000000000000000000000000:0000 07 00000000:00000000
`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, err := readSockets(dir)
	want := []internet.Socket{
		{Network: "tcp", Local: netip.MustParseAddrPort("192.0.2.53:53"), State: "LISTEN"},
		{Network: "tcp", Local: netip.MustParseAddrPort("192.0.2.53:53"), Remote: netip.MustParseAddrPort("192.0.2.11:40000"), State: "TIME-WAIT"},
		{Network: "udp6", Local: netip.MustParseAddrPort("[2001:db8:1::53]:67")},
	}
	if err != nil || !slices.Equal(got, want) {
		t.Errorf("%+v, %v", got, err)
	}
}

func FuzzParseSocket(f *testing.F) {
	f.Add("   1: 350200C0:0035 00000000:0000 0A 00000000:00000000")
	f.Fuzz(func(_ *testing.T, line string) { parseSocket("tcp", line) })
}

// The tables of the machine that the test runs on, whatever they are.
func TestReadTables(t *testing.T) {
	if _, err := ReadTables(); err != nil {
		t.Error(err)
	}
}
