package access_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

func TestEveryProblemOfAConfigurationIsNamed(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*access.Config)
		says   []string
	}{
		{"none is valid", func(c *access.Config) { *c = access.Config{} }, nil},
		{"the test's is valid", func(*access.Config) {}, nil},
		{"all are named at once", func(c *access.Config) {
			c.Keys[0].Name, c.Keys[1].SHA256, c.Tokens.Issuer = "a b", "x", ""
		}, []string{`keys[0].name "a b": must be`, `keys[1].sha256 "of 1 characters": must be the key's SHA-256`, `tokens.issuer "": must be there`}},
		{"two keys are the same", func(c *access.Config) { c.Keys[1].SHA256 = strings.ToUpper(c.Keys[0].SHA256) }, []string{"must be another than that of keys[0]"}},
		{"a hash is too short", func(c *access.Config) { c.Keys[0].SHA256 = "00" }, []string{`keys[0].sha256 "of 2 characters"`}},
		{"nobody may nothing", func(c *access.Config) { c.Keys[0].Roles = nil }, []string{`keys[0].roles "[]": must have one`}},
		{"public is no role to be given", func(c *access.Config) { c.Keys[0].Roles[0] = access.Public }, []string{`keys[0].roles "public": must be one of provider`}},
		{"a bank has no name", func(c *access.Config) { c.Keys[1].Bank = "" }, []string{`keys[1].bank "": must be which bank`}},
		{"an operator is a bank", func(c *access.Config) { c.Keys[0].Bank = "b" }, []string{`keys[0].bank "b": must be empty`}},
		{"a public key is too short", func(c *access.Config) { c.Tokens.Ed25519 = c.Tokens.Ed25519[:31] }, []string{`tokens.ed25519 "of 31 bytes": must have 32`}},
		{"a secret is too short", func(c *access.Config) { c.Tokens.Secret = make([]byte, 31) }, []string{`tokens.secret "of 31 bytes": must have 32 to 1024`}},
		{"an empty secret is none, which is not meant", func(c *access.Config) { c.Tokens.Secret = []byte{} }, []string{`tokens.secret "of 0 bytes"`}},
		{"tokens for anybody", func(c *access.Config) { c.Tokens.Audience = "" }, []string{`tokens.audience ""`}},
		{"too many keys", func(c *access.Config) { c.Keys = make([]access.Key, 1001) }, []string{`keys "1001": must be at most 1000`}},
	} {
		t.Run(row.name, func(t *testing.T) {
			cfg := config()
			row.change(&cfg)
			_, err := access.New(cfg)
			if row.says == nil {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, access.ErrInvalid)
			for _, says := range row.says {
				require.ErrorContains(t, err, says)
			}
			require.NotContains(t, err.Error(), string(secret))
		})
	}
}

func TestEveryProblemOfATableIsNamed(t *testing.T) {
	good := access.Rule{ID: "a", Method: http.MethodGet, Path: "/a", Roles: []access.Role{access.Admin}, Limit: guard.Limit{Per: time.Second, Burst: 1}}
	for _, row := range []struct {
		name   string
		change func(*access.Rule)
		says   string
	}{
		{"a good one", func(*access.Rule) {}, ""},
		{"a bank's own", func(r *access.Rule) { r.Own = []access.Role{access.Bank} }, ""},
		{"without a name", func(r *access.Rule) { r.ID = "" }, `rule 0 "": ID "": must be there`},
		{"without a method", func(r *access.Rule) { r.Method = "" }, `Method ""`},
		{"of a method that nobody sends", func(r *access.Rule) { r.Method = "FETCH" }, `Method "FETCH"`},
		{"of no path", func(r *access.Rule) { r.Path = "a" }, `Path "a"`},
		{"of a whole tree", func(r *access.Rule) { r.Path = "/a/" }, `Path "/a/"`},
		{"for nobody", func(r *access.Rule) { r.Roles = nil }, `Roles "[]"`},
		{"for a role that is none", func(r *access.Rule) { r.Roles[0] = "root" }, `Roles "root"`},
		{"of an owner who owns nothing", func(r *access.Rule) { r.Own = []access.Role{access.Operator} }, `Own "operator"`},
		{"all and own at once", func(r *access.Rule) { r.Roles, r.Own = []access.Role{access.Bank}, []access.Role{access.Bank} }, `Own "bank": must not be in Roles`},
		{"without an end", func(r *access.Rule) { r.Limit.Per = 0 }, `Limit.Per "0s"`},
		{"without a burst", func(r *access.Rule) { r.Limit.Burst = 0 }, `Limit.Burst "0"`},
		{"of endless bodies", func(r *access.Rule) { r.MaxBody = 1 << 40 }, `MaxBody "1099511627776"`},
		{"a keyed read", func(r *access.Rule) { r.Keyed = true }, `Keyed "true"`},
		{"a stranger's keyed write", func(r *access.Rule) { r.Keyed, r.Method, r.Roles = true, "POST", []access.Role{access.Public} }, `Keyed "true"`},
	} {
		t.Run(row.name, func(t *testing.T) {
			rule := good
			rule.Roles = []access.Role{access.Admin}
			row.change(&rule)
			err := access.Check([]access.Rule{rule})
			if row.says == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, access.ErrInvalid)
			require.ErrorContains(t, err, row.says)
		})
	}
	require.ErrorContains(t, access.Check([]access.Rule{good, good}), `rule 1 "a": ID "a": must be there, and once`)
}

func TestWhoIsLetIn(t *testing.T) {
	rule := access.Rule{Roles: []access.Role{access.Operator, access.RiskManager}, Own: []access.Role{access.Bank}}
	for _, row := range []struct {
		name  string
		actor access.Actor
		want  error
		sees  []string
	}{
		{"a stranger needs a credential", access.Actor{}, access.ErrAnonymous, nil},
		{"another role is not enough", access.Actor{Name: "a", Roles: []access.Role{access.Admin}}, access.ErrForbidden, nil},
		{"an operator sees all", access.Actor{Name: "a", Roles: []access.Role{access.Admin, access.Operator}}, nil, []string{"north", "south", ""}},
		{"a bank sees itself", access.Actor{Name: "a", Roles: []access.Role{access.Bank}, Bank: "north"}, nil, []string{"north"}},
		{"who is both sees all", access.Actor{Name: "a", Roles: []access.Role{access.Bank, access.Operator}, Bank: "north"}, nil, []string{"north", "south", ""}},
		{"a bank that is no bank sees nothing", access.Actor{Name: "a", Roles: []access.Role{access.Bank}}, access.ErrForbidden, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			caller, err := rule.Admit(row.actor)
			require.ErrorIs(t, err, row.want)
			var sees []string
			for _, bank := range []string{"north", "south", ""} {
				if err == nil && caller.Sees(bank) {
					sees = append(sees, bank)
				}
			}
			require.Equal(t, row.sees, sees)
		})
	}
	_, err := access.Rule{Roles: []access.Role{access.Public}}.Admit(access.Actor{})
	require.NoError(t, err, "everybody is public")
	require.False(t, access.Caller{Own: true}.Sees(""), "who owns nothing sees nothing")
}
