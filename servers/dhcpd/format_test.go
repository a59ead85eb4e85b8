package dhcpd

import (
	"bytes"
	"net/netip"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/insomniacslk/dhcp/dhcpv4"
)

// Another implementation reads what is sent, and would have written it so, to the
// last byte.
func TestRepliesAreCanonical(t *testing.T) {
	n := campus(3)
	for len(n.DNS) < 100 { // more than one option holds
		n.DNS = append(n.DNS, addr("192.0.2.53"))
	}
	for _, line := range []string{
		"DISCOVER 1",
		"DISCOVER 2 relay=192.0.2.1 agent=0101ff id=00aabb lease=1h",
		"REQUEST 1 wish=192.0.2.100 server=192.0.2.67 broadcast",
		"REQUEST 1 has=192.0.2.100",
		"REQUEST 3 wish=198.51.100.1 relay=192.0.2.1", // NAK
		"INFORM 4 has=192.0.2.9",
	} {
		st, err := newStage(&Server{ID: addr("192.0.2.67"), Networks: []Network{n}})
		if err != nil {
			t.Fatal(err)
		}
		copied := &copying{memo: memo{stage: st}}
		st.conn = copied
		st.hear(t.Context(), parse(t, "REQUEST 1 wish=192.0.2.100 server=192.0.2.67"))
		st.hear(t.Context(), parse(t, line))
		m, err := dhcpv4.FromBytes(copied.last)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		if diff := cmp.Diff(m.ToBytes(), copied.last); diff != "" {
			t.Errorf("%s: %s", line, diff)
		}
	}
}

// copying is a socket that keeps what was sent last.
type copying struct {
	memo
	last []byte
}

func (c *copying) WriteToUDPAddrPort(b []byte, _ netip.AddrPort) (int, error) {
	c.last = bytes.Clone(b)
	return len(b), nil
}

// FuzzRead: what one implementation takes for a request, the other does, and both
// read the same.
func FuzzRead(f *testing.F) {
	for _, line := range []string{
		"DISCOVER 1 wish=192.0.2.101 lease=1h", "REQUEST 1 has=192.0.2.100", "DISCOVER 2 relay=198.51.100.1 agent=0101ff id=00aabb",
	} {
		b := parse(new(testing.T), line)
		f.Add(b)
		f.Add(b[:len(b)-1])
		f.Add(append(b[:atOptions:atOptions], 61, 1, 7, 0, 61, 2, 8, 9, 12, 1, 'a', 53, 1, 1, 255)) // an identifier in two parts
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		var r request
		err := r.read(b)
		if !bytes.Equal(b, before) {
			t.Fatal("the packet was written to")
		}
		m, theirs := dhcpv4.FromBytes(b)
		if theirs != nil {
			if err == nil {
				t.Fatalf("taken, but: %v", theirs)
			}
			return
		}
		if err != nil {
			if m.OpCode == dhcpv4.OpcodeBootRequest && len(m.Options) > 0 && len(m.Options[61]) <= maxIdentifier && len(m.ClientHWAddr) > 0 {
				t.Fatal(err)
			}
			return
		}
		type fields struct {
			Kind                                    dhcpv4.MessageType
			Relay, Has, Wish, Server                string
			MAC, Agent, Lease, Identifier, HostName string
		}
		name := m.HostName()
		got := fields{
			r.kind(), r.relay.String(), r.has.String(), r.wish.String(), r.server.String(),
			string(r.client.mac), string(r.options.agent), string(r.options.lease), string(r.options.client), r.client.name,
		}
		want := fields{
			m.MessageType(), addrOf(m.GatewayIPAddr).String(), addrOf(m.ClientIPAddr).String(),
			addrOf(m.Options[50]).String(), addrOf(m.Options[54]).String(),
			string(m.ClientHWAddr), string(m.Options[82]), string(m.Options[51]), string(m.Options[61]), name[:min(len(name), maxIdentifier)],
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}
