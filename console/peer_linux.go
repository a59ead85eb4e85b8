package console

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"net/netip"
	"os"
	"slices"
	"strconv"
)

// The kernel's table of TCP sockets has the user of each (proc(5)). The peer's socket
// is in it as well, since it is on this machine, with the two addresses exchanged.

// attempts at the table: it may change while it is read.
const attempts = 3

// ownPeer reports whether the other end of a connection is a socket of our user, or of
// root, from whom nothing can be kept.
func ownPeer(near, far netip.AddrPort) bool {
	for range attempts {
		for _, table := range [...]string{"/proc/net/tcp", "/proc/net/tcp6"} {
			text, err := os.ReadFile(table)
			if err != nil {
				continue // a kernel without IPv6
			}
			if user, ok := userOf(text, far, near); ok {
				return slices.Contains(ourselves(), user)
			}
		}
	}
	return false
}

// ourselves are the users from whom a request is taken. Whom sudo has made root has a
// browser of his own.
func ourselves() []int {
	all := []int{0, os.Geteuid()}
	if before, err := strconv.Atoi(os.Getenv("SUDO_UID")); err == nil && os.Geteuid() == 0 {
		all = append(all, before)
	}
	return all
}

// userOf finds in the kernel's table who has a socket with these addresses. A socket
// that nobody has any more has the inode 0, and no user: who sends and leaves at once
// is nobody's friend.
func userOf(table []byte, local, remote netip.AddrPort) (user int, ok bool) {
	const (
		localField, remoteField = 1, 2
		userField, inodeField   = 7, 9
	)
	lines := bufio.NewScanner(bytes.NewReader(table))
	for lines.Scan() {
		fields := bytes.Fields(lines.Bytes())
		if len(fields) <= inodeField || address(fields[localField]) != local || address(fields[remoteField]) != remote {
			continue
		}
		user, err := strconv.Atoi(string(fields[userField]))
		if err == nil && string(fields[inodeField]) != "0" {
			return user, true
		}
	}
	return 0, false
}

// address reads 0100007F:2710, which is 127.0.0.1:10000: words of 32 bits in the
// machine's order.
func address(text []byte) netip.AddrPort {
	host, port, _ := bytes.Cut(text, []byte(":"))
	words, err := hex.DecodeString(string(host))
	number, err2 := strconv.ParseUint(string(port), 16, 16)
	if err != nil || err2 != nil || len(words)%4 != 0 {
		return netip.AddrPort{}
	}
	for i := 0; i < len(words); i += 4 {
		binary.NativeEndian.PutUint32(words[i:], binary.BigEndian.Uint32(words[i:]))
	}
	addr, _ := netip.AddrFromSlice(words)
	return netip.AddrPortFrom(addr.Unmap(), uint16(number))
}
