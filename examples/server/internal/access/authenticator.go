package access

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"
)

// ErrCredential refuses a credential that is not, or no longer, good. It never
// repeats it.
var ErrCredential = errors.New("access: credential refused")

// Authenticator knows who bears which credential. Safe for concurrent use.
type Authenticator struct {
	keys   map[[sha256.Size]byte]key // by their SHA-256
	tokens Tokens
}

type key struct {
	actor    Actor
	notAfter time.Time
}

// New returns the authenticator of c, or all that is wrong with it.
func New(c Config) (*Authenticator, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	a := &Authenticator{keys: make(map[[sha256.Size]byte]key, len(c.Keys)), tokens: c.Tokens}
	a.tokens.Ed25519 = ed25519.PublicKey(slices.Clone([]byte(c.Tokens.Ed25519)))
	a.tokens.Secret = slices.Clone(c.Tokens.Secret)
	for _, k := range c.Keys {
		var sum [sha256.Size]byte
		if _, err := hex.Decode(sum[:], []byte(k.SHA256)); err != nil {
			return nil, fmt.Errorf("%w: key %q: %w", ErrInvalid, k.Name, err)
		}
		a.keys[sum] = key{actor: Actor{k.Name, slices.Clone(k.Roles), k.Bank}, notAfter: k.NotAfter}
	}
	return a, nil
}

// Hash returns what [Key.SHA256] is for a key.
func Hash(key string) string {
	sum := sha256.Sum256([]byte(key))
	return hex.EncodeToString(sum[:])
}

// Shown reports whether a request carries a credential, good or not.
func Shown(r *http.Request) bool {
	return len(r.Header.Values("Authorization"))+len(r.Header.Values("X-Api-Key")) > 0
}

// Authenticate returns who sent a request: the zero Actor without a credential,
// [ErrCredential] with one that is not good. A key comes as "Authorization: Bearer
// KEY" or "X-API-Key: KEY", a token as the former.
func (a *Authenticator) Authenticate(r *http.Request, now time.Time) (Actor, error) {
	bearers, plain := r.Header.Values("Authorization"), r.Header.Values("X-Api-Key")
	switch {
	case len(bearers)+len(plain) == 0:
		return Actor{}, nil
	case len(bearers)+len(plain) > 1:
		return Actor{}, fmt.Errorf("%w: must be one", ErrCredential)
	case len(plain) == 1:
		return a.ofKey(plain[0], now)
	}
	scheme, credential, _ := strings.Cut(bearers[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return Actor{}, fmt.Errorf("%w: Authorization must be Bearer", ErrCredential)
	}
	actor, err := a.ofKey(credential, now)
	if err != nil && strings.Count(credential, ".") == 2 && a.tokens.taken() {
		return a.ofToken(credential, now)
	}
	return actor, err
}

// ofKey looks a key up by its hash. The time that takes says something of hashes at
// most, and nobody can choose one that is like another's.
func (a *Authenticator) ofKey(text string, now time.Time) (Actor, error) {
	known, ok := a.keys[sha256.Sum256([]byte(text))]
	if !ok {
		return Actor{}, fmt.Errorf("%w: nobody has it", ErrCredential)
	}
	if !known.notAfter.IsZero() && now.After(known.notAfter) {
		return Actor{}, fmt.Errorf("%w: key ended at %s", ErrCredential, known.notAfter.UTC().Format(time.RFC3339))
	}
	known.actor.Roles = slices.Clone(known.actor.Roles)
	return known.actor, nil
}
