package config_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// least is all that a file must say.
const least = `
pool:
  name: pool
  grant_address: BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96
  minimum_payout: 1
db:
  dsn: sqlite:evenkeel.db
prices:
  btc: {fixed: 250}
exchanges:
  test_exchange:
    btc:
      reverse: true
      reward: 0.025
      target: 2500
      ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}
      bid: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}
`

func parse(t *testing.T, text string) (config.Config, error) {
	t.Helper()
	return config.Parse("pool.yaml", []byte(text), config.Override{})
}

func TestTheDefaultIsAnExamplePool(t *testing.T) {
	c, err := config.Default()
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3333", c.Listen)
	require.Equal(t, "127.0.0.1:9333", c.Metrics)
	require.False(t, c.Hardened)
	require.Equal(t, "sqlite:evenkeel.db", c.DSN)
	require.Equal(t, config.File, c.Payout.Payer)
	require.Empty(t, c.RPC)
	btc, ok := c.Market("test_exchange", "btc")
	require.True(t, ok)
	rank := func(name, ratio, tolerance string) reward.Rank {
		return reward.Rank{Name: name, Ratio: dec(ratio), Tolerance: dec(tolerance)}
	}
	book := reward.Book{Ratio: dec("0.5"), Ranks: []reward.Rank{rank("rank_1", "1", "0.0105"), rank("rank_2", "0", "1")}}
	require.Empty(t, cmp.Diff(config.Market{
		Market: reward.Market{Exchange: "test_exchange", Unit: "btc", Reward: dec("0.025"), Target: dec("2500"), Ask: book, Bid: book},
		Pair:   exchange.Pair{Base: "NBT", Quote: "BTC"}, Reverse: true,
	}, btc))
	ppc, ok := c.Market("test_exchange", "ppc")
	require.True(t, ok)
	require.Equal(t, "0.6", ppc.Ask.Ratio.String())
	require.Equal(t, "0.4", ppc.Bid.Ratio.String())
	require.True(t, c.Trades("test_exchange"))
	require.False(t, c.Trades("kraken"))
}

func TestWhatAFileLeavesOutIsAsInTheDefault(t *testing.T) {
	standard, err := config.Default()
	require.NoError(t, err)
	got, err := parse(t, least)
	require.NoError(t, err)
	require.Nil(t, got.ALPS, "whoever does not ask for the liquidity engine has none")
	require.Nil(t, got.Translator, "nor the translator")
	got.Markets, got.Prices, got.Grants, got.ALPS, got.Translator = standard.Markets, standard.Prices, standard.Grants, standard.ALPS, standard.Translator
	require.Empty(t, cmp.Diff(standard, got))
}

func TestEveryKeyThatIsCommentedOutIsReadOnceItIsNot(t *testing.T) {
	text := string(config.DefaultYAML)
	for _, key := range []string{"min_age", "max_target_tolerance", "hardened", "confirmations", "pair"} {
		changed := regexp.MustCompile(`(?m)^( *)# (`+key+`:)`).ReplaceAllString(text, "$1$2")
		require.NotEqual(t, text, changed, key)
		_, err := parse(t, changed)
		require.NoError(t, err, key)
	}
	rpc := regexp.MustCompile(`(?ms)^# rpc:\n(#   .*?\n)+`).FindString(text)
	rpc = strings.ReplaceAll(strings.ReplaceAll(rpc, "# rpc", "rpc"), "#   ", "  ")
	rpc = strings.Replace(rpc, "pass_file: nu.pass", "pass: secret", 1)
	_, err := parse(t, text+rpc)
	require.NoError(t, err)
	eth := regexp.MustCompile(`(?ms)^#   eth:\n(#     .*?\n)+`).FindString(text)
	c, err := parse(t, strings.Replace(text, "prices:\n", "prices:\n"+strings.ReplaceAll(eth, "# ", ""), 1))
	require.NoError(t, err)
	require.Equal(t, config.Price{
		Main: config.Source{Venue: "kraken", Pair: exchange.Pair{Base: "ETH", Quote: "USD"}},
		Backups: []config.Source{
			{Venue: "binance", Pair: exchange.Pair{Base: "ETH", Quote: "USDT"}},
			{Venue: "binance", Pair: exchange.Pair{Base: "ETH", Quote: "USDC"}},
		},
		MaxAge: 10 * time.Minute,
	}, c.Prices["eth"])
}

func TestTheDefaultNamesAllRolesAndExampleKeys(t *testing.T) {
	_, said, found := strings.Cut(string(config.DefaultYAML), "\n# Who may ask the liquidity engine")
	require.True(t, found)
	_, roles, found := strings.Cut(said, "\n# Roles: ")
	require.True(t, found)
	roles, keys, found := strings.Cut(roles, "One name")
	require.True(t, found)
	for _, role := range access.Roles() {
		if role != access.Provider { // shows no key
			require.Regexp(t, `\b`+string(role)+`\b`, roles)
		}
	}
	for _, name := range []string{"operator", "risk", "admin", "compliance", "retail", "professional", "service", "bank"} {
		require.Regexp(t, `\bexample-`+name+`\b`, keys)
	}
}

// one change to the least file, and the first line that is said about it.
func TestProblemsAreNamedByFileFieldValueAndRule(t *testing.T) {
	for _, row := range []struct {
		name, is, becomes, want string
	}{
		{"it is not YAML", "pool:", "pool: [", "pool.yaml is not valid yaml: "},
		{"a key that nobody knows", "name: pool", "name: pool\n  label: pool", "pool.yaml is not valid yaml: unmarshal errors: line 4: field label not found"},
		{"no pool at all", strings.Split(least, "db:")[0], "", "No section: 'pool'"},
		{"no name", "  name: pool\n", "", "No option 'name' in section: 'pool'"},
		{"no grant address", "  grant_address: BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96\n", "", "No option 'grant_address' in section: 'pool'"},
		{"no minimum payout", "  minimum_payout: 1\n", "", "No option 'minimum_payout' in section: 'pool'"},
		{"an option without a value", "name: pool", "name:", "No option 'name' in section: 'pool'"},
		{"a name that is no identifier", "name: pool", "name: my pool", `pool.name "my pool": must be 1 to 32 letters, digits, dots, dashes or underscores`},
		{"a grant address with a typing error", "hd96", "hd95", `pool.grant_address "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd95": must be a valid NBT address`},
		{"a minimum below nothing", "minimum_payout: 1", "minimum_payout: -1", `pool.minimum_payout "-1": must be a plain number >= 0, below 1e18, with at most 18 decimals`},
		{"a minimum with an exponent", "minimum_payout: 1", "minimum_payout: 1e9", `pool.minimum_payout "1e9": must be a plain number >= 0, below 1e18, with at most 18 decimals`},
		{"a round of no time", "name: pool", "name: pool\n  round: 0s", `pool.round "0s": must be 1s to 24h0m0s, such as 90s or 24h`},
		{"a round of a second and a half", "name: pool", "name: pool\n  round: 1500ms", `pool.round "1.5s": must be whole seconds`},
		{"orders that are too old before the round ends", "name: pool", "name: pool\n  max_age: 30s", `pool.max_age "30s": must be 1m0s to 24h0m0s, such as 90s or 24h`},
		{"no database", "db:\n  dsn: sqlite:evenkeel.db\n", "", "No section: 'db'"},
		{"no dsn", "  dsn: sqlite:evenkeel.db", "  dsn:", "No option 'dsn' in section: 'db'"},
		{"a database that does not show its password", "sqlite:evenkeel.db", "mysql://u:secret@h", "db.dsn: must begin with sqlite: or postgres://"},
		{"a memory that is too short", "  dsn:", "  keep: 1h\n  dsn:", `db.keep "1h0m0s": must be 48h or more, or 0s`},
		{"a wallet without its section", "db:", "payout: {payer: sendmany}\ndb:", "No section: 'rpc'"},
		{"a report without a wallet", "db:", "report: true\ndb:", "No section: 'rpc'"},
		{"a wallet without user", "db:", "report: true\nrpc: {pass: p, host: localhost, port: 1}\ndb:", "No option 'user' in section: 'rpc'"},
		{"a wallet without password", "db:", "report: true\nrpc: {user: u, host: localhost, port: 1}\ndb:", "No option 'pass' in section: 'rpc'"},
		{"a wallet without host", "db:", "report: true\nrpc: {user: u, pass: p, port: 1}\ndb:", "No option 'host' in section: 'rpc'"},
		{"a wallet without port", "db:", "report: true\nrpc: {user: u, pass: p, host: localhost}\ndb:", "No option 'port' in section: 'rpc'"},
		{"a wallet at no port", "db:", "report: true\nrpc: {user: u, pass: p, host: localhost, port: 0}\ndb:", `rpc.port "0": must be 1 to 65535`},
		{"an unknown payer", "db:", "payout: {payer: cash}\ndb:", `payout.payer "cash": must be file, sendmany or signed`},
		{"a retry that is longer than the interval", "db:", "payout: {every: 1m, retry: 2m}\ndb:", `payout.retry "2m0s": must be at most payout.every`},
		{"an exchange that died", "  test_exchange:", "  cryptsy:", "cryptsy is not a supported exchange"},
		{"no reward", "      reward: 0.025\n", "", "There is no reward set for test_exchange.btc"},
		{"a reward below nothing", "reward: 0.025", "reward: -5", `The reward set for test_exchange.btc is incorrect ("-5": must be a plain number > 0)`},
		{"a reward of nothing", "reward: 0.025", "reward: 0", `The reward set for test_exchange.btc is incorrect ("0": must be a plain number > 0)`},
		{"no target", "      target: 2500\n", "", "There is no target set for test_exchange.btc"},
		{"a target that is a word", "target: 2500", "target: much", `The target set for test_exchange.btc is incorrect ("much": must be a plain number > 0)`},
		{"no reverse", "      reverse: true\n", "", "There is no reverse parameter for test_exchange.btc"},
		{"a reverse that is a number", "reverse: true", "reverse: 1", `test_exchange.btc.reverse "1": must be true or false`},
		{"no ask", "      ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}\n", "", "test_exchange.btc has no 'ask' details"},
		{"no bid", "      bid: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}\n", "", "test_exchange.btc has no 'bid' details"},
		{"no ratio of a side", "ask: {ratio: 0.5, ", "ask: {", "There is no ratio set for test_exchange.btc.ask"},
		{"a side's ratio of nothing", "bid: {ratio: 0.5", "bid: {ratio: 0", `The ratio set for test_exchange.btc.bid is incorrect ("0": must be a plain number > 0)`},
		{"sides that pay more than the reward", "bid: {ratio: 0.5", "bid: {ratio: 0.6", "The ask and bid ratios don't add up to 1.0 (test_exchange.btc: 0.5 + 0.6)"},
		{"ranks that pay more than their side", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}, rank_2: {ratio: 0.5}", `The rank ratios of test_exchange.btc.ask add up to "1.5": must be at most 1`},
		{"a side without ranks", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}", "ask: {ratio: 0.5}", `test_exchange.btc.ask "0": must have 1 to 16 ranks`},
		{"a tolerance of nothing", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0}}", `test_exchange.btc.ask.rank_1.tolerance "0": must be above 0 and at most 1`},
		{"a tolerance above everything", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}}", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 1.1}}", `test_exchange.btc.ask.rank_1.tolerance "1.1": must be above 0 and at most 1`},
		{"two ranks of one width", "ask: {ratio: 0.5, rank_1: {ratio: 1.0, tolerance: 0.01}", "ask: {ratio: 0.5, rank_1: {ratio: 0.5, tolerance: 0.01}, rank_2: {ratio: 0.5, tolerance: 0.010}", `test_exchange.btc.ask.rank_2.tolerance "0.01": must differ from that of rank_1`},
		{"a rank that would hide the total", "ask: {ratio: 0.5, rank_1:", "ask: {ratio: 0.5, total:", `test_exchange.btc.ask "total": a rank's name must have 1 to 64 bytes and not be total`},
		{"a pair that is the other way round", "reverse: true", "reverse: true\n      pair: BTC/NBT", `test_exchange.btc.pair "BTC/NBT": must have NBT as its base, since reverse is true`},
		{"a reward of more decimals than a credit", "reward: 0.025", "reward: 0.0000000000001", `reward: invalid: test_exchange.btc.Reward 0.0000000000001: must have at most 12 decimals`},
		{"no rank that could fill the target", "name: pool", "name: pool\n  max_target_tolerance: 0.001", `pool.max_target_tolerance "0.001": must let a paid rank of test_exchange.btc count towards its target`},
		{"a cap that lets nobody be paid", "db:", "payout: {max_day: 0.5}\ndb:", "payout: invalid: MaxDay 0.5: must be 0 or at least Minimum"},
		{"a unit without a price", "btc: {fixed: 250}", "ppc: {fixed: 1}", "There is no price set for btc"},
		{"a price of nothing", "fixed: 250", "fixed: 0", `prices.btc.fixed "0": must be > 0`},
		{"a price of one source", "{fixed: 250}", "{main: {venue: kraken, pair: XBT/USD}}", `prices.btc.backups "0": must be 1 to 16: one source alone may be wrong`},
		{"a price of a venue that has no adapter", "{fixed: 250}", "{main: {venue: btce, pair: BTC/USD}, backups: [{venue: kraken, pair: BTC/USD}]}", `prices.btc.main.venue "btce": must be one of `},
		{"an approval that is there twice", "db:", "grants: [{approval: a, amount: 1}, {approval: a, amount: 2}]\ndb:", `grants[1].approval "a": must be there once`},
		{"a grant of nothing", "db:", "grants: [{approval: a, amount: 0}]\ndb:", `grants[0].amount "0": must be > 0`},
		{"metrics for everybody", "db:", "metrics: 0.0.0.0:9333\ndb:", `metrics "0.0.0.0:9333": must be on loopback, such as 127.0.0.1:9333, or off`},
		{"an address without a port", "db:", "listen: localhost\ndb:", `listen "localhost": must be host:port`},
		{"a paper venue elsewhere", "db:", "paper: http://example.com:3334\ndb:", `paper "http://example.com:3334": must be http://, a loopback address and a port`},
	} {
		t.Run(row.name, func(t *testing.T) {
			require.Contains(t, least, row.is)
			_, err := parse(t, strings.Replace(least, row.is, row.becomes, 1))
			require.ErrorIs(t, err, config.ErrInvalid)
			first, _, _ := strings.Cut(err.Error(), "\n")
			require.True(t, strings.HasPrefix(first, "pool.yaml: "+row.want), first)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}

func TestAllProblemsComeAtOnceInTheOrderOfTheALPServer(t *testing.T) {
	_, err := parse(t, `
pool: {name: pool}
payout: {payer: signed}
exchanges:
  bittrex:
    btc: {reward: -1, ask: {ratio: 0.4, r: {ratio: 2}}, bid: {ratio: 0.4, r: {ratio: 1}}}
`)
	require.Empty(t, cmp.Diff(strings.Split(strings.TrimSpace(`
pool.yaml: No option 'grant_address' in section: 'pool'
pool.yaml: No option 'minimum_payout' in section: 'pool'
pool.yaml: No section: 'rpc'
pool.yaml: No section: 'db'
pool.yaml: bittrex is not a supported exchange
pool.yaml: The reward set for bittrex.btc is incorrect ("-1": must be a plain number > 0)
pool.yaml: There is no target set for bittrex.btc
pool.yaml: There is no reverse parameter for bittrex.btc
pool.yaml: The ask and bid ratios don't add up to 1.0 (bittrex.btc: 0.4 + 0.4)
pool.yaml: The rank ratios of bittrex.btc.ask add up to "2": must be at most 1
pool.yaml: There is no price set for btc`), "\n"), strings.Split(err.Error(), "\n")))
}

func TestHardenedIsTheDefaultWhereOthersCanReachIt(t *testing.T) {
	for _, row := range []struct {
		name, text, listen string
		hardened           bool
	}{
		{"on loopback", "", "127.0.0.1:3333", false},
		{"on loopback of the other kind", "", "[::1]:3333", false},
		{"by name", "", "localhost:3333", false},
		{"everywhere", "", "0.0.0.0:3333", true},
		{"everywhere, unsaid", "", ":3333", true},
		{"everywhere, and it was asked not to be", "hardened: false", "0.0.0.0:3333", false},
		{"on loopback, and it was asked to be", "hardened: true", "127.0.0.1:3333", true},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := config.Parse("pool.yaml", []byte(least+row.text), config.Override{Listen: row.listen})
			require.NoError(t, err)
			require.Equal(t, row.listen, c.Listen)
			require.Equal(t, row.hardened, c.Hardened)
			if row.hardened {
				require.Equal(t, time.Minute, c.Pool.MinAge, "two sightings")
				require.Equal(t, "0.05", c.Pool.MaxTargetTolerance.String())
			} else {
				require.Zero(t, c.Pool.MinAge)
				require.True(t, c.Pool.MaxTargetTolerance.IsZero())
			}
		})
	}
}

func TestTheCommandLineWinsOverTheFile(t *testing.T) {
	over := config.Override{Listen: "127.0.0.1:1", Metrics: "off", DSN: "postgres://h/d"}
	c, err := config.Parse("pool.yaml", []byte(least), over)
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:1", c.Listen)
	require.Empty(t, c.Metrics)
	require.Equal(t, "postgres://h/d", c.DSN)
}

func TestAPasswordComesFromAFileThatNobodyElseReads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "nu.pass")
	require.NoError(t, os.WriteFile(file, []byte("secret\n"), 0o600))
	text := least + "\nreport: true\nrpc: {user: u, pass_file: " + file + ", host: 10.0.0.1, port: 14001, numeric_amounts: true}\n"
	c, err := parse(t, text)
	require.NoError(t, err)
	require.Equal(t, "secret", c.RPC.Pass)
	require.True(t, c.RPC.NumericAmounts)
	require.Equal(t, "u at https://10.0.0.1:14001", c.RPC.String(), "the password is not shown, and another machine is asked by https")

	require.NoError(t, os.Chmod(file, 0o644))
	_, err = parse(t, text)
	require.ErrorContains(t, err, "must be readable by its owner only (chmod 600)")
	require.NoError(t, os.Remove(file))
	_, err = parse(t, text)
	require.ErrorContains(t, err, "must be a file")
}

func TestAFileIsReadFromWhereItIs(t *testing.T) {
	file := filepath.Join(t.TempDir(), "pool.yaml")
	_, err := config.Read(file, config.Override{})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NoError(t, os.WriteFile(file, []byte(least), 0o600))
	c, err := config.Read(file, config.Override{})
	require.NoError(t, err)
	require.Equal(t, "pool", c.Pool.Name)
	require.NoError(t, os.WriteFile(file, []byte(strings.Repeat("#", 1<<20+1)), 0o600))
	_, err = config.Read(file, config.Override{})
	require.ErrorContains(t, err, "must be at most 1048576 bytes")
}

func TestWhatCannotChangeWhileItRuns(t *testing.T) {
	running, err := parse(t, least)
	require.NoError(t, err)
	for _, row := range []struct{ name, is, becomes, want string }{
		{"nothing", "pool", "pool", ""},
		{"a reward", "reward: 0.025", "reward: 0.05", ""},
		{"the minimum payout", "minimum_payout: 1", "minimum_payout: 2", ""},
		{"the length of a round", "name: pool", "name: pool\n  round: 30s\n  max_age: 30s", ""},
		{"the name", "name: pool", "name: loop", "pool.name loop: cannot change while the server runs: restart it"},
		{"the database, whose password is not shown", "sqlite:evenkeel.db", "postgres://u:secret@h/d", "db.dsn another: cannot change while the server runs: restart it"},
		{"the address", "db:", "listen: 127.0.0.1:4444\ndb:", "listen 127.0.0.1:4444: cannot change while the server runs: restart it"},
		{"the address of the grant", "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96", "BM8uMK8GaSiJykuYeYjf9b2q46zNU2pN54", "pool.grant_address BM8uMK8GaSiJykuYeYjf9b2q46zNU2pN54: cannot change while the server runs: restart it"},
		{"the pegged asset", "name: pool", "name: pool\n  pegged: USN", "pool.pegged USN: cannot change while the server runs: restart it"},
		{"where metrics are", "db:", "metrics: off\ndb:", "metrics : cannot change while the server runs: restart it"},
		{"hardened mode", "db:", "hardened: true\ndb:", "hardened true: cannot change while the server runs: restart it"},
		{"the paper venue", "db:", "paper: http://127.0.0.1:1\ndb:", "paper http://127.0.0.1:1: cannot change while the server runs: restart it"},
		{"the payer's folder", "db:", "payout: {folder: other}\ndb:", "payout.folder other: cannot change while the server runs: restart it"},
		{"the report", "db:", "report: true\nrpc: {user: u, pass: secret, host: localhost, port: 1}\ndb:", "report true: cannot change while the server runs: restart it"},
		{"limits of payouts", "db:", "payout: {max_day: 100, approve_above: 10}\ndb:", ""},
		{"the payer, and the wallet with it", "db:", "payout: {payer: signed}\nrpc: {user: u, pass: secret, host: localhost, port: 1}\ndb:", "payout.payer signed: cannot change while the server runs: restart it"},
	} {
		t.Run(row.name, func(t *testing.T) {
			c, err := parse(t, strings.Replace(least, row.is, row.becomes, 1))
			require.NoError(t, err)
			err = c.Follows(running)
			if row.want == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, config.ErrInvalid)
			require.ErrorContains(t, err, row.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
}
