// Package authority is the certificate authority of a miniature Internet: it
// signs the certificates of its servers (RFC 5280), which programs there can
// check once they trust it. See Kurose & Ross §8.3.
package authority

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/netip"
	"time"
)

// Authority signs certificates. It is made anew for each Internet, and its key is
// nowhere but in this process: nothing that it signs is worth anything elsewhere.
type Authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

// certificatesLast is how long certificates are good. A world's clock may be far
// ahead of the clock of a guest, which checks them.
const certificatesLast = 10 * 365 * 24 * time.Hour

// New makes an authority of that name.
func New(name string) (*Authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	cert := &x509.Certificate{
		Subject:               pkix.Name{CommonName: name, Organization: []string{"Wirebook"}},
		IsCA:                  true,
		BasicConstraintsValid: true,
		MaxPathLenZero:        true,
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageCRLSign,
	}
	if err := complete(cert); err != nil {
		return nil, err
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	if cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}
	return &Authority{cert, key}, nil
}

// Issue makes the certificate of a server with these names and addresses.
func (a *Authority) Issue(names []string, addrs []netip.Addr) (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	cert := &x509.Certificate{
		DNSNames:    names,
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	if len(names) > 0 {
		cert.Subject.CommonName = names[0]
	}
	for _, addr := range addrs {
		cert.IPAddresses = append(cert.IPAddresses, net.IP(addr.AsSlice()))
	}
	if err := complete(cert); err != nil {
		return tls.Certificate{}, err
	}
	der, err := x509.CreateCertificate(rand.Reader, cert, a.cert, &key.PublicKey, a.key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// complete sets what every certificate has: a number, and when it is good. The
// dates are the machine's, since programs that check them live by its clock.
func complete(cert *x509.Certificate) error {
	number, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return err
	}
	now := time.Now()
	cert.SerialNumber = number
	cert.NotBefore, cert.NotAfter = now.Add(-24*time.Hour), now.Add(certificatesLast)
	return nil
}

// PEM is the authority's own certificate, which is to be trusted.
func (a *Authority) PEM() []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.cert.Raw})
}
