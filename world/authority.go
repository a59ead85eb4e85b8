package world

import (
	"crypto/tls"
	"fmt"
	"sync"

	"github.com/wirebook/wirebook/world/authority"
)

// lazyAuthority is one that is made when it is first needed.
type lazyAuthority struct {
	once sync.Once
	made *authority.Authority
	err  error
}

func (w *World) signer() (*authority.Authority, error) {
	a := &w.authority
	a.once.Do(func() { a.made, a.err = authority.New("The authority of the world " + w.Plan.Name) })
	return a.made, a.err
}

// Authority is the certificate, in PEM, of the authority that has signed those of
// this world's servers. A program that trusts it can check them:
//
//	curl --ssl-reqd --cacert authority.pem ftp://alice:alice@ftp.example.edu/
func (w *World) Authority() ([]byte, error) {
	a, err := w.signer()
	if err != nil {
		return nil, err
	}
	return a.PEM(), nil
}

// withCertificate is for servers on the host. The certificate is made when the
// first client asks for it: most worlds end before, and signing is slow beside
// the rest of a start.
func (w *World) withCertificate(h *Host, aliases ...string) *tls.Config {
	certificate := sync.OnceValues(func() (*tls.Certificate, error) {
		c, err := w.certificate(h, aliases...)
		return &c, err
	})
	return &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return certificate() }}
}

// certificate is one for a host of the world, by its names and its addresses.
func (w *World) certificate(h *Host, aliases ...string) (tls.Certificate, error) {
	a, err := w.signer()
	if err != nil {
		return tls.Certificate{}, err
	}
	var names []string
	if h.FQDN != "" {
		names = append(names, h.FQDN)
	}
	names = append(append(names, h.Name), aliases...)
	cert, err := a.Issue(names, w.Plan.network(h.Network).Addresses(h.At))
	if err != nil {
		return tls.Certificate{}, fmt.Errorf("a certificate for %s: %w", h.Name, err)
	}
	return cert, nil
}
