package ftp

import (
	"bytes"
	"net/netip"
	"slices"
	"strconv"

	"github.com/wirebook/wirebook/protocol/ftp"
	"github.com/wirebook/wirebook/wire/dissect"
)

// transfers are the commands that need a data connection (RFC 959 §4.1.3, RFC
// 3659 §7).
var transfers = []string{"RETR", "STOR", "STOU", "APPE", "LIST", "NLST", "MLSD"}

// prepare looks at what a command means for the data connection: PORT and EPRT
// say where the next one will be, and RETR and the like use it.
func (d *dialogue) prepare(question *asked, m *Message) []dissect.Finding {
	switch {
	case m.Verb == "PORT" || m.Verb == "EPRT":
		if !m.Address.IsValid() {
			d.next = nil
			return []dissect.Finding{m.unreadable()}
		}
		d.expect(&transfer{active: true, control: d.stream}, m.Address)
		return d.checkPort(m)
	case !slices.Contains(transfers, m.Verb):
		return nil
	case d.next == nil && !d.lost:
		return []dissect.Finding{finding("transfer.unprepared", 959, "3.3", m.verb, dissect.Notice)}
	case d.next != nil:
		d.next.verb, d.next.arg = m.Verb, m.Arg
		question.transfer, d.next = d.next, nil
	}
	return nil
}

// expect announces a data connection.
func (d *dialogue) expect(t *transfer, at netip.AddrPort) {
	if !t.at.IsValid() {
		t.at = at
	}
	d.next = t
	d.stream.Expect(dissect.Expectation{TCP: true, Addr: at, Name: Data, Dissector: t})
}

// announce looks at what a reply means for the data connection: 227 and 229 say
// where it will be, and a refusal of PORT that there will be none.
func (d *dialogue) announce(m *Message, question asked) []dissect.Finding {
	switch {
	case m.Code == 227 || m.Code == 229:
		return d.passive(m)
	case m.Code >= 400 && (question.verb == "PORT" || question.verb == "EPRT"):
		d.next = nil
	case m.Code == 425 && question.transfer != nil:
		return question.transfer.missing(m)
	}
	return nil
}

// passive reads where the server waits for the data connection.
func (d *dialogue) passive(m *Message) []dissect.Finding {
	server := d.stream.Server.Addr()
	addr, err := passiveAddress(m.Code, m.Lines[len(m.Lines)-1], server)
	if err != nil {
		d.next = nil
		return []dissect.Finding{m.unreadable()}
	}
	m.Address = addr
	t := &transfer{control: d.stream}
	d.expect(t, addr)
	if addr.Addr() == server {
		return nil
	}
	// Careful clients connect to where the control connection goes.
	d.expect(t, netip.AddrPortFrom(server, addr.Port()))
	f := finding("passive.not-own-address", 2663, "7.1", m.lastLine(), dissect.Warning)
	f.Args = map[string]any{"Address": addr.Addr().String(), "Server": server.String()}
	return []dissect.Finding{f}
}

// passiveAddress is what a reply 227 or 229 names. 229 names a port only: of the
// server, whose reply it is.
func passiveAddress(code int, text string, server netip.Addr) (netip.AddrPort, error) {
	if code == 227 {
		return ftp.ParsePassive(text)
	}
	port, err := ftp.ParseExtendedPassive(text)
	return netip.AddrPortFrom(server, port), err
}

// DataAddress is where a line of a control connection says that data will go: PORT
// and EPRT of a client, 227 and 229 of a server; from is who says it.
func DataAddress(line []byte, from netip.Addr) (netip.AddrPort, bool) {
	line, _, _ = bytes.Cut(line, []byte("\n"))
	switch code, more, ok := startOfReply(line); {
	case ok && !more && (code == 227 || code == 229):
		at, err := passiveAddress(code, string(line[len("227"):]), from)
		return at, err == nil
	case ok:
		return netip.AddrPort{}, false
	}
	at := parseCommand(line).Address
	return at, at.IsValid()
}

// checkPort looks whether a client's address is its own. If not, then a NAT is
// between, or somebody wants the server to connect to a third host: the bounce
// attack (RFC 2577 §2).
func (d *dialogue) checkPort(m *Message) []dissect.Finding {
	var found []dissect.Finding
	own := d.stream.Client.Addr()
	client, _ := d.stream.Translated()
	named := m.Address.Addr().Unmap()
	args := map[string]any{"Address": named.String(), "From": client.Addr().String()}
	switch {
	case named == client.Addr():
	case named == own:
		f := finding("port.nat", 2663, "7.1", m.arg, dissect.Warning)
		f.Args = args
		found = append(found, f)
	default:
		f := finding("port.not-own-address", 2577, "3", m.arg, dissect.Warning)
		f.Args = args
		found = append(found, f)
	}
	if m.Address.Port() < 1024 {
		f := finding("port.low", 2577, "3", m.arg, dissect.Warning)
		f.Args = map[string]any{"Port": strconv.Itoa(int(m.Address.Port()))}
		found = append(found, f)
	}
	return found
}

// unreadable is that an address that should be there cannot be read.
func (m *Message) unreadable() dissect.Finding {
	switch {
	case m.Verb == "PORT":
		return finding("address.malformed", 959, "4.1.2", m.arg, dissect.Wrong)
	case m.Verb == "EPRT":
		return finding("address.malformed", 2428, "2", m.arg, dissect.Wrong)
	case m.Code == 229:
		return finding("address.malformed", 2428, "3", m.lastLine(), dissect.Wrong)
	}
	return finding("address.malformed", 1123, "4.1.2.6", m.lastLine(), dissect.Wrong)
}
