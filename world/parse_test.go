package world

import (
	"net/netip"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
)

func TestDefaultWorldIsSound(t *testing.T) {
	plan, err := Default()
	if err != nil {
		t.Fatal(err)
	}
	if n := len(plan.Hosts) + len(plan.Routers); n < 20 {
		t.Errorf("%d hosts and routers, want about 20", n)
	}
	for _, name := range []string{"alice", "bob", "dns", "mail", "ftp", "tftp", "dhcp", "cache", "root", "tld-com", "tld-org", "tld-edu", "tld-cn", "ns", "ns1", "ns2", "www", "mail-com"} {
		if plan.host(name) == nil {
			t.Errorf("there is no host %s", name)
		}
	}
}

// small is a world without a mistake; the cases below put one in.
const small = `name: small
networks:
  lan: {domain: example.edu, ipv4: 192.0.2.0/24, ipv6: 2001:db8:1::/64, router: gw, resolver: dns, guests: 200-249}
  wan: {ipv4: 198.51.100.0/24, router: gw}
routers:
  gw: {cards: {lan: 1, wan: 1}}
hosts:
  alice: {on: lan, at: 11}
  dns:
    on: lan
    at: 53
    servers:
      dns: {resolver: {roots: dns, allow: lan}}
  www:
    on: wan
    at: 80
    fqdn: www.example.com
    servers:
      http: {site: site}
gateways:
  10080: www:80
  1080: socks
faults:
  gw-wan: delay=10ms
`

func smallFiles() fstest.MapFS {
	return fstest.MapFS{
		"site/index.html": {Data: []byte("hello")},
		"good.zone":       {Data: []byte("$TTL 60\n@ IN SOA ns h 1 2 3 4 5\n@ IN NS ns\nns IN A 192.0.2.1\n")},
		"bad.zone":        {Data: []byte("$TTL 60\n@ IN SOA ns h 1 2 3 4 5\n@ IN NS ns\nwww IN A not-an-address\n")},
	}
}

func TestWhatIsRead(t *testing.T) {
	plan, err := Parse(smallFiles(), "small.yaml", []byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if got := plan.host("alice").FQDN; got != "alice.example.edu" {
		t.Errorf("alice is %s", got)
	}
	got := plan.network("lan").Prefixes(53)
	want := []netip.Prefix{netip.MustParsePrefix("192.0.2.53/24"), netip.MustParsePrefix("2001:db8:1::53/64")}
	if !slices.Equal(got, want) {
		t.Errorf("number 53 is %v", got)
	}
	wantGateways := []Gateway{{10080, "tcp", "www", 80}, {1080, "socks", "", 0}}
	if !slices.Equal(plan.Gateways, wantGateways) {
		t.Errorf("gateways %v", plan.Gateways)
	}
	if plan.Faults["gw-wan"].Delay == 0 {
		t.Errorf("faults %v", plan.Faults)
	}
}

// Every mistake is answered with its file, its line, and what to write instead.
func TestMistakes(t *testing.T) {
	for _, c := range []struct{ name, was, is, want string }{
		{"unknown key", "resolver: dns,", "resolvr: dns,", `small.yaml:3: a network has no "resolvr"; write "resolver"`},
		{"unknown section", "routers:", "router:", `small.yaml:5: a world has no "router"; write "routers"`},
		{"unknown network", "alice: {on: lan", "alice: {on: lann", `small.yaml:8: there is no network "lann"; write "lan"`},
		{"no network", "alice: {on: lan, at: 11}", "alice: {at: 11}", `small.yaml:8: host alice is on no network; write on: and the name of a network`},
		{"no number", "alice: {on: lan, at: 11}", "alice: {on: lan}", `small.yaml:8: alice has no number on its network; write at: and a number, as in at: 53`},
		{"number twice", "at: 11}", "at: 53}", `small.yaml:9: alice and dns both have number 53 on lan; give one of them another number`},
		{"guest's number", "at: 11}", "at: 200}", `small.yaml:8: number 200 of alice is kept for guests of lan; take one outside 200-249`},
		{"number too large", "at: 11}", "at: 255}", `small.yaml:8: number 255 of alice does not fit into 192.0.2.0/24; take a number up to 254`},
		{"no number at all", "at: 11}", "at: eleven}", `small.yaml:8: "eleven" does not do here; write a whole number from 1 to 9999`},
		{"not a network", "ipv4: 192.0.2.0/24", "ipv4: 192.0.2.0", `small.yaml:3: "192.0.2.0" is not a network's address; write it like 192.0.2.0/24`},
		{"host bits", "ipv4: 192.0.2.0/24", "ipv4: 192.0.2.1/24", `small.yaml:3: 192.0.2.1/24 has bits behind the prefix; write 192.0.2.0/24`},
		{"wrong family", "ipv6: 2001:db8:1::/64", "ipv6: 192.0.2.0/24", `small.yaml:3: "192.0.2.0/24" is not a network's address; write it like 2001:db8:1::/64`},
		{"overlap", "198.51.100.0/24", "192.0.0.0/16", `small.yaml:4: 192.0.0.0/16 of wan overlaps 192.0.2.0/24 of lan`},
		{"router elsewhere", "cards: {lan: 1, wan: 1}", "cards: {lan: 1}", `small.yaml:4: router gw is not on network wan; give gw a card there: cards: {wan: 1}`},
		{"unknown server", "http: {site: site}", "htpp: {site: site}", `small.yaml:19: there is no "htpp" server; write "http"`},
		{"no such site", "{site: site}", "{site: sit}", `small.yaml:19: there is no folder "sit" beside the world file`},
		{"no such port", "10080: www:80", "10080: www:8080", `small.yaml:21: nothing on www listens on port 8080`},
		{"not a port", "10080: www:80", "10080: www", `small.yaml:21: "www" is not a host and its port; write it like www:80, or socks`},
		{"unknown link", "gw-wan: delay", "gw-wlan: delay", `small.yaml:24: there is no link "gw-wlan"; write "gw-lan"`},
		{"bad fault", "delay=10ms", "delay=10", `small.yaml:24: `},
		{"bad name", "  alice:", "  Alice:", `small.yaml:8: "Alice" cannot be a name; use small letters, digits and hyphens, as in ns1`},
		{"same name", "  alice:", "  gw:", `small.yaml:8: gw is the name of a router and of a host`},
		{"twice", "  alice: {on: lan, at: 11}", "  alice: {on: lan, at: 11}\n  alice: {on: lan, at: 12}", `small.yaml:9: hosts has "alice" twice; remove one of the two`},
		{"range", "guests: 200-249", "guests: 249-200", `small.yaml:3: "249-200" is not a range of host numbers; write it like 200-249`},
		{"broken yaml", "hosts:", "hosts: [", "small.yaml:"},
		{"no zone file", "{resolver: {roots: dns, allow: lan}}", "{zones: {example.edu: missing.zone}}", `small.yaml:13: there is no file "missing.zone" beside the world file`},
		{"bad zone", "{resolver: {roots: dns, allow: lan}}", "{zones: {example.edu: bad.zone}}", `small.yaml:13: bad.zone:4:`},
		{"two roles", "{resolver: {roots: dns, allow: lan}}", "{zones: {example.edu: good.zone}, resolver: {roots: dns}}", `small.yaml:13: a dns server has either zones or a resolver; give the resolver a host of its own`},
		{"no role", "{resolver: {roots: dns, allow: lan}}", "{}", `small.yaml:13: a dns server needs something to answer from; write zones: or resolver:`},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(small, c.was) {
				t.Fatalf("the case changes %q, which is not there", c.was)
			}
			_, err := Parse(smallFiles(), "small.yaml", []byte(strings.Replace(small, c.was, c.is, 1)))
			if err == nil {
				t.Fatal("no problem was found")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got  %s\nwant %s", err, c.want)
			}
		})
	}
}

func TestAllMistakesAreReportedInOrder(t *testing.T) {
	text := strings.NewReplacer("at: 11}", "at: x}", "domain: example.edu", "domian: example.edu", "1080: socks", "1080: sock").Replace(small)
	_, err := Parse(smallFiles(), "small.yaml", []byte(text))
	problems, ok := err.(Problems)
	if !ok || len(problems) < 3 {
		t.Fatalf("got %v", err)
	}
	for i := 1; i < len(problems); i++ {
		if problems[i].Line < problems[i-1].Line {
			t.Errorf("line %d comes after line %d", problems[i].Line, problems[i-1].Line)
		}
	}
}

func TestNumbersHaveAddressesOfTheirOwn(t *testing.T) {
	n := &Network{IPv4: netip.MustParsePrefix("10.1.0.0/16"), IPv6: netip.MustParsePrefix("2001:db8::/64")}
	owner := make(map[netip.Addr]int)
	for at := 1; at <= maxNumber; at++ {
		for _, addr := range n.Addresses(at) {
			if other := owner[addr]; other != 0 || !n.prefixOf(addr).Contains(addr) {
				t.Fatalf("%d has %v, of %v and of number %d", at, addr, n.prefixOf(addr), other)
			}
			owner[addr] = at
		}
	}
}

// Routes lead to every network over a shortest way.
func TestRoutesOfAChain(t *testing.T) {
	plan := &Plan{}
	for i, prefix := range []string{"10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24", "10.0.3.0/24"} {
		plan.Networks = append(plan.Networks, &Network{Name: string(rune('a' + i)), IPv4: netip.MustParsePrefix(prefix)})
	}
	for i, name := range []string{"r1", "r2", "r3"} {
		left, right := plan.Networks[i].Name, plan.Networks[i+1].Name
		plan.Routers = append(plan.Routers, &Router{Name: name, Cards: []RouterCard{{left, 2}, {right, 1}}})
	}
	var got []string
	for _, route := range plan.routes(plan.Routers[0]) {
		got = append(got, route.Dst.String()+" via "+route.Via.String())
	}
	want := []string{"10.0.2.0/24 via 10.0.1.2", "10.0.3.0/24 via 10.0.1.2"}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(small))
	f.Add(DefaultText())
	f.Add([]byte("hosts: &a {alice: *a}"))
	f.Add([]byte("networks: [1, 2]\nhosts: 5\ngateways: {x: y}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		plan, err := Parse(smallFiles(), "fuzz.yaml", text)
		if (plan == nil) == (err == nil) {
			t.Fatalf("plan %v, error %v", plan, err)
		}
		if problems, ok := err.(Problems); err != nil && (!ok || len(problems) == 0 || problems[0].Line < 1) {
			t.Fatalf("a problem without a place: %v", err)
		}
	})
}

func TestExampleWorldsOfTheDocs(t *testing.T) {
	text, err := os.ReadFile("../docs/worlds.md")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, block := range strings.Split(string(text), "```yaml\n")[1:] {
		yaml, _, _ := strings.Cut(block, "```")
		if !strings.HasPrefix(yaml, "name:") {
			continue
		}
		found++
		if _, err := Parse(smallFiles(), "docs/worlds.md", []byte(yaml)); err != nil {
			t.Errorf("%v\nin\n%s", err, yaml)
		}
	}
	if found == 0 {
		t.Error("docs/worlds.md shows no whole world")
	}
}
