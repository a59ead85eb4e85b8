package world

import (
	"strings"
	"testing"
	"testing/fstest"
)

func TestMistakesAboutAddresses(t *testing.T) {
	for _, m := range []struct{ old, new, want string }{
		{"at: 11, address: dhcp}\n  bob", "at: 11, address: static}\n  bob", "write address: dhcp"},
		{"dave: {on: home, address: dhcp}", "dave: {on: home}", "dave has no number"},
		{"resolver: ns, guests", "resolver: alice, guests", "alice gets its address by DHCP"},
		{"home: {ipv4: 192.168.1.0/24,", "home: {ipv6: 2001:db8:9::/64,", "network home has no IPv4 addresses to lend"},
		{"home: {ipv4: 192.168.1.0/24,", "home: {ipv6: 2001:db8:9::/64,", "host dave asks for an IPv4 address"},
		{"ns:\n    on: lan\n    at: 53\n", "ns:\n    on: lan\n    at: 53\n    address: dhcp\n", "ns gets its address by DHCP"},
		{"dhcp:\n    on: lan\n    at: 67\n", "dhcp:\n    on: lan\n    at: 67\n    address: dhcp\n", "a dhcp server needs an address of its own"},
		{"pool: 200-249", "pool: 200-300", "does not fit into 192.0.2.0/24"},
		{"dorm: {pool: 100-199", "dorn: {pool: 100-199", `write "dorm"`},
		{"relay: {for: dorm, to: dhcp}", "relay: {for: dorm}", "write it like relay:"},
		{"relay: {for: dorm, to: dhcp}", "relay: {for: home, to: dhcp}", "router gw is not on network home"},
		{"relay: {for: dorm, to: dhcp}", "relay: {for: home, to: dhcp}", "nobody relays what the hosts of dorm ask to dhcp"},
		{"relay: {for: dorm, to: dhcp}", "relay: {for: [dorm, lan], to: dhcp}", "dhcp hears the hosts of lan by itself"},
		{"relay: {for: dorm, to: dhcp}", "relay: {for: dorm, to: ns}", "ns lends no addresses of dorm"},
		{"relay: {for: dorm, to: dhcp}", "http: {site: x}", "a router cannot have a server of the kind http"},
		{"relay: {for: dorm, to: dhcp}", "rely: {for: dorm}", `write "relay"`},
		{"dns: {zones: {example.edu: good.zone}, reverse: [lan, dorm]}", "relay: {for: dorm, to: dhcp}", "a host cannot have a server of the kind relay"},
		{"dhcp: {on: home, ", "dhcp: {", "has several networks to choose from"},
		{"dhcp: {on: home, ", "dhcp: {on: dorm, ", "router box is not on network dorm"},
		{"dhcp: {on: home, ", "relay: {for: home, to: dhcp}\n      dhcp: {on: home, ", "box is a dhcp server and a relay on network home"},
	} {
		text := strings.Replace(tenants, m.old, m.new, 1)
		if text == tenants {
			t.Fatalf("%q is not in the world", m.old)
		}
		_, err := Parse(fstest.MapFS{"good.zone": {Data: []byte(goodZone)}}, "world.yaml", []byte(text))
		if err == nil || !strings.Contains(err.Error(), m.want) {
			t.Errorf("%s:\n%v\nwant %q", m.new, err, m.want)
		}
	}
}
