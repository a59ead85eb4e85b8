package world

import (
	"context"
	"crypto/tls"
	"errors"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/wirebook/wirebook/netx"
	"github.com/wirebook/wirebook/servers/imapd"
	"github.com/wirebook/wirebook/servers/mailbox"
	"github.com/wirebook/wirebook/servers/pop3d"
	"github.com/wirebook/wirebook/servers/smtpd"
	"github.com/wirebook/wirebook/supervise"
)

// smtpService is the section of a mail server. Those by which its users fetch
// their mail stand beside it, and know its users:
//
//	smtp: {domain: example.edu, users: [alice, carol], relay: campus}
//	pop3:
//	imap:
//
// Who has no password has their own name for one: users: {alice: secret} gives
// another.
type smtpService struct {
	domains []string
	names   []string // of the users, in their order
	users   mailbox.Passwords
	relay   []scope // who may send to everybody without logging in
}

func readSMTP(d *draft, n *yaml.Node) service {
	s := &smtpService{users: make(mailbox.Passwords)}
	d.object(n, "an smtp server", fields{
		"domain": d.texts(&s.domains),
		"users":  s.readUsers(d),
		"relay":  d.scopes(&s.relay),
	})
	if len(s.domains) == 0 {
		d.wrong(n, "write domain: and what stands behind the @ of its users' addresses", "the smtp server takes mail for no domain")
	}
	if len(s.names) == 0 {
		d.wrong(n, "write users: and their names", "nobody has a mailbox at the smtp server")
	}
	return s
}

// readUsers reads [alice, carol], or {alice: secret}.
func (s *smtpService) readUsers(d *draft) func(*yaml.Node) {
	add := func(at *yaml.Node, name, password string) {
		if _, twice := s.users[name]; twice {
			d.wrong(at, "remove one of the two", "the user %s is there twice", name)
		}
		s.names = append(s.names, name)
		s.users[name] = password
	}
	return func(n *yaml.Node) {
		if resolved(n).Kind == yaml.MappingNode {
			d.entries(n, "users", func(name string, at, value *yaml.Node) {
				password := name
				d.text(&password)(value)
				add(at, name, password)
			})
			return
		}
		for _, item := range d.items(n) {
			var name string
			if d.text(&name)(item); name != "" {
				add(item, name, name)
			}
		}
	}
}

func (s *smtpService) ports() []Port { return []Port{{"tcp", 25}, {"tcp", 587}, {"tcp", 465}} }

func (s *smtpService) server(w *World, h *Host) (supervise.Server, error) {
	office, err := w.postOffice(h)
	if err != nil {
		return nil, err
	}
	stub := mailResolver{w.stub(w.network(h.Name)), w.Plan.resolvers(w.Plan.network(h.Network))}
	return &smtpd.Server{
		Hostname: w.FQDN(h.Name), Domains: s.domains, Mail: office.mail, Users: s.users, Queue: office.queue,
		Resolver: stub, Campus: w.Plan.prefixes(s.relay), Postmaster: s.names[0],
		SecureAddr: ":465", TLS: s.certificate(w, h), Seed: w.seed, Log: w.logOf(h.Name, "smtp"), Clock: w.clock,
	}, nil
}

// certificate is for all the names under which a user may know the host:
// imap.example.edu is an alias of mail.example.edu.
func (s *smtpService) certificate(w *World, h *Host) *tls.Config {
	var aliases []string
	for _, domain := range s.domains {
		aliases = append(aliases, "smtp."+domain, "pop."+domain, "imap."+domain)
	}
	return w.withCertificate(h, aliases...)
}

// pop3Service and imapService are the sections of the servers from which mail is
// fetched. They say nothing: all that they have is that of the smtp server beside
// them.
type (
	pop3Service struct{}
	imapService struct{}
)

func readPOP3(d *draft, n *yaml.Node) service {
	d.object(n, "a pop3 server", fields{})
	return pop3Service{}
}

func readIMAP(d *draft, n *yaml.Node) service {
	d.object(n, "an imap server", fields{})
	return imapService{}
}

func (pop3Service) ports() []Port { return []Port{{"tcp", 110}, {"tcp", 995}} }
func (imapService) ports() []Port { return []Port{{"tcp", 143}, {"tcp", 993}} }

func (pop3Service) server(w *World, h *Host) (supervise.Server, error) {
	smtp, office, certificate, err := w.mailHost(h)
	if err != nil {
		return nil, err
	}
	clear := pop3d.Server{
		Mail: office.mail, Users: smtp.users, Name: w.FQDN(h.Name), TLS: certificate, Log: w.logOf(h.Name, "pop3"), Clock: w.clock,
	}
	secure := clear
	secure.Secure = true
	return together{&clear, &secure}, nil
}

func (imapService) server(w *World, h *Host) (supervise.Server, error) {
	smtp, office, certificate, err := w.mailHost(h)
	if err != nil {
		return nil, err
	}
	clear := imapd.Server{Mail: office.mail, Users: smtp.users, TLS: certificate, Log: w.logOf(h.Name, "imap"), Clock: w.clock}
	secure := clear
	secure.Secure = true
	return together{&clear, &secure}, nil
}

// together are servers that are one to whoever starts or stops them: that at the
// port where a client may ask for TLS, and that where TLS begins with the first
// byte (RFC 8314 §3).
type together []supervise.Server

// Serve serves until ctx ends, or one of them does.
func (t together) Serve(ctx context.Context, nw netx.Network) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var all sync.WaitGroup
	for _, s := range t {
		all.Go(func() { cancel(s.Serve(ctx, nw)) })
	}
	all.Wait()
	if err := context.Cause(ctx); !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}

// mailHost is what the servers have whose users fetch mail.
func (w *World) mailHost(h *Host) (*smtpService, *postOffice, *tls.Config, error) {
	smtp := h.smtp()
	office, err := w.postOffice(h)
	if err != nil {
		return nil, nil, nil, err
	}
	return smtp, office, smtp.certificate(w, h), nil
}

// smtp is the host's mail server, or nil.
func (h *Host) smtp() *smtpService {
	for _, s := range h.Servers {
		if smtp, ok := s.service.(*smtpService); ok {
			return smtp
		}
	}
	return nil
}

// checkMail sees that there is mail to fetch, and that each domain's mail is in one
// place.
func (d *draft) checkMail() {
	owner := make(map[string]string)
	for _, h := range d.plan.Hosts {
		smtp := h.smtp()
		for _, s := range h.Servers {
			switch s.service.(type) {
			case pop3Service, imapService:
				if smtp == nil {
					d.wrong(d.at[h], "give it an smtp server, which brings the mail", "%s of %s has no mail to hand out", s.Kind, h.Name)
				}
			}
		}
		if smtp == nil {
			continue
		}
		for _, domain := range smtp.domains {
			if other := owner[domain]; other != "" {
				d.wrong(d.at[h], "name it at one of them", "%s and %s both have the mailboxes of %s", other, h.Name, domain)
			}
			owner[domain] = h.Name
		}
	}
}
