package demos

import (
	"context"
	"fmt"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/explain"
	"github.com/wirebook/wirebook/wire/dissect"
	"github.com/wirebook/wirebook/world"
)

// show is what a step shows when all is done: an explanation, or what somebody
// holds.
type show struct {
	what string   // "explain", or the name of a table
	of   string   // a key, or a host
	rows []string // only rows that have all of these
	at   int
}

func (r *reader) shows(n *yaml.Node) []show {
	var all []show
	for _, item := range r.texts(n) {
		words, err := split(r.text(item))
		if err != nil || len(words) < 2 {
			r.wrong(item, "write explain and a key, or a table and a host, as in leases dhcp", "show: %s", item.Value)
			continue
		}
		s := show{words[0], words[1], words[2:], item.Line}
		if _, ok := tables[s.what]; !ok && s.what != "explain" {
			names := []string{"explain"}
			for name := range tables {
				names = append(names, name)
			}
			slices.Sort(names)
			r.wrong(item, "write "+strings.Join(names, ", "), "there is no table %q", s.what)
			continue
		}
		if _, ok := explain.English.Entry(s.of); !ok && s.what == "explain" {
			r.wrong(item, "wirebook explain finds the keys that there are", "nothing is explained under %q", s.of)
			continue
		}
		all = append(all, s)
	}
	return all
}

// untils are shows of tables, of which a row is awaited.
func (r *reader) untils(n *yaml.Node) []show {
	all := r.shows(n)
	for _, s := range all {
		if s.what == "explain" || len(s.rows) == 0 {
			r.wrongAt(s.at, "write a table, a host, and what a row of it has: sockets alice ESTABLISHED", "until waits for a row of a table")
		}
	}
	return all
}

func (s show) check(c *checker) {
	if s.what != "explain" {
		c.at = s.at
		c.host(s.of)
	}
}

func (s show) event(p *play) (Event, error) {
	if s.what == "explain" {
		return Event{Kind: Shown, Explain: s.of}, nil
	}
	panels, err := p.o.World.Inspect(s.of)
	if err != nil {
		return Event{}, err
	}
	t := tables[s.what]
	shown := &Table{Name: s.what, Of: s.of, Columns: t.columns, Rows: [][]string{}}
	for _, row := range t.rows(&panels) {
		if s.chooses(row) {
			shown.Rows = append(shown.Rows, row)
		}
	}
	return Event{Kind: Shown, Table: shown}, nil
}

// chooses reports whether all the words stand in a row.
func (s show) chooses(row []string) bool {
	line := strings.Join(row, " ")
	return !slices.ContainsFunc(s.rows, func(want string) bool { return !strings.Contains(line, want) })
}

// come waits until a table has a row with all the words.
func (s show) come(ctx context.Context, p *play) error {
	ctx, cancel := context.WithTimeout(ctx, p.limit())
	defer cancel()
	for {
		e, err := s.event(p)
		if err != nil || len(e.Table.Rows) > 0 {
			return err
		}
		select {
		case <-time.After(pumping):
		case <-ctx.Done():
			return fmt.Errorf("%s of %s has no row with %s", s.what, s.of, strings.Join(s.rows, " "))
		}
	}
}

// table is one sort of tables.
type table struct {
	columns []string
	rows    func(*world.Panels) [][]string
}

var tables = map[string]table{
	"sockets":   {[]string{"protocol", "local", "remote", "state"}, socketRows},
	"address":   {[]string{"state", "address", "server", "t1", "t2", "expires"}, address},
	"leases":    {[]string{"address", "host", "state", "t1", "t2", "expires"}, leases},
	"cache":     {[]string{"name", "type", "data", "ttl"}, cache},
	"zone":      {[]string{"name", "serial", "records"}, zones},
	"neighbors": {[]string{"address", "mac", "state"}, neighbors},
	"routes":    {[]string{"destination", "via"}, routes},
	"mappings":  {[]string{"protocol", "inside", "outside", "remote"}, mappings},
	"queue":     {[]string{"from", "to", "state", "next"}, queue},
	"mailboxes": {[]string{"user", "folder", "messages", "unseen"}, mailboxes},
	"ftp":       {[]string{"user", "client", "transfer"}, ftpSessions},
	"tftp":      {[]string{"client", "file", "bytes"}, tftpTransfers},
}

func socketRows(p *world.Panels) (rows [][]string) {
	for _, s := range p.Sockets {
		rows = append(rows, []string{s.Network, s.Local.String(), port(s.Remote), s.State})
	}
	return rows
}

// port is an end of a conversation; empty: there is none.
func port(a netip.AddrPort) string {
	if !a.IsValid() {
		return ""
	}
	return a.String()
}

// left is how long it is until then; "-": that is past.
func left(now, then time.Time) string {
	if d := then.Sub(now); !then.IsZero() && d > 0 {
		return dissect.Duration(d.Round(time.Second))
	}
	return "-"
}

func address(p *world.Panels) [][]string {
	a := p.Address
	switch {
	case a == nil:
		return nil
	case !a.Addr.IsValid():
		return [][]string{{a.State, "", "", "", "", ""}}
	}
	return [][]string{{a.State, a.Addr.String(), a.Server.String(), left(p.Now, a.T1), left(p.Now, a.T2), left(p.Now, a.Expires)}}
}

func leases(p *world.Panels) (rows [][]string) {
	for _, l := range p.Leases {
		rows = append(rows, []string{l.Addr.String(), l.Host, string(l.State), left(p.Now, l.T1), left(p.Now, l.T2), left(p.Now, l.Until)})
	}
	return rows
}

func cache(p *world.Panels) (rows [][]string) {
	for _, c := range p.Cache {
		rows = append(rows, []string{c.Name, c.Type, strings.Join(c.Data, ", "), strconv.Itoa(c.TTL)})
	}
	return rows
}

func zones(p *world.Panels) (rows [][]string) {
	for _, z := range p.Zones {
		rows = append(rows, []string{z.Name, strconv.FormatUint(uint64(z.Serial), 10), strconv.Itoa(len(z.Records))})
	}
	return rows
}

func neighbors(p *world.Panels) (rows [][]string) {
	for _, n := range p.Neighbors {
		rows = append(rows, []string{n.Addr.String(), n.MAC.String(), n.State})
	}
	return rows
}

func routes(p *world.Panels) (rows [][]string) {
	for _, r := range p.Routes {
		via := "-"
		if r.Via.IsValid() {
			via = r.Via.String()
		}
		rows = append(rows, []string{r.Dst.String(), via})
	}
	return rows
}

func mappings(p *world.Panels) (rows [][]string) {
	if p.NAT == nil {
		return nil
	}
	for _, m := range p.NAT.Mappings {
		rows = append(rows, []string{fmt.Sprint(m.Protocol), m.Inside.String(), m.Outside.String(), port(m.Remote)})
	}
	return rows
}

func queue(p *world.Panels) (rows [][]string) {
	for _, q := range p.Queue {
		for _, r := range q.Recipients {
			rows = append(rows, []string{q.From, r.Address, string(r.State), left(q.Now, r.Next)})
		}
	}
	return rows
}

func mailboxes(p *world.Panels) (rows [][]string) {
	for _, m := range p.Mailboxes {
		for _, f := range m.Folders {
			rows = append(rows, []string{m.User, f.Name, strconv.Itoa(f.Messages), strconv.Itoa(f.Unseen)})
		}
	}
	return rows
}

func ftpSessions(p *world.Panels) (rows [][]string) {
	for _, s := range p.FTP {
		transfer := ""
		if s.Transfer != nil {
			transfer = s.Transfer.Command
		}
		rows = append(rows, []string{s.User, s.Client.String(), transfer})
	}
	return rows
}

func tftpTransfers(p *world.Panels) (rows [][]string) {
	for _, t := range p.TFTP {
		rows = append(rows, []string{t.Client.String(), t.File, strconv.FormatInt(t.Bytes, 10)})
	}
	return rows
}
