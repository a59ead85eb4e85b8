package dhcp

import (
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/wirebook/wirebook/wire/dissect"
)

// form is what kind of value an option has.
type form uint8

const (
	octets form = iota
	address
	addresses
	seconds
	number
	text
	kind
	codes
	identifier
)

type knownOption struct {
	name    string
	form    form
	section string // of RFC 2132
}

// known are the options that package explain has an entry for.
var known = map[byte]knownOption{
	1: {"Subnet Mask", address, "3.3"}, 2: {"Time Offset", octets, "3.4"}, 3: {"Router", addresses, "3.5"},
	6: {"Domain Name Server", addresses, "3.8"}, 12: {"Host Name", text, "3.14"}, 15: {"Domain Name", text, "3.17"},
	26: {"Interface MTU", number, "5.1"}, 28: {"Broadcast Address", address, "5.3"}, 33: {"Static Route", addresses, "5.8"},
	42: {"NTP Servers", addresses, "8.3"}, 43: {"Vendor-Specific Information", octets, "8.4"},
	50: {"Requested IP Address", address, "9.1"}, 51: {"IP Address Lease Time", seconds, "9.2"},
	52: {"Option Overload", number, "9.3"}, 53: {"DHCP Message Type", kind, "9.6"},
	54: {"Server Identifier", address, "9.7"}, 55: {"Parameter Request List", codes, "9.8"}, 56: {"Message", text, "9.9"},
	57: {"Maximum DHCP Message Size", number, "9.10"}, 58: {"Renewal Time (T1)", seconds, "9.11"},
	59: {"Rebinding Time (T2)", seconds, "9.12"}, 60: {"Vendor Class Identifier", text, "9.13"},
	61: {"Client Identifier", identifier, "9.14"}, 66: {"TFTP Server Name", text, "9.4"}, 67: {"Bootfile Name", text, "9.5"},
	80: {"Rapid Commit", octets, ""}, 81: {"Client FQDN", octets, ""}, 82: {"Relay Agent Information", octets, ""},
	108: {"IPv6-Only Preferred", seconds, ""}, 114: {"Captive-Portal", text, ""}, 119: {"Domain Search", octets, ""},
	121: {"Classless Static Route", octets, ""},
}

// fields is the tree of a message.
func fields(b []byte) []dissect.Field {
	m, _ := Parse(b)
	if m == nil {
		return nil
	}
	var tree []dissect.Field
	add := func(name, value string, at, length int) {
		tree = append(tree, dissect.Field{Name: name, Key: "dhcp." + name, Value: value, Offset: at, Length: length})
	}
	add("op", opName(b[0]), 0, 1)
	add("htype", hardwareName(b[1]), 1, 1)
	add("hlen", strconv.Itoa(int(b[2])), 2, 1)
	add("hops", strconv.Itoa(m.Hops), 3, 1)
	add("xid", fmt.Sprintf("0x%08x", m.XID), 4, 4)
	add("secs", strconv.Itoa(m.Secs), 8, 2)
	flags := "0"
	if m.Broadcast {
		flags = "BROADCAST"
	}
	add("flags", flags, 10, 2)
	for i, name := range [...]string{"ciaddr", "yiaddr", "siaddr", "giaddr"} {
		at := 12 + 4*i
		add(name, netip.AddrFrom4([4]byte(b[at:at+4])).String(), at, 4)
	}
	add("chaddr", m.Hardware.String(), 28, 16)
	add("sname", untilNUL(b[snameAt:snameAt+snameSize]), snameAt, snameSize)
	add("file", untilNUL(b[fileAt:fileAt+fileSize]), fileAt, fileSize)
	if len(b) >= headerSize+cookieSize {
		add("magic", dotted(b[headerSize:headerSize+cookieSize]), headerSize, cookieSize)
	}
	for i := range m.Options {
		tree = append(tree, m.Options[i].field())
	}
	return tree
}

func opName(op byte) string {
	switch op {
	case 1:
		return "1 BOOTREQUEST"
	case 2:
		return "2 BOOTREPLY"
	}
	return strconv.Itoa(int(op))
}

func hardwareName(htype byte) string {
	if htype == 1 {
		return "1 Ethernet"
	}
	return strconv.Itoa(int(htype))
}

func dotted(b []byte) string {
	parts := make([]string, len(b))
	for i, c := range b {
		parts[i] = strconv.Itoa(int(c))
	}
	return strings.Join(parts, " ")
}

func untilNUL(b []byte) string {
	if i := strings.IndexByte(string(b), 0); i >= 0 {
		b = b[:i]
	}
	return dissect.Text(b, 64)
}

// field is an option with its code and length.
func (o *Option) field() dissect.Field {
	f := dissect.Field{
		Name: strconv.Itoa(int(o.Code)) + " " + o.name(), Key: "dhcp.option", Value: o.value(),
		Offset: o.at, Length: 2 + len(o.Data),
	}
	if _, ok := known[o.Code]; ok {
		f.Key = "dhcp.option." + strconv.Itoa(int(o.Code))
	}
	if o.Code == 53 && len(o.Data) == 1 && o.Data[0] > 0 && int(o.Data[0]) < len(types) {
		f.Children = []dissect.Field{{
			Name: types[o.Data[0]], Key: "dhcp.message." + types[o.Data[0]], Value: strconv.Itoa(int(o.Data[0])), Offset: o.at + 2, Length: 1,
		}}
	}
	return f
}

// value is what the option says, as a person would write it.
func (o *Option) value() string {
	b := o.Data
	switch form := known[o.Code].form; {
	case form == address && len(b) == 4, form == addresses && len(b)%4 == 0:
		var all []string
		for ; len(b) >= 4; b = b[4:] {
			all = append(all, netip.AddrFrom4([4]byte(b)).String())
		}
		return strings.Join(all, ", ")
	case form == seconds && len(b) == 4:
		return dissect.Duration(time.Duration(binary.BigEndian.Uint32(b)) * time.Second)
	case form == number && len(b) == 2:
		return strconv.Itoa(int(binary.BigEndian.Uint16(b)))
	case form == number && len(b) == 1:
		return strconv.Itoa(int(b[0]))
	case form == kind && len(b) == 1 && int(b[0]) < len(types):
		return types[b[0]]
	case form == codes:
		return dissect.Text([]byte(dotted(b)), 120)
	case form == identifier && len(b) == 7 && b[0] == 1:
		return net.HardwareAddr(b[1:]).String()
	case form == text:
		return dissect.Text(b, 80)
	}
	return dissect.Text([]byte(hex.EncodeToString(b)), 80)
}
