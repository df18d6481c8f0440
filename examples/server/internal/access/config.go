package access

import (
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// ErrInvalid is wrapped by what is wrong with a configuration or a table.
var ErrInvalid = errors.New("access: invalid")

// Config is which credentials the server takes. Its zero value takes none.
type Config struct {
	Keys   []Key // at most 1,000
	Tokens Tokens
}

// Key is an API key, of which only the hash is known here.
type Key struct {
	Name     string // the actor's, 1 to 64 letters, digits and . _ - @
	SHA256   string // of the key, in 64 hexadecimal digits; the key itself should have 128 random bits or more
	Roles    []Role
	Bank     string    // with role bank, the one it is
	NotAfter time.Time // it ends then; the zero time is never
}

// Tokens is whose JSON Web Tokens (RFC 7519) the server takes, and for which they
// must be made. A token has the claims iss, aud, sub (the actor's name), exp (an
// hour ahead at most), roles and, with role bank, bank. No Ed25519 and no Secret
// means no tokens.
type Tokens struct {
	Issuer   string
	Audience string
	Ed25519  ed25519.PublicKey // verifies alg EdDSA; nil for none
	Secret   []byte            // verifies alg HS256, 32 to 1024 bytes; nil for none
}

// MaxToken is how far ahead a token may end: what is stolen is soon worthless.
const MaxToken = time.Hour

const maxKeys = 1000

func (t Tokens) taken() bool { return len(t.Ed25519) > 0 || len(t.Secret) > 0 }

// Validate returns all that is wrong, or nil: each error wraps [ErrInvalid] and
// names field, value and rule, but no secret.
func (c Config) Validate() error {
	var k checker
	k.must(len(c.Keys) <= maxKeys, "keys", len(c.Keys), fmt.Sprintf("must be at most %d", maxKeys))
	seen := map[string]int{}
	for i, key := range c.Keys {
		k.at = fmt.Sprintf("keys[%d].", i)
		k.actor(Actor{key.Name, key.Roles, key.Bank})
		sum, err := hex.DecodeString(key.SHA256)
		k.must(err == nil && len(sum) == 32, "sha256", fmt.Sprintf("of %d characters", len(key.SHA256)), "must be the key's SHA-256 in 64 hexadecimal digits") // it may be the key itself
		if first, twice := seen[string(sum)]; twice && err == nil {
			k.must(false, "sha256", fmt.Sprintf("of %d characters", len(key.SHA256)), fmt.Sprintf("must be another than that of keys[%d]", first))
		}
		seen[string(sum)] = i
	}
	k.at = "tokens."
	t := c.Tokens
	k.must(t.Ed25519 == nil || len(t.Ed25519) == ed25519.PublicKeySize, "ed25519", fmt.Sprintf("of %d bytes", len(t.Ed25519)), "must have 32 bytes")
	k.must(t.Secret == nil || len(t.Secret) >= 32 && len(t.Secret) <= 1024, "secret", fmt.Sprintf("of %d bytes", len(t.Secret)), "must have 32 to 1024 bytes")
	if t.taken() {
		k.must(t.Issuer != "", "issuer", t.Issuer, "must be there with a key or a secret")
		k.must(t.Audience != "", "audience", t.Audience, "must be there with a key or a secret")
	}
	return errors.Join(k.problems...)
}

// checker collects what is wrong.
type checker struct {
	at       string // before each field
	problems []error
}

func (c *checker) must(ok bool, field string, value any, rule string) {
	if !ok {
		c.problems = append(c.problems, fmt.Errorf("%w: %s%s %.64q: %s", ErrInvalid, c.at, field, fmt.Sprint(value), rule))
	}
}

// actor checks what a credential makes of its bearer.
func (c *checker) actor(a Actor) {
	c.must(named(a.Name), "name", a.Name, "must be 1 to 64 letters, digits and . _ - @")
	c.must(len(a.Roles) > 0 && len(a.Roles) <= len(Roles()), "roles", a.Roles, "must have one or more")
	for _, role := range a.Roles {
		c.must(role.known(), "roles", role, "must be one of "+strings.Trim(fmt.Sprint(Roles()), "[]"))
	}
	if slices.Contains(a.Roles, Bank) {
		c.must(a.Bank != "" && len(a.Bank) <= 256, "bank", a.Bank, "must be which bank it is, in 1 to 256 bytes")
	} else {
		c.must(a.Bank == "", "bank", a.Bank, "must be empty without role bank")
	}
}

func (r Role) known() bool { return slices.Contains(Roles(), r) }

func named(name string) bool {
	return name != "" && len(name) <= 64 && strings.TrimFunc(name, func(c rune) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.ContainsRune("._-@", c)
	}) == ""
}
