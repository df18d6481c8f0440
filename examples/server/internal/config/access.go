package config

import (
	"crypto/ed25519"
	"encoding/hex"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

type accessSection struct {
	Keys   []keySection   `yaml:"keys"`
	Tokens *tokensSection `yaml:"tokens"`
}

type keySection struct {
	Name     scalar   `yaml:"name"`
	SHA256   scalar   `yaml:"sha256"`
	Roles    []scalar `yaml:"roles"`
	Bank     scalar   `yaml:"bank"`
	NotAfter scalar   `yaml:"not_after"`
}

type tokensSection struct {
	Issuer     scalar `yaml:"issuer"`
	Audience   scalar `yaml:"audience"`
	Ed25519    scalar `yaml:"ed25519"`
	SecretFile scalar `yaml:"secret_file"`
}

// access reads who may show what credential.
func (r *reader) access() access.Config {
	var c access.Config
	for i, k := range r.said.Access.Keys {
		field := fmt.Sprintf("access.keys[%d]", i)
		key := access.Key{Name: k.Name.text, SHA256: k.SHA256.text, Bank: k.Bank.text}
		for _, role := range k.Roles {
			key.Roles = append(key.Roles, access.Role(role.text))
		}
		if k.NotAfter.set {
			at, err := time.Parse(time.RFC3339, k.NotAfter.text)
			r.must(err == nil, field+".not_after", k.NotAfter.text, "must be RFC 3339, such as 2027-01-01T00:00:00Z")
			key.NotAfter = at
		}
		r.must(key.Name != liquidity.Robot, field+".name", key.Name, "must not be who the engine is")
		c.Keys = append(c.Keys, key)
	}
	if t := r.said.Access.Tokens; t != nil {
		c.Tokens = access.Tokens{Issuer: t.Issuer.text, Audience: t.Audience.text}
		if t.Ed25519.set {
			key, err := hex.DecodeString(t.Ed25519.text)
			r.must(err == nil, "access.tokens.ed25519", t.Ed25519.text, "must be the public key in 64 hexadecimal digits")
			c.Tokens.Ed25519 = ed25519.PublicKey(key)
		}
		if t.SecretFile.set {
			c.Tokens.Secret = []byte(r.secret("access.tokens.secret_file", t.SecretFile.text))
		}
	}
	for _, problem := range all(c.Validate()) {
		r.problem("access: %v", problem)
	}
	return c
}

// all takes joined errors apart.
func all(err error) []error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		return joined.Unwrap()
	}
	if err != nil {
		return []error{err}
	}
	return nil
}
