package authority

import (
	"bytes"
	"crypto/x509"
	"testing"
)

func TestSecret(t *testing.T) {
	a, err := New("test")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := a.Secret()
	if err != nil {
		t.Fatal(err)
	}
	if public := Public(secret); !bytes.Equal(public, a.PEM()) || bytes.Contains(public, []byte(keyBlock)) {
		t.Errorf("public: %s", public)
	}
	again, err := Parse(secret)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := again.Issue([]string{"www.example.com"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(a.PEM())
	leaf, err := x509.ParseCertificate(cert.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := leaf.Verify(x509.VerifyOptions{DNSName: "www.example.com", Roots: roots}); err != nil {
		t.Error(err)
	}
	for _, wrong := range [][]byte{nil, a.PEM(), []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")} {
		if _, err := Parse(wrong); err == nil {
			t.Errorf("an authority from %q", wrong)
		}
	}
}
