package world

import (
	"slices"
	"strings"
)

// MailAccount is what a user agent must be told by its user: who that is, and which
// server has the mail.
type MailAccount struct {
	User     string `json:"user"`     // as the server knows them
	Password string `json:"password"` // in a world they are no secret
	Address  string `json:"address"`  // alice@example.edu
	Server   string `json:"server"`   // the full name of its host
	Host     string `json:"host"`     // that of the host which asks
}

// MailAccount is that of a user, "" being the one who is called as the host is. The
// server is that of the host's own domain, if the user has mail there, or else the
// first that knows them. Without such a server only Host is set.
func (w *World) MailAccount(host, user string) MailAccount {
	a := MailAccount{Host: w.FQDN(host)}
	if user == "" {
		user = host
	}
	_, domain, _ := strings.Cut(a.Host, ".")
	for _, h := range w.Plan.Hosts {
		smtp := h.smtp()
		if smtp == nil || !slices.Contains(smtp.names, user) {
			continue
		}
		own := slices.Contains(smtp.domains, domain)
		if a.Server == "" || own {
			a.User, a.Password, a.Address, a.Server = user, smtp.users[user], user+"@"+smtp.domains[0], w.FQDN(h.Name)
		}
		if own {
			break
		}
	}
	return a
}
