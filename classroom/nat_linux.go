package classroom

import (
	"errors"

	"github.com/wirebook/wirebook/classroom/cabling"
	"github.com/wirebook/wirebook/world"
)

// natSetting is how a router translates addresses now. It begins as the plan says.
type natSetting struct{ on, helper bool }

// setUpNAT has the kernel translate as it is set.
func (m *Member) setUpNAT() error {
	plan := m.machine.NAT
	if plan == nil {
		return nil
	}
	m.mu.Lock()
	if m.nat == nil {
		m.nat = &natSetting{on: true, helper: plan.FTP}
	}
	now := *m.nat
	m.mu.Unlock()
	if !now.on {
		return cabling.NoTranslation()
	}
	return cabling.Translate(cabling.Translation{Outside: plan.Outside, Forward: plan.Forward, FTP: now.helper})
}

// changeNAT turns translation on or off, or the helper.
func (m *Member) changeNAT(r natRequest) error {
	m.mu.Lock()
	if m.nat == nil {
		m.mu.Unlock()
		return errors.New("it has no nat: in the world file")
	}
	before := *m.nat
	if r.On != nil {
		m.nat.on = *r.On
	}
	if r.Helper != nil {
		m.nat.helper = *r.Helper
	}
	m.mu.Unlock()
	err := m.privileged(m.setUpNAT)
	if err != nil {
		m.mu.Lock()
		*m.nat = before
		m.mu.Unlock()
	}
	return err
}

// natPanel is how the router translates now; nil: it does not do that.
func (m *Member) natPanel() (*world.NATPanel, error) {
	m.mu.Lock()
	plan, now := m.machine.NAT, m.nat
	if plan == nil || now == nil {
		m.mu.Unlock()
		return nil, nil
	}
	p := &world.NATPanel{On: now.on, Helper: now.helper, Outside: plan.Addr}
	m.mu.Unlock()
	err := m.privileged(func() (err error) {
		p.Mappings, err = cabling.Mappings()
		return err
	})
	return p, err
}
