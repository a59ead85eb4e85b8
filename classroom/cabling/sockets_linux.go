package cabling

import (
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/wirebook/wirebook/internet"
)

// tcpStates are the names of RFC 9293 §3.3.2 by the numbers of linux/net/tcp_states.h.
var tcpStates = map[string]string{
	"01": "ESTABLISHED", "02": "SYN-SENT", "03": "SYN-RECEIVED", "04": "FIN-WAIT-1", "05": "FIN-WAIT-2", "06": "TIME-WAIT",
	"07": "CLOSED", "08": "CLOSE-WAIT", "09": "LAST-ACK", "0A": "LISTEN", "0B": "CLOSING", "0C": "SYN-RECEIVED",
}

// readSockets reads the tables of sockets as proc_net(5) has them: /proc/net/tcp and
// its brothers. A kernel without IPv6 has no tcp6.
func readSockets(dir string) ([]internet.Socket, error) {
	var all []internet.Socket
	for _, network := range []string{"tcp", "tcp6", "udp", "udp6"} {
		text, err := os.ReadFile(filepath.Join(dir, network))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, err
		}
		for line := range strings.Lines(string(text)) {
			if s, ok := parseSocket(network, line); ok {
				all = append(all, s)
			}
		}
	}
	slices.SortFunc(all, func(a, b internet.Socket) int {
		return cmp.Or(cmp.Compare(a.Network, b.Network), a.Local.Compare(b.Local), a.Remote.Compare(b.Remote))
	})
	return all, nil
}

// parseSocket reads a line; the first one, of headings, is none.
func parseSocket(network, line string) (internet.Socket, bool) {
	words := strings.Fields(line)
	if len(words) < 4 {
		return internet.Socket{}, false
	}
	local, ok := parseEnd(words[1])
	remote, also := parseEnd(words[2])
	if !ok || !also {
		return internet.Socket{}, false
	}
	s := internet.Socket{Network: network, Local: local}
	if remote.Port() != 0 {
		s.Remote = remote
	}
	if strings.HasPrefix(network, "tcp") {
		s.State = tcpStates[words[3]]
	}
	return s, true
}

// parseEnd reads 0100007F:0035, which is 127.0.0.1:53 on a little-endian machine: the
// address is printed as numbers of 32 bits in the machine's own order.
func parseEnd(text string) (netip.AddrPort, bool) {
	address, port, ok := strings.Cut(text, ":")
	b, err := hex.DecodeString(address)
	number, wrong := strconv.ParseUint(port, 16, 16)
	if !ok || err != nil || wrong != nil || len(b)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(b); i += 4 {
		binary.NativeEndian.PutUint32(b[i:], binary.BigEndian.Uint32(b[i:]))
	}
	addr, ok := netip.AddrFromSlice(b)
	return netip.AddrPortFrom(addr.Unmap(), uint16(number)), ok
}
