package world

// Panels are what one sees who opens the station: its servers, and what these hold
// at the moment. The tables of its network are those of the system that it is on.
func (s *Station) Panels() (Panels, error) {
	w := s.world
	p := Panels{Host: s.Name, Kind: "host", FQDN: s.FQDN, Now: w.clock.Now()}
	if s.Router {
		p.Kind = "router"
	}
	for _, status := range s.Servers.Status() {
		row := ServerStatus{Status: status, Ports: s.Ports(status.Name)}
		p.Servers = append(p.Servers, ServerPanel{row, w.serverLog(s.Name, status.Name)})
	}
	err := w.openServers(&p)
	return p, err
}
