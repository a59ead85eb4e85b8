package world

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/internet"
)

// Load reads the world file of that name in files, where the names of zone
// files and sites in it also begin. Its error is a [Problems] when the file
// could be read and has mistakes.
func Load(files fs.FS, name string) (*Plan, error) {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return nil, err
	}
	return Parse(files, name, text)
}

// Parse reads a world file's text; name is what problems call it.
func Parse(files fs.FS, name string, text []byte) (*Plan, error) {
	r := &reader{file: name}
	var document yaml.Node
	if err := yaml.Unmarshal(text, &document); err != nil {
		return nil, syntaxProblem(name, err)
	}
	d := &draft{reader: r, plan: &Plan{files: files, Faults: make(map[string]internet.Faults)}}
	if len(document.Content) == 1 {
		d.world(document.Content[0])
	}
	d.check()
	if err := r.err(); err != nil {
		return nil, err
	}
	return d.plan, nil
}

// syntaxProblem gives YAML's own complaint ("yaml: line 7: …") our form.
func syntaxProblem(file string, err error) error {
	what := strings.TrimPrefix(err.Error(), "yaml: ")
	line := 1
	if rest, ok := strings.CutPrefix(what, "line "); ok {
		if number, after, ok := strings.Cut(rest, ": "); ok {
			if n, err := strconv.Atoi(number); err == nil {
				line, what = n, after
			}
		}
	}
	return Problems{{File: file, Line: line, What: what, Instead: "look for a missing colon, quote or bracket, or a wrong indent, here or on the line before"}}
}

// draft is a plan in the making: what was read, with the places where names
// stand that must exist once everything has been read.
type draft struct {
	*reader
	plan *Plan
	refs []pending
	at   map[any]*yaml.Node // where a network, router or host is defined
}

// pending is a name to be checked when all definitions are known.
type pending struct {
	ref
	what  string  // "network", "router", "host"
	set   *string // where the plan keeps it
	moves bool    // a host whose address may change does too
}

func (d *draft) later(what string, set *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		p := pending{what: what, set: set}
		d.ref(&p.ref)(n)
		*set = p.name
		d.refs = append(d.refs, p)
	}
}

// names reads one name or a list of names of things defined elsewhere.
func (d *draft) names(what string, p *[]string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		for _, item := range d.items(n) {
			var name string
			d.later(what, &name)(item)
			*p = append(*p, name)
		}
	}
}

// folder reads the name of a folder beside the world file.
func (d *draft) folder(p *string) func(*yaml.Node) {
	return func(n *yaml.Node) {
		d.text(p)(n)
		if info, err := fs.Stat(d.plan.files, *p); *p != "" && (err != nil || !info.IsDir()) {
			d.wrong(n, "its files belong there", "there is no folder %q beside the world file", *p)
		}
	}
}

func (d *draft) defined(what any, at *yaml.Node) {
	if d.at == nil {
		d.at = make(map[any]*yaml.Node)
	}
	d.at[what] = at
}

func (d *draft) world(n *yaml.Node) {
	d.object(n, "a world", fields{
		"name":     d.text(&d.plan.Name),
		"networks": func(n *yaml.Node) { d.entries(n, "networks", d.network) },
		"routers":  func(n *yaml.Node) { d.entries(n, "routers", d.router) },
		"hosts":    func(n *yaml.Node) { d.entries(n, "hosts", d.host) },
		"gateways": func(n *yaml.Node) { d.entries(n, "gateways", d.gateway) },
		"faults":   func(n *yaml.Node) { d.entries(n, "faults", d.faults) },
	})
}

func (d *draft) network(name string, at, value *yaml.Node) {
	network := &Network{Name: d.label(name, at)}
	d.object(value, "a network", fields{
		"domain":   d.text(&network.Domain),
		"ipv4":     d.prefix(&network.IPv4, "192.0.2.0/24"),
		"ipv6":     d.prefix(&network.IPv6, "2001:db8:1::/64"),
		"router":   d.later("router", &network.Router),
		"resolver": d.later("host", &network.Resolver),
		"guests":   d.numberRange(&network.Guests),
	})
	d.plan.Networks = append(d.plan.Networks, network)
	d.defined(network, at)
}

func (d *draft) router(name string, at, value *yaml.Node) {
	router := &Router{Name: d.label(name, at)}
	d.object(value, "a router", fields{
		"cards": func(n *yaml.Node) {
			d.entries(n, "cards", func(network string, at, value *yaml.Node) {
				card := RouterCard{Network: network}
				d.refs = append(d.refs, pending{ref: ref{network, at}, what: "network"})
				d.number(&card.At, 1, maxNumber)(value)
				router.Cards = append(router.Cards, card)
			})
		},
		"nat": d.nat(router),
		"servers": func(n *yaml.Node) {
			d.entries(n, "servers", func(kind string, at, value *yaml.Node) { d.routerServer(router, kind, at, value) })
		},
	})
	d.plan.Routers = append(d.plan.Routers, router)
	d.defined(router, at)
}

// maxNumber is the highest number that a host may have on its network.
const maxNumber = 9999

func (d *draft) host(name string, at, value *yaml.Node) {
	host := &Host{Name: d.label(name, at)}
	d.object(value, "a host", fields{
		"on":      d.later("network", &host.Network),
		"at":      d.number(&host.At, 1, maxNumber),
		"address": d.addressFrom(&host.DHCP),
		"fqdn":    d.text(&host.FQDN),
		"servers": func(n *yaml.Node) {
			d.entries(n, "servers", func(kind string, at, value *yaml.Node) { d.server(host, kind, at, value) })
		},
	})
	d.plan.Hosts = append(d.plan.Hosts, host)
	d.defined(host, at)
}

func (d *draft) server(host *Host, kind string, at, value *yaml.Node) {
	read, ok := kinds[kind]
	switch {
	case ok:
	case routerKinds[kind] != nil:
		d.wrong(at, "give it to a router", "a host cannot have a server of the kind %s", kind)
		return
	default:
		d.wrong(at, instead(kind, kindNames()), "there is no %q server", kind)
		return
	}
	s := Server{Kind: kind}
	section := d.without("start", value, func(n *yaml.Node) {
		starts := true
		d.yesOrNo(&starts)(n)
		s.Held = !starts
	})
	s.service = read(d, section)
	host.Servers = append(host.Servers, s)
}

// without reads one key of an object, which means the same in objects of any kind,
// and returns the object without it.
func (d *draft) without(key string, n *yaml.Node, read func(*yaml.Node)) *yaml.Node {
	rest := *resolved(n)
	for i := 0; rest.Kind == yaml.MappingNode && i+1 < len(rest.Content); i += 2 {
		if rest.Content[i].Value == key {
			read(rest.Content[i+1])
			rest.Content = slices.Delete(slices.Clone(rest.Content), i, i+2)
			break
		}
	}
	return &rest
}

func (d *draft) routerServer(router *Router, kind string, at, value *yaml.Node) {
	read, ok := routerKinds[kind]
	switch {
	case ok:
		router.Servers = append(router.Servers, RouterServer{Kind: kind, service: read(d, router, value)})
	case kinds[kind] != nil:
		d.wrong(at, "give it to a host", "a router cannot have a server of the kind %s", kind)
	default:
		d.wrong(at, instead(kind, slices.Collect(maps.Keys(routerKinds))), "there is no %q server for routers", kind)
	}
}

// addressFrom reads "dhcp".
func (d *draft) addressFrom(dhcp *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if *dhcp = resolved(n).Value == "dhcp"; !*dhcp {
			d.wrong(n, "write address: dhcp, or leave it out for the address that at: gives", "%q does not do here", resolved(n).Value)
		}
	}
}

// gateway reads "10080: www:80", "10053: dns:53" or "1080: socks".
func (d *draft) gateway(port string, at, value *yaml.Node) {
	var g Gateway
	var outside int
	d.number(&outside, 1, 65535)(at)
	g.Port = uint16(outside)
	value = resolved(value)
	if value.Value == "socks" {
		g.Transport = "socks"
		d.plan.Gateways = append(d.plan.Gateways, g)
		return
	}
	host, number, _ := strings.Cut(value.Value, ":")
	inside, err := strconv.ParseUint(number, 10, 16)
	if err != nil || host == "" {
		d.wrong(value, "write it like www:80, or socks", "%q is not a host and its port", value.Value)
		return
	}
	g.Host, g.To = host, uint16(inside)
	d.refs = append(d.refs, pending{ref: ref{host, value}, what: "host"})
	d.plan.Gateways = append(d.plan.Gateways, g)
	d.defined(g, value)
}

func (d *draft) faults(link string, at, value *yaml.Node) {
	faults, err := internet.ParseFaults(resolved(value).Value)
	if err != nil {
		d.wrong(value, "", "%v", err)
		return
	}
	d.plan.Faults[link] = faults
	d.refs = append(d.refs, pending{ref: ref{link, at}, what: "link"})
}

// numberRange reads "200-249".
func (d *draft) numberRange(p *Range) func(*yaml.Node) {
	return func(n *yaml.Node) {
		text := resolved(n).Value
		var v Range
		if _, err := fmt.Sscanf(text, "%d-%d", &v.First, &v.Last); err != nil || v.First < 1 || v.Last < v.First || v.Last > maxNumber {
			d.wrong(n, "write it like 200-249", "%q is not a range of host numbers", text)
			return
		}
		*p = v
	}
}

// label checks that a name can be a label of the DNS.
func (d *draft) label(name string, at *yaml.Node) string {
	if !isLabel(name) {
		d.wrong(at, "use small letters, digits and hyphens, as in ns1", "%q cannot be a name", name)
	}
	return name
}

// isLabel reports whether a name is a label of a host's name in the DNS (RFC 1123
// §2.1), in small letters.
func isLabel(name string) bool {
	good := name != "" && len(name) <= 63 && name[0] != '-' && name[len(name)-1] != '-'
	for _, c := range name {
		good = good && (c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-')
	}
	return good
}
