package gateway

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/netip"
	"strconv"
)

// The numbers of RFC 1928.
const (
	version            = 5
	noAuthentication   = 0
	noAcceptableMethod = 0xff

	commandConnect   = 1
	commandAssociate = 3

	addressIPv4   = 1
	addressDomain = 3
	addressIPv6   = 4
)

// replyCode says what became of a request (§6).
type replyCode byte

const (
	succeeded               replyCode = 0
	generalFailure          replyCode = 1
	networkUnreachable      replyCode = 3
	hostUnreachable         replyCode = 4
	connectionRefused       replyCode = 5
	commandNotSupported     replyCode = 7
	addressTypeNotSupported replyCode = 8
)

// Error makes the codes for what is wrong with a request errors.
func (c replyCode) Error() string {
	switch c {
	case commandNotSupported:
		return "command not supported"
	case addressTypeNotSupported:
		return "address type not supported"
	}
	return fmt.Sprintf("reply code %d", byte(c))
}

// readMethods reads the client's first message: the methods it knows (§3).
func readMethods(r io.Reader) ([]byte, error) {
	var head [2]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return nil, err
	}
	if head[0] != version {
		return nil, fmt.Errorf("version %d instead of 5", head[0])
	}
	methods := make([]byte, head[1])
	_, err := io.ReadFull(r, methods)
	return methods, err
}

// request is what a client wants (§4).
type request struct {
	command byte
	to      string // "host:port"
}

func readRequest(r io.Reader) (request, error) {
	var head [3]byte // version, command, reserved
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return request{}, err
	}
	if head[0] != version {
		return request{}, fmt.Errorf("version %d instead of 5", head[0])
	}
	to, err := readAddress(r)
	return request{head[1], to}, err
}

// readAddress reads a type, an address or a name, and a port (§5).
func readAddress(r io.Reader) (hostPort string, err error) {
	var kind [1]byte
	if _, err := io.ReadFull(r, kind[:]); err != nil {
		return "", err
	}
	length := 0
	switch kind[0] {
	case addressIPv4:
		length = 4
	case addressIPv6:
		length = 16
	case addressDomain:
		var n [1]byte
		if _, err := io.ReadFull(r, n[:]); err != nil {
			return "", err
		}
		if length = int(n[0]); length == 0 {
			return "", fmt.Errorf("an empty name: %w", generalFailure)
		}
	default:
		return "", fmt.Errorf("address type %d: %w", kind[0], addressTypeNotSupported)
	}
	b := make([]byte, length+2)
	if _, err := io.ReadFull(r, b); err != nil {
		return "", err
	}
	host, port := string(b[:length]), binary.BigEndian.Uint16(b[length:])
	if kind[0] != addressDomain {
		addr, _ := netip.AddrFromSlice(b[:length])
		host = addr.String()
	}
	return net.JoinHostPort(host, strconv.Itoa(int(port))), nil
}

// appendAddress writes an address as readAddress reads it.
func appendAddress(b []byte, a netip.AddrPort) []byte {
	kind := byte(addressIPv6)
	if a.Addr().Is4() {
		kind = addressIPv4
	}
	b = append(b, kind)
	b = append(b, a.Addr().AsSlice()...)
	return binary.BigEndian.AppendUint16(b, a.Port())
}

var errFragment = errors.New("a fragment: not supported (RFC 1928 §7)")

// cutHeader takes the header from a client's datagram (§7): where it goes, and
// what is to be sent there.
func cutHeader(datagram []byte) (to string, payload []byte, err error) {
	r := &sliceReader{datagram}
	var head [3]byte // two reserved bytes, number of the fragment
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return "", nil, err
	}
	if head[2] != 0 {
		return "", nil, errFragment
	}
	to, err = readAddress(r)
	return to, r.rest, err
}

// sliceReader reads from a slice, and knows what is left.
type sliceReader struct{ rest []byte }

func (r *sliceReader) Read(b []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}
