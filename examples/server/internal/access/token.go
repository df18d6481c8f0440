package access

import (
	"errors"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// claims are what a token says of its bearer.
type claims struct {
	jwt.RegisteredClaims
	Roles []Role `json:"roles"`
	Bank  string `json:"bank"`
}

// ofToken verifies a token with the key of its own algorithm and no other: one
// that is signed with HMAC cannot pass by knowing a public key.
func (a *Authenticator) ofToken(text string, now time.Time) (Actor, error) {
	var said claims
	_, err := jwt.ParseWithClaims(text, &said, a.keyOf,
		jwt.WithValidMethods(a.tokens.methods()),
		jwt.WithIssuer(a.tokens.Issuer),
		jwt.WithAudience(a.tokens.Audience),
		jwt.WithExpirationRequired(),
		jwt.WithIssuedAt(),
		jwt.WithStrictDecoding(),
		jwt.WithTimeFunc(func() time.Time { return now }),
	)
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return Actor{}, fmt.Errorf("%w: token has ended", ErrCredential)
	case err != nil: // what it says may repeat a stranger's text
		return Actor{}, fmt.Errorf("%w: token must be signed by and made for us, and valid now", ErrCredential)
	case said.ExpiresAt.Sub(now) > MaxToken:
		return Actor{}, fmt.Errorf("%w: token must end within %v", ErrCredential, MaxToken)
	}
	actor := Actor{said.Subject, said.Roles, said.Bank}
	c := checker{at: "token "}
	if c.actor(actor); len(c.problems) > 0 {
		return Actor{}, fmt.Errorf("%w: %w", ErrCredential, c.problems[0])
	}
	return actor, nil
}

func (t Tokens) methods() []string {
	var all []string
	if len(t.Ed25519) > 0 {
		all = append(all, jwt.SigningMethodEdDSA.Alg())
	}
	if len(t.Secret) > 0 {
		all = append(all, jwt.SigningMethodHS256.Alg())
	}
	return all
}

func (a *Authenticator) keyOf(t *jwt.Token) (any, error) {
	switch t.Method.Alg() {
	case jwt.SigningMethodEdDSA.Alg():
		return a.tokens.Ed25519, nil
	case jwt.SigningMethodHS256.Alg():
		return a.tokens.Secret, nil
	default:
		return nil, jwt.ErrTokenUnverifiable
	}
}
