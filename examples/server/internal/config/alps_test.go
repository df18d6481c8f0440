package config_test

import (
	"crypto/ed25519"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

// leastALPS is all that a file must say for a liquidity engine.
const leastALPS = least + `
alps:
  feeds:
    - {name: core, push: true}
  providers:
    - {id: glp}
`

func TestTheDefaultEngineIsCarefulAndSuggests(t *testing.T) {
	c, err := config.Default()
	require.NoError(t, err)
	want := liquidity.Careful("glp", "EUR", dec("1000000"))
	want.FXCalm, want.FXHalt = dec("0.10"), dec("0.30")
	require.Empty(t, cmp.Diff(want, c.ALPS.Engine))
	require.Equal(t, []config.Feed{{Name: "sample", Sample: true}}, c.ALPS.Feeds)
	require.Equal(t, config.Foresight{Every: 5 * time.Minute, Horizon: time.Hour, Fit: 24 * time.Hour}, c.ALPS.Foresight)
	require.Empty(t, c.Access)
	least, err := parse(t, leastALPS)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(c.ALPS.Engine, least.ALPS.Engine), "what a file leaves out of it is as in the default")
	require.Equal(t, c.ALPS.Keep, least.ALPS.Keep)
}

func TestOnlyAServerWithoutAFileIsAnExample(t *testing.T) {
	c, err := config.Read("", config.Override{})
	require.NoError(t, err)
	require.True(t, c.Example)
	path := filepath.Join(t.TempDir(), "pool.yaml")
	require.NoError(t, os.WriteFile(path, config.DefaultYAML, 0o600))
	c, err = config.Read(path, config.Override{})
	require.NoError(t, err)
	require.False(t, c.Example)
}

func TestEverySettingThatIsCommentedOutIsTheDefault(t *testing.T) {
	standard, err := config.Default()
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(config.DefaultYAML), "\nalps:\n")
	settings := regexp.MustCompile(`(?m)^  # ([a-z_]+): `).FindAllStringSubmatch(section, -1)
	require.Greater(t, len(settings), 30)
	for _, setting := range settings {
		name := setting[1]
		if name == "tokens" {
			continue
		}
		text := strings.Replace(string(config.DefaultYAML), "\n  # "+name+": ", "\n  "+name+": ", 1)
		require.NotEqual(t, string(config.DefaultYAML), text)
		got, err := parse(t, text)
		require.NoError(t, err, name)
		require.Empty(t, cmp.Diff(standard, got), name)
	}
}

func TestAnEngineIsReadAsItIsWritten(t *testing.T) {
	c, err := parse(t, strings.Replace(leastALPS, "alps:\n", `alps:
  pool: second
  currency: INR
  mode: live
  fairness: pro_rata
  kind: lcr
  budget: 500
  max_action: 10.5
  places: 0
  cooldown: 2h
  max_in_flight: 3
  break_glass: true
`, 1))
	require.NoError(t, err)
	e := c.ALPS.Engine
	require.Equal(t, []any{"second", "INR", liquidity.Live, liquidity.ProRata, liquidity.KindLCR}, []any{e.Pool, e.Currency, e.Mode, e.Fairness, e.Kind})
	require.Equal(t, []string{"500", "10.5", "300", "200"}, []string{e.Budget.String(), e.MaxAction.String(), e.BankBudget.String(), e.ApproveFrom.String()})
	require.Equal(t, []any{int32(0), 2 * time.Hour, 3, true}, []any{e.Places, e.Cooldown, e.MaxInFlight, e.BreakGlass})
}

func TestProblemsOfTheEngineAreNamed(t *testing.T) {
	engine := func(line string) []string { return []string{"alps:\n", "alps:\n  " + line + "\n"} }
	for _, row := range []struct {
		name   string
		change []string
		want   string
	}{
		{"a setting that nobody knows", engine("speed: 9"), `alps.speed "9": is no setting of the engine`},
		{"a mode that is none", engine("mode: fast"), `alps.mode "fast": must be suggest, shadow or live`},
		{"a fairness that is none", engine("fairness: none"), `alps.fairness "none": must be largest_first or pro_rata`},
		{"a kind that is none", engine("kind: x"), `alps.kind "x": must be sxlr, lcr, nsfr or intraday`},
		{"a budget of less than nothing", engine("budget: -1"), `alps.budget "-1": must be a plain number >= 0`},
		{"a floor with an exponent", engine("floor: 1e1"), `alps.floor "1e1": must be a plain number >= 0`},
		{"a target below the floor", engine("target: 0.5"), "alps: liquidity: invalid: Target 0.5: must be at least Floor"},
		{"a cooldown without a unit", engine("cooldown: 60"), `alps.cooldown "60": must be 0s to 87600h0m0s`},
		{"a pool that is no identifier", engine("pool: my pool"), `alps.pool "my pool": must be 1 to 32 letters`},
		{"looks without a pause", engine("every: 0s"), `alps.every "0s": must be 1s to 1h0m0s`},
		{"history that is soon forgotten", engine("keep: 1h"), `alps.keep "1h0m0s": must be 48h or more, or 0s`},
		{"a horizon of no whole number", engine("foresight: {every: 7m, horizon: 1h}"), `alps.foresight.horizon "1h0m0s": must be 1 to 1000 times alps.foresight.every`},
		{"no feed", []string{"  feeds:\n    - {name: core, push: true}\n", ""}, `alps.feeds "0": must be 1 to 16`},
		{"a feed of nothing", []string{"push: true", "net: false"}, `alps.feeds[0] "core": must be one of sample: true, push: true and file: PATH`},
		{"a feed of two things", []string{"push: true", "push: true, file: a.csv"}, `alps.feeds[0] "core": must be one of`},
		{"a feed twice", []string{"push: true}", "push: true}\n    - {name: core, push: true}"}, `alps.feeds[1].name "core": must be there once`},
		{"a file of another kind", []string{"push: true", "file: a.xls"}, `alps.feeds[0].file "a.xls": must end in .csv or .json`},
		{"a net of no file", []string{"push: true", "push: true, net: true"}, `alps.feeds[0].net "true": must be of a file`},
		{"more voices than there are feeds", engine("quorum: 2"), `alps.quorum "2": must be at most the number of feeds`},
		{"no provider", []string{"  providers:\n    - {id: glp}\n", ""}, `alps.providers "0": must be 1 to 100`},
		{"a provider twice", []string{"{id: glp}", "{id: glp}\n    - {id: glp}"}, `alps.providers[1].id "glp": must be there once`},
		{"a provider that lends nothing", []string{"{id: glp}", "{id: glp, min: 5, max: 1}"}, `alps.providers[0].max "1": must be 0 or at least min`},
		{"a contribution without an approval", []string{"{id: glp}", "{id: glp, contributions: [{amount: 1}]}"}, `alps.providers[0].contributions[0].approval "": must have 1 to 256 bytes`},
		{"a contribution of parts of a cent", []string{"{id: glp}", "{id: glp, contributions: [{approval: a, amount: 0.001}]}"}, `alps.providers[0].contributions[0].amount "0.001": must have at most 2 decimals`},

		{"a key of nobody", []string{"alps:\n", "access: {keys: [{roles: [operator], sha256: " + access.Hash("x") + "}]}\nalps:\n"}, `access: access: invalid: keys[0].name "": must be 1 to 64`},
		{"a key of the engine's", []string{"alps:\n", "access: {keys: [{name: engine, roles: [operator], sha256: " + access.Hash("x") + "}]}\nalps:\n"}, `access.keys[0].name "engine": must not be who the engine is`},
		{"a key in clear", []string{"alps:\n", "access: {keys: [{name: ann, roles: [operator], sha256: hunter2}]}\nalps:\n"}, `access: access: invalid: keys[0].sha256`},
		{"a role that is none", []string{"alps:\n", "access: {keys: [{name: ann, roles: [king], sha256: " + access.Hash("x") + "}]}\nalps:\n"}, `keys[0].roles "king": must be one of`},
		{"a key that ends at no time", []string{"alps:\n", "access: {keys: [{name: ann, roles: [operator], not_after: soon, sha256: " + access.Hash("x") + "}]}\nalps:\n"}, `access.keys[0].not_after "soon": must be RFC 3339`},
		{"a public key that is none", []string{"alps:\n", "access: {tokens: {issuer: i, audience: a, ed25519: xyz}}\nalps:\n"}, `access.tokens.ed25519 "xyz": must be the public key in 64 hexadecimal digits`},
		{"a secret that is not there", []string{"alps:\n", "access: {tokens: {issuer: i, audience: a, secret_file: /nowhere}}\nalps:\n"}, `access.tokens.secret_file "/nowhere": must be a file`},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Contains(t, leastALPS, row.change[0])
			_, err := parse(t, strings.Replace(leastALPS, row.change[0], row.change[1], 1))
			require.ErrorIs(t, err, config.ErrInvalid)
			require.ErrorContains(t, err, "pool.yaml: ")
			require.ErrorContains(t, err, row.want)
		})
	}
}

func TestWhoMayAskIsRead(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "jwt.secret")
	require.NoError(t, os.WriteFile(secret, []byte(strings.Repeat("s", 32)+"\n"), 0o600))
	public := strings.Repeat("ab", ed25519.PublicKeySize)
	c, err := parse(t, leastALPS+`
access:
  keys:
    - {name: ann, roles: [operator, risk_manager], sha256: `+access.Hash("a")+`, not_after: 2027-01-01T00:00:00Z}
    - {name: treasury, roles: [bank], bank: bank-a, sha256: `+access.Hash("b")+`}
  tokens: {issuer: i, audience: a, ed25519: `+public+`, secret_file: `+secret+`}
`)
	require.NoError(t, err)
	require.Equal(t, []access.Key{
		{Name: "ann", Roles: []access.Role{access.Operator, access.RiskManager}, SHA256: access.Hash("a"), NotAfter: time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)},
		{Name: "treasury", Roles: []access.Role{access.Bank}, Bank: "bank-a", SHA256: access.Hash("b")},
	}, c.Access.Keys)
	require.Equal(t, strings.Repeat("s", 32), string(c.Access.Tokens.Secret))
	require.Len(t, c.Access.Tokens.Ed25519, ed25519.PublicKeySize)
}

func TestTheEngineCannotChangeWhileTheServerRuns(t *testing.T) {
	running, err := parse(t, leastALPS)
	require.NoError(t, err)
	again, err := parse(t, leastALPS)
	require.NoError(t, err)
	require.NoError(t, again.Follows(running))
	changed, err := parse(t, strings.Replace(leastALPS, "alps:\n", "alps:\n  mode: live\n", 1))
	require.NoError(t, err)
	require.ErrorContains(t, changed.Follows(running), "alps another: cannot change while the server runs: restart it")
	keyed, err := parse(t, leastALPS+"\naccess: {keys: [{name: ann, roles: [operator], sha256: "+access.Hash("x")+"}]}\n")
	require.NoError(t, err)
	require.ErrorContains(t, keyed.Follows(running), "access another: cannot change")
}
