package guest

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"strconv"
	"strings"
)

// Sockets lists the sockets of the guest's network namespace. The error is
// os.ErrProcessDone once the guest has ended.
//
// /proc/PID/net is the network of process PID, and everybody may read it.
func (g *Guest) Sockets() ([]Socket, error) {
	tables, err := g.inUse()
	if err != nil {
		return nil, err
	}
	var all []Socket
	for _, network := range tables {
		table, err := g.netFile(network)
		if err != nil {
			return nil, err
		}
		sockets, err := parseSockets(network, string(table))
		if err != nil {
			return nil, err
		}
		all = append(all, sockets...)
	}
	return all, nil
}

// netFile reads a file of the guest's /proc/net. It is empty on a kernel without
// the IPv6 that it is about.
func (g *Guest) netFile(name string) ([]byte, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/%s", g.process.Process.Pid, name))
	if errors.Is(err, fs.ErrNotExist) && strings.HasSuffix(name, "6") {
		return nil, nil
	}
	if err != nil || g.hasEnded() {
		return nil, os.ErrProcessDone
	}
	return text, nil
}

// inUse are the tables in which there is a socket. For those of TCP the kernel
// goes through the connections of all namespaces, which takes it milliseconds;
// the numbers in sockstat it has at hand.
func (g *Guest) inUse() (tables []string, err error) {
	four, err := g.netFile("sockstat")
	six, err6 := g.netFile("sockstat6")
	return parseSockstat(string(four) + string(six)), errors.Join(err, err6)
}

// parseSockstat reads how many sockets of each kind there are. A connection in
// TIME-WAIT is in use no more, and may be one of IPv6.
//
//	TCP: inuse 2 orphan 0 tw 1 alloc 3 mem 0
//	UDP: inuse 0 mem 0
func parseSockstat(text string) (tables []string) {
	used := make(map[string]bool)
	for line := range strings.Lines(text) {
		name, counts, _ := strings.Cut(strings.ToLower(line), ":")
		fields := strings.Fields(counts)
		for i := 0; i+1 < len(fields); i += 2 {
			switch {
			case fields[i+1] == "0":
			case fields[i] == "inuse":
				used[name] = true
			case fields[i] == "tw":
				used["tcp"], used["tcp6"] = true, true
			}
		}
	}
	for _, table := range []string{"tcp", "tcp6", "udp", "udp6", "raw", "raw6"} {
		if used[table] {
			tables = append(tables, table)
		}
	}
	return tables
}

// hasEnded tells whether the guest's process number may be another's by now.
func (g *Guest) hasEnded() bool {
	select {
	case <-g.done:
		return true
	default:
		return false
	}
}

// parseSockets reads a table of /proc/net: a line of headings, and a socket a
// line.
//
//	sl  local_address rem_address   st tx_queue:rx_queue …
//	0: 0500010A:0050 00000000:0000 0A 00000000:00000000 …
func parseSockets(network, table string) ([]Socket, error) {
	var all []Socket
	_, table, _ = strings.Cut(table, "\n")
	for line := range strings.Lines(table) {
		socket, err := parseSocket(network, strings.Fields(line))
		if err != nil {
			return nil, fmt.Errorf("guest: /proc/net/%s: %w in the line %q", network, err, line)
		}
		all = append(all, socket)
	}
	return all, nil
}

func parseSocket(network string, fields []string) (s Socket, err error) {
	if len(fields) < 5 {
		return s, errors.New("too few fields")
	}
	s.Network = network
	_, waiting, _ := strings.Cut(fields[4], ":")
	queue, err1 := strconv.ParseInt(waiting, 16, 64)
	state, err2 := strconv.ParseUint(fields[3], 16, 8)
	var err3, err4 error
	s.Queue = int(queue)
	s.Local, err3 = parseEnd(fields[1])
	s.Remote, err4 = parseEnd(fields[2])
	if strings.HasPrefix(network, "tcp") && int(state) < len(tcpStates) {
		s.State = tcpStates[state]
	}
	return s, errors.Join(err1, err2, err3, err4)
}

// tcpStates are the kernel's numbers for TCP's states (net/tcp_states.h). Its
// last two are stages of one.
var tcpStates = [...]string{
	1: "ESTABLISHED", 2: "SYN-SENT", 3: "SYN-RECEIVED", 4: "FIN-WAIT-1", 5: "FIN-WAIT-2", 6: "TIME-WAIT",
	7: "CLOSED", 8: "CLOSE-WAIT", 9: "LAST-ACK", 10: "LISTEN", 11: "CLOSING", 12: "SYN-RECEIVED",
}

// parseEnd reads an address and a port. The kernel prints an address as one or
// four numbers of 32 bits, in hexadecimal, whose bytes in memory are the
// address: the order of its digits is the processor's.
func parseEnd(text string) (netip.AddrPort, error) {
	digits, number, _ := strings.Cut(text, ":")
	words, err := hex.DecodeString(digits)
	if err != nil {
		return netip.AddrPort{}, err
	}
	port, err := strconv.ParseUint(number, 16, 16)
	if err != nil {
		return netip.AddrPort{}, err
	}
	var bytes []byte
	for ; len(words) >= 4; words = words[4:] {
		bytes = binary.NativeEndian.AppendUint32(bytes, binary.BigEndian.Uint32(words))
	}
	addr, ok := netip.AddrFromSlice(bytes)
	if !ok {
		return netip.AddrPort{}, fmt.Errorf("%q is no address", text)
	}
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), nil
}
