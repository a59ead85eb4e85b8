package classroom

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/supervise"
	"github.com/wirebook/wirebook/world"
)

// Report says how the machine is now.
func (m *Member) Report() Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	r := Report{Servers: []world.ServerStatus{}, Addrs: m.addrs()}
	switch {
	case !m.plugged:
		r.Ill = "it is not plugged in"
	case m.machine.DHCP && m.lease == nil:
		r.Ill = "it has no address yet"
	}
	if m.station == nil {
		return r
	}
	for _, s := range m.station.Servers.Status() {
		row := world.ServerStatus{Status: s, Ports: m.station.Ports(s.Name)}
		if len(r.Addrs) > 0 {
			row.Address = r.Addrs[0].String()
		}
		r.Servers = append(r.Servers, row)
		if r.Ill == "" && (s.State == supervise.Starting || s.State == supervise.Failed) {
			r.Ill = fmt.Sprintf("%s is %s: %s", s.Name, s.State, s.Error)
		}
	}
	return r
}

// report tells the hub what has changed.
func (m *Member) report(ctx context.Context, line *cabling.Line) {
	const often = 200 * time.Millisecond
	tick := time.NewTicker(often)
	defer tick.Stop()
	var told *Report
	for {
		if now := m.Report(); told == nil || !reflect.DeepEqual(now, *told) {
			if line.Send(message{Report: &now}, nil) != nil {
				return
			}
			told = &now
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return
		}
	}
}

// know hands on who is there.
func (m *Member) know(all []present) {
	if m.station == nil {
		return
	}
	fqdn := make(map[string]string)
	var named []world.Named
	for _, p := range slices.Concat(m.present, all) {
		fqdn[p.Name] = p.FQDN
	}
	for _, p := range all {
		named = append(named, world.Named{Name: p.Name, Addrs: p.Addrs})
	}
	m.station.Know(named, func(name string) string { return fqdn[name] })
	m.present = all
}
