package authority

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
)

// The blocks of an authority that is written down.
const (
	certificateBlock = "CERTIFICATE"
	keyBlock         = "PRIVATE KEY"
)

// Secret is the authority as text, certificate and key, in PEM: for an Internet whose
// servers are in different processes. Who has it can sign what their clients trust.
func (a *Authority) Secret() ([]byte, error) {
	key, err := x509.MarshalPKCS8PrivateKey(a.key)
	if err != nil {
		return nil, err
	}
	return append(a.PEM(), pem.EncodeToMemory(&pem.Block{Type: keyBlock, Bytes: key})...), nil
}

// Parse reads what Secret has written.
func Parse(secret []byte) (*Authority, error) {
	a := new(Authority)
	for block, rest := pem.Decode(secret); block != nil; block, rest = pem.Decode(rest) {
		var err error
		switch block.Type {
		case certificateBlock:
			a.cert, err = x509.ParseCertificate(block.Bytes)
		case keyBlock:
			var key any
			key, err = x509.ParsePKCS8PrivateKey(block.Bytes)
			a.key, _ = key.(*ecdsa.PrivateKey)
		}
		if err != nil {
			return nil, fmt.Errorf("the authority makes no sense: %w", err)
		}
	}
	if a.cert == nil || a.key == nil {
		return nil, errors.New("an authority needs a certificate and its key")
	}
	return a, nil
}

// Public is the part of a secret that everybody may have: what is to be trusted.
func Public(secret []byte) []byte {
	var b bytes.Buffer
	for block, rest := pem.Decode(secret); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == certificateBlock {
			_ = pem.Encode(&b, block)
		}
	}
	return b.Bytes()
}
