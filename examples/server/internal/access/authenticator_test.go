package access_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

var (
	noon    = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	private = ed25519.NewKeyFromSeed([]byte("0123456789abcdef0123456789abcdef"))
	secret  = []byte("a secret of at least 32 bytes, this")
	public  = ed25519.PublicKey(private[32:])
)

func config() access.Config {
	return access.Config{
		Keys: []access.Key{
			{Name: "ada", SHA256: access.Hash("key-of-ada"), Roles: []access.Role{access.Operator, access.RiskManager}},
			{Name: "north", SHA256: access.Hash("key-of-north"), Roles: []access.Role{access.Bank}, Bank: "bank-north", NotAfter: noon},
		},
		Tokens: access.Tokens{Issuer: "https://id", Audience: "pool", Ed25519: public, Secret: secret},
	}
}

func request(t *testing.T, header ...string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://pool/", nil)
	require.NoError(t, err)
	for i := 0; i < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	return r
}

func TestWhoAsks(t *testing.T) {
	ada := access.Actor{Name: "ada", Roles: []access.Role{access.Operator, access.RiskManager}}
	north := access.Actor{Name: "north", Roles: []access.Role{access.Bank}, Bank: "bank-north"}
	for _, row := range []struct {
		name   string
		header []string
		at     time.Time
		want   access.Actor
		says   string // of the refusal; "" for none
	}{
		{"without a credential it is a stranger", nil, noon, access.Actor{}, ""},
		{"a key may come as a bearer", []string{"Authorization", "Bearer key-of-ada"}, noon, ada, ""},
		{"the scheme's case does not matter", []string{"Authorization", "bearer key-of-ada"}, noon, ada, ""},
		{"or in a header of its own", []string{"X-API-Key", "key-of-ada"}, noon, ada, ""},
		{"a key lives until its end", []string{"X-API-Key", "key-of-north"}, noon, north, ""},
		{"and not longer", []string{"X-API-Key", "key-of-north"}, noon.Add(time.Nanosecond), access.Actor{}, "key ended at 2026-03-01T12:00:00Z"},
		{"a wrong key is nobody's", []string{"X-API-Key", "key-of-adb"}, noon, access.Actor{}, "nobody has it"},
		{"the hash of a key is not a key", []string{"X-API-Key", access.Hash("key-of-ada")}, noon, access.Actor{}, "nobody has it"},
		{"an empty key is nobody's", []string{"X-API-Key", ""}, noon, access.Actor{}, "nobody has it"},
		{"no password is taken", []string{"Authorization", "Basic key-of-ada"}, noon, access.Actor{}, "must be Bearer"},
		{"a key without its scheme is not taken", []string{"Authorization", "key-of-ada"}, noon, access.Actor{}, "must be Bearer"},
		{"two credentials are one too many", []string{"X-API-Key", "key-of-ada", "Authorization", "Bearer key-of-ada"}, noon, access.Actor{}, "must be one"},
		{"also in one header", []string{"X-API-Key", "key-of-ada", "X-API-Key", "key-of-ada"}, noon, access.Actor{}, "must be one"},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := access.New(config())
			require.NoError(t, err)
			got, err := a.Authenticate(request(t, row.header...), row.at)
			require.Empty(t, cmp.Diff(row.want, got))
			refused(t, err, row.says)
			require.Equal(t, row.header != nil, access.Shown(request(t, row.header...)))
		})
	}
}

func refused(t *testing.T, err error, says string) {
	t.Helper()
	if says == "" {
		require.NoError(t, err)
		return
	}
	require.ErrorIs(t, err, access.ErrCredential)
	require.ErrorContains(t, err, says)
	require.NotContains(t, err.Error(), "key-of")
}

// claims are those of a good token, changed as the test needs them.
func claims(change jwt.MapClaims) jwt.MapClaims {
	c := jwt.MapClaims{
		"iss": "https://id", "aud": "pool", "sub": "ada",
		"exp": noon.Add(time.Hour).Unix(), "roles": []string{"operator"},
	}
	for name, value := range change {
		if value == nil {
			delete(c, name)
		} else {
			c[name] = value
		}
	}
	return c
}

func TestTokens(t *testing.T) {
	const signed = "signed by and made for us"
	ada := access.Actor{Name: "ada", Roles: []access.Role{access.Operator}}
	for _, row := range []struct {
		name   string
		method jwt.SigningMethod
		key    any
		change jwt.MapClaims
		want   access.Actor
		says   string
	}{
		{"Ed25519 signs", jwt.SigningMethodEdDSA, private, nil, ada, ""},
		{"so does HMAC with the secret", jwt.SigningMethodHS256, secret, nil, ada, ""},
		{"a bank's token says which", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"roles": []string{"bank"}, "bank": "b"}, access.Actor{Name: "ada", Roles: []access.Role{access.Bank}, Bank: "b"}, ""},
		{"one of several audiences is us", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"aud": []string{"x", "pool"}}, ada, ""},

		{"nothing signs nothing", jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, nil, access.Actor{}, signed},
		{"HMAC with the public key is a forgery", jwt.SigningMethodHS256, []byte(public), nil, access.Actor{}, signed},
		{"another HMAC is not taken", jwt.SigningMethodHS512, secret, nil, access.Actor{}, signed},
		{"another's signature is not taken", jwt.SigningMethodEdDSA, ed25519.NewKeyFromSeed(make([]byte, 32)), nil, access.Actor{}, signed},
		{"another issuer is not ours", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"iss": "https://other"}, access.Actor{}, signed},
		{"the issuer must be said", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"iss": nil}, access.Actor{}, signed},
		{"what is made for another is not for us", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"aud": "other"}, access.Actor{}, signed},
		{"the audience must be said", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"aud": nil}, access.Actor{}, signed},
		{"the end must be said", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"exp": nil}, access.Actor{}, signed},
		{"a token ends", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"exp": noon.Unix()}, access.Actor{}, "has ended"},
		{"and within an hour", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"exp": noon.Add(time.Hour + time.Second).Unix()}, access.Actor{}, "must end within 1h0m0s"},
		{"not before its time", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"nbf": noon.Add(time.Second).Unix()}, access.Actor{}, signed},
		{"nor from the future", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"iat": noon.Add(time.Second).Unix()}, access.Actor{}, signed},
		{"somebody must bear it", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"sub": nil}, access.Actor{}, `name ""`},
		{"with roles", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"roles": nil}, access.Actor{}, `roles "[]"`},
		{"that exist", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"roles": []string{"root"}}, access.Actor{}, `roles "root"`},
		{"a bank without its name could be any", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"roles": []string{"bank"}}, access.Actor{}, `bank ""`},
		{"a bank that is none", jwt.SigningMethodEdDSA, private, jwt.MapClaims{"bank": "b"}, access.Actor{}, `bank "b"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := access.New(config())
			require.NoError(t, err)
			token, err := jwt.NewWithClaims(row.method, claims(row.change)).SignedString(row.key)
			require.NoError(t, err)
			got, err := a.Authenticate(request(t, "Authorization", "Bearer "+token), noon)
			require.Empty(t, cmp.Diff(row.want, got))
			refused(t, err, row.says)
			if err != nil {
				require.NotContains(t, err.Error(), token[:20])
			}
			_, err = a.Authenticate(request(t, "X-API-Key", token), noon)
			refused(t, err, "nobody has it")
		})
	}
}

func TestATokenIsVerifiedWithTheKeyOfItsOwnAlgorithm(t *testing.T) {
	token, err := jwt.NewWithClaims(jwt.SigningMethodHS256, claims(nil)).SignedString(secret)
	require.NoError(t, err)
	sealed, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims(nil)).SignedString(private)
	require.NoError(t, err)
	for _, row := range []struct {
		name   string
		tokens access.Tokens
		hmac   bool
		ed     bool
	}{
		{"with both, both", access.Tokens{Issuer: "https://id", Audience: "pool", Ed25519: public, Secret: secret}, true, true},
		{"with the secret only, HMAC", access.Tokens{Issuer: "https://id", Audience: "pool", Secret: secret}, true, false},
		{"with the public key only, Ed25519", access.Tokens{Issuer: "https://id", Audience: "pool", Ed25519: public}, false, true},
		{"with neither, none", access.Tokens{}, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			a, err := access.New(access.Config{Tokens: row.tokens})
			require.NoError(t, err)
			_, err = a.Authenticate(request(t, "Authorization", "Bearer "+token), noon)
			require.Equal(t, row.hmac, err == nil, err)
			_, err = a.Authenticate(request(t, "Authorization", "Bearer "+sealed), noon)
			require.Equal(t, row.ed, err == nil, err)
		})
	}
}

func TestAChangedTokenIsRefused(t *testing.T) {
	a, err := access.New(config())
	require.NoError(t, err)
	token, err := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims(nil)).SignedString(private)
	require.NoError(t, err)
	part := strings.Split(token, ".")
	admin := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"https://id","aud":"pool","sub":"ada","exp":1772370000,"roles":["admin"]}`))
	for _, forged := range []string{
		part[0] + "." + admin + "." + part[2],
		part[0] + "." + part[1] + ".",
		base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + part[1] + ".",
		"..", "a.b.c",
	} {
		_, err := a.Authenticate(request(t, "Authorization", "Bearer "+forged), noon)
		require.ErrorIs(t, err, access.ErrCredential, forged)
	}
}

func TestAnActorsRolesAreItsOwn(t *testing.T) {
	cfg := config()
	a, err := access.New(cfg)
	require.NoError(t, err)
	cfg.Keys[0].Roles[0] = access.Admin
	for range 2 {
		got, err := a.Authenticate(request(t, "X-API-Key", "key-of-ada"), noon)
		require.NoError(t, err)
		require.Equal(t, access.Operator, got.Roles[0])
		got.Roles[0] = access.Admin
	}
}

func FuzzAuthenticate(f *testing.F) {
	f.Add("Bearer key-of-ada")
	f.Add("Bearer a.b.c")
	a, err := access.New(config())
	require.NoError(f, err)
	f.Fuzz(func(t *testing.T, header string) {
		r := request(t)
		r.Header["Authorization"] = []string{header}
		got, err := a.Authenticate(r, noon)
		if err == nil {
			require.Equal(t, "ada", got.Name, header)
		}
	})
}
