package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

// world is a pool on a network in memory; in a bubble of synctest its minutes
// take no time.
type world struct {
	network *pooltest.Network
	clock   clock.Clock
	pool    *pooltest.Server
}

// open starts a pool that pays 0.025 a minute for 2500 NBT, at 250 NBT a BTC.
func open(t *testing.T, change func(*pooltest.Config)) *world {
	t.Helper()
	w := &world{network: &pooltest.Network{}, clock: clock.New()}
	verifier, err := paper.NewVerifier(paper.Options{Name: "paper", Base: "http://127.0.0.1:3334", Clock: w.clock, RoundTripper: w.network})
	require.NoError(t, err)
	cfg := pooltest.Config{
		Exchange: "test_exchange", Unit: "btc", Adapter: "paper", Pair: exchange.Pair{Base: "NBT", Quote: "BTC"}, Verifier: verifier,
		Price: decimal.NewFromInt(250), Reward: dec("0.025"), Target: dec("2500"), Tolerance: dec("0.0105"), Every: time.Minute, Clock: w.clock,
	}
	if change != nil {
		change(&cfg)
	}
	w.pool = pooltest.New(cfg)
	_, err = w.network.Serve(t.Context(), "127.0.0.1:3333", w.pool)
	require.NoError(t, err)
	return w
}

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

type ran struct {
	code     int
	out, err string
}

func (w *world) bot(ctx context.Context, args ...string) ran {
	var out, err bytes.Buffer
	code := run(ctx, args, host{&out, &err, w.clock, w.network, w.network.Serve, nil, nil})
	return ran{code, out.String(), err.String()}
}

func TestTheLadderEarnsWhileItStandsAndNoLonger(t *testing.T) {
	for name, hardened := range map[string]bool{"an open server": false, "a hardened server": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, func(c *pooltest.Config) { c.Hardened = hardened })
				got := w.bot(t.Context(), "pool", "--paper", "--for", "3m")
				require.Equal(t, exitOK, got.code, got.err)
				for _, want := range []string{
					"waiting for the server's first round",
					"placed 6 orders of NBT/BTC around a peg of 0.004",
					"user successfully registered",
					"submitted 6 orders: orders saved for validation",
					"credited 0.012 for 6 orders: exactly the split of the orders on the venue", // 1200 of 2500 is 48 % of 0.025
					"cancelled all orders",
					"submitted 0 orders: no orders found",
					"credited nothing: the orders are gone",
				} {
					require.Contains(t, got.out, want)
				}
				require.NotContains(t, got.out, "WHICH IS NOT")
				require.Empty(t, got.err)
			})
		})
	}
}

func TestProgramsReadEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		got := open(t, nil).bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "90s", "--json", "--user", "me")
		require.Equal(t, exitOK, got.code, got.err)
		var kinds []string
		for _, text := range strings.Split(strings.TrimSpace(got.out), "\n") {
			var e struct {
				At    time.Time
				Event string
				Round *struct {
					Orders           int
					Credit, Expected decimal.Decimal
				}
				Earned *struct{ Orders []struct{ State string } }
			}
			require.NoError(t, json.Unmarshal([]byte(text), &e), text)
			require.False(t, e.At.IsZero())
			require.Equal(t, e.Event == "credited", e.Round != nil)
			require.Equal(t, e.Event == "earned", e.Earned != nil)
			if e.Round != nil {
				require.Equal(t, 6, e.Round.Orders)
				require.True(t, e.Round.Credit.Equal(e.Round.Expected))
			}
			kinds = append(kinds, e.Event)
		}
		require.Equal(t, []string{"placed", "registered", "submitted", "earned", "submitted", "credited", "earned"}, kinds[:7])
		require.Equal(t, "finished", kinds[len(kinds)-1])
	})
}

func TestCtrlCEndsWithTheLastProof(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Second)
		defer cancel()
		got := w.bot(ctx, "pool", "--paper", "--price", "250")
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "credited nothing: the orders are gone")
		requests := w.pool.Requests()
		require.Equal(t, "liquidity 0", requests[len(requests)-1])
	})
}

func TestOnceSubmitsOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, nil)
		got := w.bot(t.Context(), "pool", "--paper", "--price", "250", "--once", "--size", "50", "--user", "me")
		require.Equal(t, exitOK, got.code, got.err)
		require.Equal(t, []string{"register test_exchange btc B4T5ciTCkWauSqVAcVKy88ofjcSasUkSYU", "liquidity 6"}, w.pool.Requests())
		require.Contains(t, got.out, "6 orders wait for the next round")
	})
}

func TestAServerThatPaysSomethingElseIsToldSo(t *testing.T) {
	for _, c := range []struct {
		story string
		cheat func(o alp.Order) alp.Order
		says  string
	}{
		{"a credit that is too small", func(o alp.Order) alp.Order {
			o.Credit.Amount.Decimal = o.Credit.Amount.Sub(dec("0.00000002"))
			return o
		}, "credited 0.00099998, earns 0.001"},
		{"a credit that is too large", func(o alp.Order) alp.Order {
			o.Credit.Amount.Decimal = o.Credit.Amount.Add(dec("0.00000002"))
			return o
		}, "credited 0.00100002, earns 0.001"},
		{"an order that nobody placed", func(o alp.Order) alp.Order {
			o.OrderID = "7" + o.OrderID
			return o
		}, "is not ours"},
		{"a larger order than there was", func(o alp.Order) alp.Order {
			o.Amount.Decimal = o.Amount.Add(dec("1"))
			return o
		}, "counted as 101, offers 100"},
		{"another price", func(o alp.Order) alp.Order {
			o.Price.Decimal = o.Price.Add(dec("0.00000001"))
			return o
		}, "is not ours"},
		{"another side", func(o alp.Order) alp.Order {
			o.Side = o.Side.Opposite()
			return o
		}, "is not ours"},
		{"an order that is left out", func(o alp.Order) alp.Order {
			if o.OrderID == "2" {
				o.Credited = alp.Duplicate
			}
			return o
		}, "order 2, ask 200 at 0.00402112: was not credited"},
		{"a reward beyond what the total earns", func(o alp.Order) alp.Order {
			o.Credit.CalculatedReward.Decimal = o.Credit.UnitReward.Decimal
			return o
		}, "more than the 0.012 that the total earns"},
		{"a rank with less in it than our own", func(o alp.Order) alp.Order {
			o.Credit.RankTotal.Decimal = dec("99")
			return o
		}, "less than our own 100"},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				got := open(t, func(p *pooltest.Config) { p.Cheat = c.cheat }).bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "1m30s")
				require.Equal(t, exitBroken, got.code)
				require.Contains(t, got.out, "WHICH IS NOT what they earn")
				require.Contains(t, got.out, c.says)
				require.Contains(t, got.err, "rounds credited something else than the orders earn")
			})
		})
	}
}

func TestAServerThatIsAwayForAWhileIsAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked := 0
		w := open(t, func(c *pooltest.Config) {
			c.Refuse = func(r *http.Request) (bool, int) {
				if r.URL.Path == "/liquidity" {
					asked++
				}
				return asked == 2, http.StatusBadGateway
			}
		})
		got := w.bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "3m30s")
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "transport: no answer: status 502")
		require.Contains(t, got.out, "credited nothing: the orders are gone")
	})
}

func TestMoreThanTheTargetEarnsTheRewardAndNoMore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, func(c *pooltest.Config) { c.Target = dec("100") })
		got := w.bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "90s")
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "credited 0.025 for 6 orders: exactly the split")
	})
}

func TestAServerThatPaysForOrdersThatAreGoneIsToldSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, func(c *pooltest.Config) { c.Stubborn = true })
		got := w.bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "90s")
		require.Equal(t, exitBroken, got.code)
		require.Contains(t, got.err, "still credited: in the round of")
	})
}

func TestAServerWithoutRoundsIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, func(c *pooltest.Config) { c.Every = 24 * time.Hour })
		got := w.bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "90s")
		require.Equal(t, exitBroken, got.code)
		require.Contains(t, got.err, "no round within 3m0s")
	})
}

func TestAPoolThatCreditsNothingIsNoSuccess(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, func(c *pooltest.Config) {
			c.Cheat = func(o alp.Order) alp.Order {
				o.Credited, o.Credit = alp.Duplicate, nil
				return o
			}
		})
		got := w.bot(t.Context(), "pool", "--paper", "--price", "250", "--for", "90s")
		require.Equal(t, exitBroken, got.code)
		require.Contains(t, got.err, "no round credited anything while the orders stood")
	})
}

func TestWhatCannotBeUsedIsToldAllAtOnce(t *testing.T) {
	w := &world{network: &pooltest.Network{}, clock: clock.New()}
	file := filepath.Join(t.TempDir(), "bot.yaml")
	require.NoError(t, os.WriteFile(file, []byte("venue: mtgox\npair: NBT\naddress: C1\nevery: 5ms\n"), 0o600))
	got := w.bot(t.Context(), "pool", "--config", file)
	require.Equal(t, exitUsage, got.code)
	for _, want := range []string{
		`pair "NBT": must be BASE/QUOTE`, `address "C1": must be an NBT address`, `every "5ms": must be 1s to 1h0m0s`,
		`venue "mtgox": must be one of binance`, `key_file "": must name the file`,
	} {
		require.Contains(t, got.err, want)
	}

	require.NoError(t, os.WriteFile(file, []byte("servr: x\n"), 0o600))
	got = w.bot(t.Context(), "pool", "--config", file)
	require.Equal(t, exitUsage, got.code)
	require.Contains(t, got.err, "servr")

	for _, c := range []struct {
		name string
		args []string
		says string
	}{
		{"a flag that does not exist", []string{"--speed"}, "unknown flag --speed"},
		{"a file that does not exist", []string{"--config", "nowhere.yaml"}, "nowhere.yaml"},
		{"two venues", []string{"--paper", "--venue", "kraken"}, `venue "kraken": must be left out with --paper`},
		{"a price where none is used", []string{"--price", "250"}, `price "250": must be left out without --paper`},
		{"less than no time", []string{"--paper", "--for=-1s"}, "for -1s: must be > 0"},
		{"a server that others could listen to", []string{"--paper", "--server", "http://pool.example"}, "must be https"},
		{"nothing to provide with", nil, `venue "": must be one of`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.bot(t.Context(), append([]string{"pool"}, c.args...)...)
			require.Equal(t, exitUsage, got.code)
			require.Contains(t, got.err, c.says)
		})
	}
}

func TestWhatThePoolDoesNotOfferIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, nil)
		for _, c := range []struct {
			name string
			args []string
			code int
			says string
		}{
			{"a unit", []string{"--unit", "ltc"}, exitBroken, "does not reward ltc at test_exchange"},
			{"a price of many digits", []string{"--price", "1e999999999"}, exitUsage, `price "1e999999999": must be a plain number > 0`},
			{"a price that is no number", []string{"--price", "dear"}, exitUsage, `price "dear": must be a plain number > 0`},
			{"a size of nothing", []string{"--price", "250", "--size", "0"}, exitUsage, `size "0": must be a plain number > 0`},
			{"a peg that a tick is too coarse for", []string{"--price", "90000000"}, exitUsage, "must be wider than a tick"},
			{"another server", []string{"--server", "http://127.0.0.1:9"}, exitBroken, "ALP server http://127.0.0.1:9: transport: no answer"},
			{"no server at all", []string{"--server", "http://127.0.0.1:9"}, exitBroken, "go run ./examples/server starts"},
		} {
			got := w.bot(t.Context(), append([]string{"pool", "--paper"}, c.args...)...)
			require.Equal(t, c.code, got.code, c.name+": "+got.err)
			require.Contains(t, got.err, c.says, c.name)
		}
	})
}

func TestARealAccountSignsWithItsKeyAndNothingElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, func(c *pooltest.Config) { c.Exchange = "kraken" })
		dir := t.TempDir()
		const secret = "a3Jha2VuIHNlY3JldA=="
		write := func(name, text string, mode os.FileMode) string {
			path := filepath.Join(dir, name)
			require.NoError(t, os.WriteFile(path, []byte(text), mode))
			require.NoError(t, os.Chmod(path, mode))
			return path
		}
		config := func(keyFile string) string {
			return write("bot.yaml", fmt.Sprintf("venue: kraken\naddress: B4T5ciTCkWauSqVAcVKy88ofjcSasUkSYU\nkey_file: %s\nidentity_file: %s\n",
				keyFile, filepath.Join(dir, "identity")), 0o644)
		}
		got := w.bot(t.Context(), "pool", "--config", config(write("open.key", "key: public\nsecret: "+secret, 0o644)), "--once")
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.err, "only its owner may read")

		got = w.bot(t.Context(), "pool", "--config", config(write("bad.key", "key: public\nsecrit: "+secret, 0o600)), "--once")
		require.Equal(t, exitUsage, got.code)
		require.NotContains(t, got.err, secret)

		got = w.bot(t.Context(), "pool", "--config", config(write("good.key", "key: public-key-of-the-account\nsecret: "+secret, 0o600)), "--once")
		require.Equal(t, exitBroken, got.code, "the double's verifier is of the paper venue, so it refuses")
		require.Contains(t, got.out, "publ...ount for kraken btc: user successfully registered")
		require.NotContains(t, got.out+got.err, secret)
		require.Contains(t, w.pool.Requests(), "register kraken btc B4T5ciTCkWauSqVAcVKy88ofjcSasUkSYU")

		info, err := os.Stat(filepath.Join(dir, "identity"))
		require.NoError(t, err)
		require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	})
}

func TestHelpSaysWhatThereIs(t *testing.T) {
	got := (&world{network: &pooltest.Network{}, clock: clock.New()}).bot(t.Context(), "pool", "--help")
	require.Equal(t, exitOK, got.code)
	for _, want := range []string{"--paper", "--config", "--once", "--for", "--key-file", "EVENKEEL_BOT_KEY_FILE"} {
		require.Contains(t, got.out, want)
	}
}
