package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeper"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keeperfile"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/town"
	"github.com/evenkeelhq/evenkeel/pmm"
)

// harbour is a town on a chain that the keeper knows by a file only: a block comes
// every two seconds while somebody works there.
type harbour struct {
	*town.Town
	clock   clock.Clock
	network *pooltest.Network
	node    *memchain.Client
	account chain.Address
	changed func(keeper.Node) keeper.Node // what is wrong with the node
}

func openHarbour(t *testing.T) *harbour {
	t.Helper()
	h := &harbour{clock: clock.New(), network: &pooltest.Network{}, account: town.Keeper}
	var err error
	h.Town, err = town.New(h.clock.Now())
	require.NoError(t, err)
	h.node = h.Chain.Client(town.Keeper)
	require.NoError(t, h.Mine(h.clock.Now()))
	return h
}

// Open implements nodes.
func (h *harbour) Open(context.Context, keeperfile.Bot, evenkeel.Store) (keeper.Node, error) {
	var n keeper.Node = berth{h.node, h.account}
	if h.changed != nil {
		n = h.changed(n)
	}
	return n, nil
}

// berth is a node for one account.
type berth struct {
	*memchain.Client
	account chain.Address
}

func (b berth) Account() chain.Address { return b.account }
func (b berth) Close()                 {}

func (b berth) Check(context.Context, ...chain.Call) error { return nil }

// stranger is a node for somebody who keeps nothing.
type stranger struct{ keeper.Node }

func (stranger) Account() chain.Address { return chain.Address{19: 77} }

func (h *harbour) bot(ctx context.Context, args ...string) ran {
	var out, err bytes.Buffer
	code := run(ctx, append([]string{"keeper"}, args...), host{&out, &err, h.clock, h.network, h.network.Serve, nil, h})
	return ran{code, out.String(), err.String()}
}

func (h *harbour) start(ctx context.Context, args ...string) (wait func() ran) {
	done := make(chan ran, 1)
	go func() { done <- h.bot(ctx, args...) }()
	return func() ran { return <-done }
}

// pass lets blocks come, with people's transactions in the first of them.
func (h *harbour) pass(t *testing.T, blocks int, txs ...memchain.Tx) {
	t.Helper()
	for range blocks {
		time.Sleep(2 * time.Second)
		require.NoError(t, h.Mine(h.clock.Now(), txs...))
		txs = nil
	}
	time.Sleep(1900 * time.Millisecond) // all that there is to see of the last one is seen
}

// buys is a stranger buying base.
func (h *harbour) buys(units uint64) memchain.Tx {
	stranger := chain.Address{19: 9}
	return memchain.Tx{From: stranger, Do: func(env memchain.Env) error {
		if err := h.Quote.Mint(env, stranger, town.Units(units)); err != nil {
			return err
		}
		_, err := h.Pool.Swap(env, pmm.SellQuote, town.Units(units))
		return err
	}}
}

// traded is how much base left the contract, in whole tokens.
func (h *harbour) traded() decimal.Decimal {
	left := h.Base.Balance(h.Stabilizer.Address())
	return dec("50000").Sub(decimal.NewFromBigInt(left.ToBig(), -6))
}

// offBps is how far the pool is from the peg.
func (h *harbour) offBps(t *testing.T) float64 {
	t.Helper()
	mid, err := h.Pool.State().Mid()
	require.NoError(t, err)
	return decimal.NewFromBigInt(mid.ToBig(), -18).Sub(dec("1")).Shift(4).InexactFloat64()
}

// chart writes the harbour's configuration, which change has altered.
func (h *harbour) chart(t *testing.T, change func(string) string) (config string) {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "keeper.key")
	require.NoError(t, os.WriteFile(key, []byte(strings.Repeat("1", 64)), 0o600))
	text := fmt.Sprintf(`name: peg
pair: cUSDT/USDT
depth_units_per_bps: 100
block_time: 2s
every: 500ms
chain: 138
rpc: [http://127.0.0.1:1]
private_rpc: [http://127.0.0.1:1]
key_file: %s
stabilizer: "%s"
pool: "%s"
tokens:
  cUSDT: {address: "%s", decimals: 6}
  USDT: {address: "%s", decimals: 6}
state: sqlite:%s
reserve: {peak_per_minute: 833, owed: 100000, vault: "%s", daily_cap: 50000, approval_above: 10000}
`, key, h.Stabilizer.Address(), h.Pool.Address(), h.Base.Address(), h.Quote.Address(), filepath.Join(dir, "keeper.db"), town.Vault)
	if change != nil {
		text = change(text)
	}
	config = filepath.Join(dir, "keeper.yaml")
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	return config
}

func (h *harbour) scrape(t *testing.T) string {
	t.Helper()
	return (&market{network: h.network}).scrapeAt(t, "127.0.0.1:9335")
}

func TestTheChainInMemoryTellsAStory(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &harbour{clock: clock.New(), network: &pooltest.Network{}}
		got := h.bot(t.Context())
		require.Equal(t, exitOK, got.code, got.err)
		for _, want := range []string{
			"a trader buys 1,300 cUSDT", "13.0 bps above its peg", "trade rebalance: sells 1301.69 cUSDT for at least", "mined in block",
			"a flash loan", "the attacker sells them again", "reserve OK", "within 10 bps of the peg",
		} {
			require.Contains(t, got.out, want)
		}
		require.Equal(t, 5, strings.Count(got.out, "trade rebalance: sells"), got.out)
	})
}

func TestADryRunOfAKeeperIsTheDefaultAndSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		wait := h.start(t.Context(), "--config", h.chart(t, nil), "--for", "20s")
		time.Sleep(time.Second)
		h.pass(t, 2)
		h.pass(t, 3, h.buys(1300))
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.err, "dry run: decides, and sends nothing (--live sends)")
		require.Contains(t, got.out, "dry_trade rebalance: sells 1301.69 cUSDT")
		require.True(t, h.traded().IsZero())
		require.InDelta(t, 13, h.offBps(t), 0.1)
	})
}

func TestAKeeperBringsAPegBackInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		wait := h.start(t.Context(), "--config", h.chart(t, nil), "--live", "--json", "--for", "30s")
		time.Sleep(time.Second)
		h.pass(t, 2)
		require.Contains(t, h.scrape(t), "evenkeel_keeper_reserve_ratio 2.4009603")
		require.Contains(t, h.scrape(t), "evenkeel_keeper_health_ratio 1\n")
		h.pass(t, 1, h.buys(1300))
		require.Contains(t, h.scrape(t), "evenkeel_keeper_untraded_blocks 1\n")
		h.pass(t, 2)
		require.InDelta(t, 0, h.offBps(t), 0.1, "seen in one block, decided in the next, traded in the third")
		for _, series := range []string{
			`evenkeel_keeper_settled_total{outcome="mined"} 1`, `evenkeel_keeper_inventory{side="base"} 48698.31`, `evenkeel_keeper_untraded_blocks 0`,
			`evenkeel_keeper_pending_blocks 0`, `evenkeel_keeper_halted 0`, `evenkeel_keeper_looks_total{reason="rebalance"} 1`,
		} {
			require.Contains(t, h.scrape(t), series+"\n")
		}
		h.pass(t, 4)
		require.Contains(t, h.scrape(t), "evenkeel_keeper_reserve_ratio 2.33845426\n", "the reserve was looked at again, and the scarcer side counts")
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Empty(t, got.err)
		for line := range strings.SplitSeq(strings.TrimSpace(got.out), "\n") {
			require.True(t, json.Valid([]byte(line)), line)
		}
	})
}

func TestAFlashLoanAndAFeintMoveNoKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		wait := h.start(t.Context(), "--config", h.chart(t, nil), "--live", "--for", "30s")
		time.Sleep(time.Second)
		h.pass(t, 2)
		thief := chain.Address{19: 8}
		back := memchain.Tx{From: thief, Do: func(env memchain.Env) error {
			_, err := h.Pool.Swap(env, pmm.SellBase, h.Base.Balance(thief))
			return err
		}}
		push := memchain.Tx{From: thief, Do: func(env memchain.Env) error {
			if err := h.Quote.Mint(env, thief, town.Units(50_000)); err != nil {
				return err
			}
			_, err := h.Pool.Swap(env, pmm.SellQuote, town.Units(50_000))
			return err
		}}
		h.pass(t, 3, push, back)
		h.pass(t, 1, push)
		h.pass(t, 3, back)
		require.True(t, h.traded().IsZero())
		require.Equal(t, exitOK, wait().code)
	})
}

func TestAWordReachesAKeeper(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		config := h.chart(t, nil)
		early := h.bot(t.Context(), "pause", "--by", "anna", "--config", config)
		require.Equal(t, exitUsage, early.code)
		require.Contains(t, early.err, "must exist")

		wait := h.start(t.Context(), "--config", config, "--live", "--for", "60s")
		time.Sleep(time.Second)
		h.pass(t, 2)
		said := h.bot(t.Context(), "pause", "--by", "anna", "--why", "maintenance", "--config", config)
		require.Equal(t, exitOK, said.code, said.err)
		require.Contains(t, said.out, "pause by anna is written down. The keeper peg looked last at 2000-01-01")
		h.pass(t, 4, h.buys(1300))
		require.True(t, h.traded().IsZero())
		require.Contains(t, h.scrape(t), "evenkeel_keeper_paused 1\n")
		require.Contains(t, h.scrape(t), "evenkeel_keeper_untraded_blocks 4\n")
		require.Equal(t, exitOK, h.bot(t.Context(), "resume", "--by", "anna", "--config", config).code)
		h.pass(t, 3)
		require.False(t, h.traded().IsZero())
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "pause by anna (maintenance)")

		require.NoError(t, os.Rename(config, config+".old"))
		text, err := os.ReadFile(config + ".old")
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(config, bytes.Replace(text, []byte("name: peg"), []byte("name: pig"), 1), 0o600))
		stranger := h.bot(t.Context(), "reset", "--by", "anna", "--config", config)
		require.Equal(t, exitUsage, stranger.code)
		require.Contains(t, stranger.err, `name "pig": must be that of a keeper that has run`)
	})
}

func TestAHaltEndsWithAReset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		config := h.chart(t, nil)
		wait := h.start(t.Context(), "--config", config, "--live", "--for", "90s")
		time.Sleep(time.Second)
		h.pass(t, 2)
		h.node.SetFaults(memchain.Faults{Revert: true})
		for range 3 {
			h.pass(t, 4, h.buys(1300))
		}
		require.Contains(t, h.scrape(t), "evenkeel_keeper_halted 1\n")
		require.Contains(t, h.scrape(t), `evenkeel_keeper_settled_total{outcome="reverted"} 3`+"\n")
		h.node.SetFaults(memchain.Faults{})
		h.pass(t, 4)
		require.True(t, h.traded().IsZero(), "a halt stands until a person ends it")
		require.Equal(t, exitOK, h.bot(t.Context(), "reset", "--by", "anna", "--config", config).code)
		h.pass(t, 5)
		require.True(t, h.traded().GreaterThan(dec("1300")))
		require.Contains(t, h.scrape(t), "evenkeel_keeper_halted 0\n")
		require.Equal(t, exitOK, wait().code)
	})
}

func TestAKeeperThatGetsNowhereTakesBackWhatIsPending(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		wait := h.start(t.Context(), "--config", h.chart(t, instead(t, "every: 500ms", "every: 500ms\ngive_up: 5s")), "--live", "--for", "60s")
		time.Sleep(time.Second)
		h.pass(t, 2)
		h.node.SetFaults(memchain.Faults{DelayBlocks: 1_000})
		h.pass(t, 2, h.buys(1300))
		require.Contains(t, h.scrape(t), "evenkeel_keeper_pending_blocks 0\n")
		h.node.SetFaults(memchain.Faults{Offline: true})
		time.Sleep(10 * time.Second)
		h.node.SetFaults(memchain.Faults{})
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "fault: head: memchain: node offline")
		require.Contains(t, got.out, "nothing succeeded for too long: took back what was pending")
	})
}

func TestARestartGoesOnWhereItStood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		config := h.chart(t, nil)
		ctx, crash := context.WithCancel(t.Context())
		wait := h.start(ctx, "--config", config, "--live")
		time.Sleep(time.Second)
		h.pass(t, 2)
		h.pass(t, 2, h.buys(1300)) // decided and sent, not mined
		crash()
		require.Equal(t, exitOK, wait().code)
		require.True(t, h.traded().IsZero())
		wait = h.start(t.Context(), "--config", config, "--live", "--for", "12s")
		time.Sleep(time.Second)
		h.pass(t, 4)
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "mined in block")
		require.NotContains(t, got.out, "trade rebalance: sells", "the one that was under way was enough")
		require.InDelta(t, 0, h.offBps(t), 0.1)
	})
}

func TestALowReserveAsksTheVaultOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := openHarbour(t)
		wait := h.start(t.Context(), "--config", h.chart(t, instead(t, "peak_per_minute: 833", "peak_per_minute: 1800")), "--for", "60s")
		time.Sleep(time.Second)
		h.pass(t, 10)
		require.Contains(t, h.scrape(t), "evenkeel_keeper_reserve_level 4\n")
		require.Contains(t, h.scrape(t), "evenkeel_keeper_refill_wanted 17500\n")
		h.pass(t, 8, memchain.Tx{From: town.Vault, Do: func(env memchain.Env) error {
			for _, token := range []*memchain.Token{h.Base, h.Quote} {
				if err := token.Transfer(env, h.Stabilizer.Address(), town.Units(17_500)); err != nil {
					return err
				}
			}
			return nil
		}})
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Equal(t, 1, strings.Count(got.out, "REFILL 1: send 17500 from the vault to the contract (two people)"))
	})
}

// astray is a node with something wrong.
type astray struct {
	keeper.Node
	id   uint64
	head func(chain.Block) chain.Block
}

func (a astray) ID() uint64 { return a.id }

func (a astray) Head(ctx context.Context) (chain.Block, error) {
	b, err := a.Node.Head(ctx)
	return a.head(b), err
}

func TestAKeeperRefusesWhatItCannotDoBeforeItSendsAnything(t *testing.T) {
	same := func(b chain.Block) chain.Block { return b }
	for _, c := range []struct {
		story    string
		of, with string
		node     func(keeper.Node) keeper.Node
		says     string
	}{
		{"another chain", "", "", func(n keeper.Node) keeper.Node { return astray{n, 137, same} }, "keeper: chain 138: must be the node's, 137"},
		{"a head that is old", "", "", func(n keeper.Node) keeper.Node {
			return astray{n, 138, func(b chain.Block) chain.Block { b.Time = b.Time.Add(-time.Hour); return b }}
		}, `block 2, 1h0m0s old": must be at most max_head_age, 1m0s`},
		{"a head from the future", "", "", func(n keeper.Node) keeper.Node {
			return astray{n, 138, func(b chain.Block) chain.Block { b.Time = b.Time.Add(time.Hour); return b }}
		}, "must not be of the future"},
		{"a head that the node does not have", "", "", func(n keeper.Node) keeper.Node {
			return astray{n, 138, func(b chain.Block) chain.Block { b.Number += 7; return b }}
		}, "keeper: rpc block 9: must be there, since the node says it is the newest"},
		{"a head of another hash", "", "", func(n keeper.Node) keeper.Node {
			return astray{n, 138, func(b chain.Block) chain.Block { b.Hash[0]++; return b }}
		}, "must be block 2, which is 0x"},
		{"a stranger's key", "", "", func(n keeper.Node) keeper.Node {
			return stranger{n}
		}, "must be the key of a keeper of the contract"},
		{"a pool of other tokens", `cUSDT: {address: "0x`, `cUSDT: {address: "0x00000000000000000000000000000000000000aa", decimals: 6} #`, nil, "keeper: tokens.cUSDT"},
		{"digits that the token does not have", ", decimals: 6}\n  USDT", ", decimals: 18}\n  USDT", nil, "keeper: tokens.cUSDT.decimals 18: must be the token's, 6"},
		{"a pool where there is none", `pool: "0x`, `pool: "0x00000000000000000000000000000000000000bb" #`, nil, "must be a contract that answers _BASE_TOKEN_()"},
		{"a stabilizer where there is none", `stabilizer: "0x`, `stabilizer: "0x00000000000000000000000000000000000000cc" #`, nil, "must be a contract that answers isKeeper(address)"},
		{"an inventory below its floor", "block_time: 2s", "block_time: 2s\nbase_floor: 50000", nil, `"50000 cUSDT": must hold at least 50001: its floor and the smallest trade`},
		{"a state that is no database", "state: sqlite:", "state: mysql:", nil, "must begin with sqlite: or postgres://"},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := openHarbour(t)
				h.changed = c.node
				got := h.bot(t.Context(), "--live", "--config", h.chart(t, func(text string) string {
					require.Contains(t, text, c.of)
					return strings.Replace(text, c.of, c.with, 1)
				}))
				require.Equal(t, exitUsage, got.code, got.err)
				require.Contains(t, got.err, c.says)
				require.Equal(t, 1, strings.Count(got.err, "\n"), "one line: "+got.err)
				require.Empty(t, got.out)
				require.Empty(t, h.Chain.PublicPool())
			})
		})
	}
}

func TestAKeepersFileIsJudged(t *testing.T) {
	for _, c := range []struct{ story, of, with, says string }{
		{"a key that nobody knows", "depth_units_per_bps", "depth", "depth: must be one of the keys of keeper.yaml"},
		{"a profile that nobody knows", "pair:", "profile: bold\npair:", `profile "bold": must be target or conservative`},
		{"a peg of nothing", "pair:", "peg: 0\npair:", `peg "0": must be > 0`},
		{"no depth", "depth_units_per_bps: 100", "", `depth_units_per_bps "0": must be > 0`},
		{"a look too seldom", "every: 500ms", "every: 2s", `every "2s": must be at most half of block_time 2s`},
		{"a chain without a number", "chain: 138", "chain: main", `chain "main": must be an EIP-155 number, or demo`},
		{"a wire that others can listen to", "rpc: [http://127.0.0.1:1]\n", "rpc: [http://node.example/v1/secret]\n", `rpc "http://node.example": must be https`},
		{"three nodes", "rpc: [http://127.0.0.1:1]\n", "rpc: [https://a.example, https://b.example, https://c.example]\n", `rpc "3": must name one or two nodes`},
		{"no relay, and no leave to be seen", "private_rpc: [http://127.0.0.1:1]\n", "", `private_rpc "": must name a relay, or allow_public be true`},
		{"no key", "key_file:", "# key_file:", `key_file "": must name the file`},
		{"an address that is none", "pool: \"0x", "pool: \"zz", `must be "0x" and 40 hexadecimal digits`},
		{"a token too few", "  USDT: {", "  USDX: {", `tokens "USDT": must have address and decimals`},
		{"a token too many", "  USDT: {", "  XAU: {address: \"0x00000000000000000000000000000000000000aa\", decimals: 6}\n  USDT: {", `tokens "XAU": must be one of [cUSDT USDT]`},
		{"one block's word", "pair:", "sustain_blocks: 1\npair:", "sustain_blocks 1: must be 2 to 1000000"},
		{"a halt within the band", "pair:", "halt_bps: 1\npair:", "halt_bps 1: must be above ThetaEnterBps 2"},
		{"too small a factor", "peak_per_minute: 833", "factor: 2", "reserve.factor 2: must be in [3, 5]"},
		{"a cap without a vault", ", vault: \"0x", ", factor: \"5\", daily_cap: 5}\n# \"", `reserve.daily_cap "5": must be left out without reserve.vault`},
		{"a number with an exponent", "peak_per_minute: 833", "peak_per_minute: 1e9", `reserve.peak_per_minute "1e9": must be a plain number`},
		{"a market of one source twice", "pair:", "feeds: {sources: [kraken, kraken]}\npair:", `feeds.sources "kraken": must be listed once`},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := openHarbour(t)
				got := h.bot(t.Context(), "--config", h.chart(t, func(text string) string {
					require.Contains(t, text, c.of)
					return strings.Replace(text, c.of, c.with, 1)
				}))
				require.Equal(t, exitUsage, got.code, got.err)
				require.Contains(t, got.err, c.says)
				require.Empty(t, got.out)
			})
		})
	}
}

func TestAKeepersFlagsAreJudgedToo(t *testing.T) {
	h := &harbour{clock: clock.New(), network: &pooltest.Network{}}
	for _, c := range []struct {
		story string
		args  []string
		says  string
	}{
		{"a file that does not exist", []string{"--config", "nowhere.yaml"}, "nowhere.yaml"},
		{"live where nothing is real", []string{"--live"}, "live true: must be left out with a chain in memory"},
		{"less than no time", []string{"--for=-1s"}, "for -1s: must be > 0"},
		{"nobody pauses", []string{"pause"}, "missing flags: --by"},
		{"too long a reason", []string{"pause", "--by", "anna", "--why", strings.Repeat("x", 201)}, "must have 1 and 0 to 200 bytes"},
		{"a flag that does not exist", []string{"--speed"}, "unknown flag --speed"},
	} {
		t.Run(c.story, func(t *testing.T) {
			got := h.bot(t.Context(), c.args...)
			require.Equal(t, exitUsage, got.code)
			require.Contains(t, got.err, c.says)
		})
	}
}
