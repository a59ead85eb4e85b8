// Package certificate has the certificate of the servers in tests. It is its own
// authority, so that one file tells everybody whom to trust.
package certificate

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
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// Certificate is a certificate as it is given to those who need it.
type Certificate struct {
	Server *tls.Config // for the server
	Client *tls.Config // for its clients, who call it localhost
	File   string      // for programs, in PEM: whom to trust
	Key    string      // for servers that nobody here wrote, in PEM
}

// For is a certificate for a test's servers: for localhost, for 127.0.0.1 and for two
// mail servers of the world. All tests of a process have the same one.
func For(t testing.TB) Certificate {
	t.Helper()
	made, err := once()
	if err != nil {
		t.Fatal(err)
	}
	bare, err := x509.MarshalPKCS8PrivateKey(made.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: made.Certificate[0]})
	trusted := x509.NewCertPool()
	trusted.AppendCertsFromPEM(text)
	dir := t.TempDir()
	return Certificate{
		Server: &tls.Config{Certificates: []tls.Certificate{made}},
		Client: &tls.Config{RootCAs: trusted, ServerName: "localhost"},
		File:   write(t, dir, "certificate.pem", text),
		Key:    write(t, dir, "key.pem", pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: bare})),
	}
}

var once = sync.OnceValues(func() (tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: []string{"localhost", "mail.example.edu", "mail.example.com"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
})

func write(t testing.TB, dir, name string, content []byte) (file string) {
	t.Helper()
	file = filepath.Join(dir, name)
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}
