// An iterative resolver: go run dns_resolver.go NAME
package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand"
	"net"
	"os"
	"slices"
	"strings"
	"time"
)

const (
	typeA, typeNS, typeCNAME, classIN = 1, 2, 5, 1

	timeout     = 1500 * time.Millisecond
	mostQueries = 60
	mostAliases = 10
)

var roots = []string{"198.41.0.4", "170.247.170.2", "192.33.4.12"}

// record is an owner, a type, and an address or a name.
type record struct {
	owner string
	kind  int
	value string
}

// message is a reply, taken apart.
type message struct {
	code                          int
	answer, authority, additional []record
}

// reader reads a message; once something is missing, all is.
type reader struct {
	data   []byte
	at     int
	failed bool
}

func (r *reader) take(n int) []byte {
	if r.failed || n < 0 || r.at+n > len(r.data) {
		r.failed = true
		return make([]byte, max(n, 0))
	}
	r.at += n
	return r.data[r.at-n : r.at]
}

func (r *reader) number() int { return int(binary.BigEndian.Uint16(r.take(2))) }

// name reads a name, along its pointers (RFC 1035 §4.1.4).
func (r *reader) name() string {
	var labels []string
	behind := -1
	for range 128 { // more would be a loop of pointers
		n := int(r.take(1)[0])
		switch {
		case n >= 0xc0:
			to := (n&0x3f)<<8 | int(r.take(1)[0])
			if behind < 0 {
				behind = r.at
			}
			r.at = to
		case n == 0:
			if behind >= 0 {
				r.at = behind
			}
			return strings.ToLower(strings.Join(labels, "."))
		default:
			labels = append(labels, string(r.take(n)))
		}
	}
	r.failed = true
	return ""
}

func (r *reader) records(count int) (all []record) {
	for range count {
		rr := record{owner: r.name(), kind: r.number()}
		r.take(6)
		length := r.number()
		next := r.at + length
		switch {
		case rr.kind == typeA && length == 4:
			rr.value = net.IP(r.take(4)).String()
		case rr.kind == typeNS || rr.kind == typeCNAME:
			rr.value = r.name()
		default:
			r.take(length)
		}
		r.at = next
		all = append(all, rr)
	}
	return all
}

func read(data []byte) (message, bool) {
	r := &reader{data: data, at: 2}
	m := message{code: r.number() & 0xf}
	questions, answers, authorities, additionals := r.number(), r.number(), r.number(), r.number()
	for range questions {
		r.name()
		r.take(4)
	}
	m.answer, m.authority, m.additional = r.records(answers), r.records(authorities), r.records(additionals)
	return m, !r.failed
}

func query(id uint16, name string) []byte {
	var m []byte
	for _, number := range []uint16{id, 0, 1, 0, 0, 0} {
		m = binary.BigEndian.AppendUint16(m, number)
	}
	for _, label := range strings.Split(name, ".") {
		m = append(append(m, byte(len(label))), label...)
	}
	return append(m, 0, 0, typeA, 0, classIN)
}

// values are those of the records of a type, of one owner or of all ("").
func values(records []record, kind int, owner string) (all []string) {
	for _, r := range records {
		if r.kind == kind && (owner == "" || r.owner == owner) {
			all = append(all, r.value)
		}
	}
	return all
}

// resolver follows referrals, with a bound on how many queries all of it may
// take.
type resolver struct{ left int }

// ask asks one server; false is no reply in time.
func (r *resolver) ask(server, name string) (message, bool) {
	r.left--
	fmt.Printf("asking %s for %s\n", server, name)
	conn, err := net.Dial("udp", server+":53")
	if err != nil {
		return message{}, false
	}
	defer conn.Close()
	question := query(uint16(rand.Intn(1<<16)), name)
	if _, err := conn.Write(question); err != nil {
		return message{}, false
	}
	_ = conn.SetReadDeadline(time.Now().Add(timeout))
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		if err != nil {
			return message{}, false
		}
		if n < 12 || [2]byte(buffer) != [2]byte(question) || buffer[2]&0x80 == 0 {
			continue
		}
		return read(buffer[:n])
	}
}

func (r *resolver) askOneOf(servers []string, name string) (message, error) {
	for _, server := range servers {
		if r.left == 0 {
			return message{}, errors.New("too many queries")
		}
		if m, ok := r.ask(server, name); ok && (m.code == 0 || m.code == 3) {
			return m, nil
		}
	}
	return message{}, fmt.Errorf("no server answers for %s", name)
}

// resolve finds the addresses of a name, from the root on, along its aliases.
func (r *resolver) resolve(name string) ([]string, error) {
	for range mostAliases {
		m, err := r.descend(name)
		if err != nil {
			return nil, err
		}
		if all := values(m.answer, typeA, ""); len(all) > 0 {
			return all, nil
		}
		alias := values(m.answer, typeCNAME, name)
		if len(alias) == 0 {
			return nil, fmt.Errorf("%s has no address", name)
		}
		name = alias[0]
	}
	return nil, errors.New("too many aliases")
}

// descend returns the reply at the end of the referrals.
func (r *resolver) descend(name string) (message, error) {
	servers, zone := roots, ""
	for {
		m, err := r.askOneOf(servers, name)
		if err != nil {
			return m, err
		}
		if m.code == 3 {
			return m, fmt.Errorf("there is no name %s", name)
		}
		cut := slices.IndexFunc(m.authority, func(r record) bool { return r.kind == typeNS })
		if len(m.answer) > 0 || cut < 0 {
			return m, nil
		}
		if len(m.authority[cut].owner) <= len(zone) {
			return m, fmt.Errorf("the servers of %s refer to nowhere below", zone)
		}
		zone = m.authority[cut].owner
		if servers, err = r.addresses(m); err != nil {
			return m, err
		}
	}
}

// addresses are those of the name servers: from the glue, or to be found first.
func (r *resolver) addresses(referral message) (all []string, err error) {
	names := values(referral.authority, typeNS, "")
	for _, rr := range referral.additional {
		if rr.kind == typeA && slices.Contains(names, rr.owner) {
			all = append(all, rr.value)
		}
	}
	if len(all) > 0 {
		return all, nil
	}
	return r.resolve(names[0])
}

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, "usage: dns_resolver NAME")
		os.Exit(2)
	}
	name := strings.ToLower(strings.TrimSuffix(os.Args[1], "."))
	addresses, err := (&resolver{mostQueries}).resolve(name)
	if err != nil {
		fmt.Fprintln(os.Stderr, "not resolved:", err)
		os.Exit(1)
	}
	for _, address := range addresses {
		fmt.Println(name, "has address", address)
	}
}
