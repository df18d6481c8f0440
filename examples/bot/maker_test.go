package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/paper"
)

var update = flag.Bool("update", false, "write the golden files again")

var stable = exchange.Pair{Base: "USDC", Quote: "USDT"}

// market is a network of exchanges with one account, whose books all stand around
// one price.
type market struct {
	*paper.Account
	venue   *paper.Venue
	clock   clock.Clock
	network *pooltest.Network

	mu    sync.Mutex
	price decimal.Decimal
	down  bool // nobody answers
	quiet bool // books are empty

	timed  bool // there is a timer
	timers []time.Duration
}

var errDown = errors.New("unplugged")

func openMarket(t *testing.T) *market {
	t.Helper()
	m := &market{clock: clock.New(), network: &pooltest.Network{}, price: dec("1")}
	var err error
	m.venue, err = paper.New(paper.Config{Name: "double", Start: m.clock.Now(), Markets: []exchange.Market{
		{Pair: stable, Tick: dec("0.0001"), Lot: dec("0.1"), MinAmount: dec("5"), MinNotional: dec("10")},
	}})
	require.NoError(t, err)
	m.Account = m.venue.Account("us")
	require.NoError(t, m.Deposit("USDC", dec("10000")))
	require.NoError(t, m.Deposit("USDT", dec("10000")))
	return m
}

func (m *market) set(change func(*market)) {
	m.mu.Lock()
	defer m.mu.Unlock()
	change(m)
}

// line is the account over a network that can fail; the venue's time follows the
// test's.
type line struct {
	*paper.Account
	m *market
}

func (l *line) reach() error {
	l.m.mu.Lock()
	defer l.m.mu.Unlock()
	if l.m.down {
		return errDown
	}
	return l.m.venue.Advance(l.m.clock.Now())
}

func (l *line) OpenOrders(ctx context.Context, pair exchange.Pair) ([]exchange.Order, error) {
	if err := l.reach(); err != nil {
		return nil, err
	}
	return l.Account.OpenOrders(ctx, pair)
}

func (l *line) Place(ctx context.Context, o exchange.Order) (exchange.Order, error) {
	if err := l.reach(); err != nil {
		return exchange.Order{}, err
	}
	return l.Account.Place(ctx, o)
}

func (l *line) Cancel(ctx context.Context, pair exchange.Pair, id string) error {
	if err := l.reach(); err != nil {
		return err
	}
	return l.Account.Cancel(ctx, pair, id)
}

// Book implements exchange.BookReader: a tick on each side of the price.
func (m *market) Book(_ context.Context, pair exchange.Pair, _ int) (exchange.Book, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	b := exchange.Book{Pair: pair, At: m.clock.Now()}
	if !m.quiet {
		b.Bids = []exchange.Level{{Price: m.price.Sub(dec("0.0001")), Amount: dec("1")}}
		b.Asks = []exchange.Level{{Price: m.price.Add(dec("0.0001")), Amount: dec("1")}}
	}
	return b, nil
}

// timed is a line to an exchange that has a timer.
type timed struct{ *line }

func (l timed) CancelAllAfter(_ context.Context, wait time.Duration) error {
	l.m.timers = append(l.m.timers, wait)
	return nil
}

// directory is where the bot finds them.
type directory struct{ *market }

func (d directory) Account(string, keys.API) (exchange.Client, error) {
	l := &line{d.market.Account, d.market}
	if d.timed {
		return timed{l}, nil
	}
	return l, nil
}

func (d directory) Books(string) (exchange.BookReader, error) { return d.market, nil }

func (m *market) bot(ctx context.Context, args ...string) ran {
	var out, err bytes.Buffer
	code := run(ctx, append([]string{"maker"}, args...), host{&out, &err, m.clock, m.network, m.network.Serve, directory{m}, nil})
	return ran{code, out.String(), err.String()}
}

// start runs the bot beside the test.
func (m *market) start(ctx context.Context, args ...string) (wait func() ran) {
	done := make(chan ran, 1)
	go func() { done <- m.bot(ctx, args...) }()
	return func() ran { return <-done }
}

func (m *market) standing(t *testing.T) []string {
	t.Helper()
	open, err := m.Account.OpenOrders(t.Context(), stable)
	require.NoError(t, err)
	var names []string
	for _, o := range open {
		names = append(names, fmt.Sprintf("%v %v @ %v %s", o.Side, o.Amount, o.Price, o.ClientID))
	}
	slices.Sort(names)
	return names
}

// configure makes a directory with a key and a configuration, which change has altered.
func configure(t *testing.T, change func(string) string) (config string) {
	t.Helper()
	dir := t.TempDir()
	key := filepath.Join(dir, "kraken.key")
	require.NoError(t, os.WriteFile(key, []byte("key: public\nsecret: c2VjcmV0\n"), 0o600))
	text := strings.NewReplacer(
		"kraken.key ", key+" ", "sqlite:bot-maker.db", "sqlite:"+filepath.Join(dir, "maker.db"), "live: false", "live: true",
		"wall: 5000", "wall: 500", "every: 20s", "every: 5s",
	).Replace(string(sample))
	if change != nil {
		text = change(text)
	}
	config = filepath.Join(dir, "maker.yaml")
	require.NoError(t, os.WriteFile(config, []byte(text), 0o600))
	return config
}

// instead returns a change of one piece of text for another.
func instead(t *testing.T, of, with string) func(string) string {
	t.Helper()
	return func(text string) string {
		require.Contains(t, text, of)
		return strings.ReplaceAll(text, of, with)
	}
}

func TestAMakerQuotesThroughTheWeekend(t *testing.T) {
	m := &market{clock: clock.New()}
	got := m.bot(t.Context(), "--paper", "--json")
	require.Equal(t, exitOK, got.code, got.err)
	const golden = "testdata/weekend.golden.json"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(got.out), 0o600))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(string(want), got.out))
	require.Empty(t, got.err, "a bar is for terminals")
}

func TestTheVerdictSaysWhatWasAssumed(t *testing.T) {
	m := &market{clock: clock.New()}
	got := m.bot(t.Context(), "--paper", "--for", "2h")
	require.Equal(t, exitOK, got.code, got.err)
	for _, want := range []string{
		"USDC/USDT, 2h of it", "In these 2h USDC went from 0.9593 to", "fills", "inventory", "spread earned", "fees", "both walls up", "orders placed", "an hour", "worth at the lowest, highest",
		"against holding still", "What is real", "What is assumed", "a touch fills", "can lose",
	} {
		require.Contains(t, got.out, want)
	}
	for l := range strings.SplitSeq(got.out, "\n") {
		require.LessOrEqual(t, len([]rune(l)), 80)
	}
}

func TestTheReplayIsWrittenDownWhereAsked(t *testing.T) {
	m := &market{clock: clock.New()}
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "paper.db")
	first := m.bot(t.Context(), "--paper", "--for", "10m", "--json", "--state", dsn)
	require.Equal(t, exitOK, first.code, first.err)
	memory := m.bot(t.Context(), "--paper", "--for", "10m", "--json")
	require.Equal(t, memory.out, first.out, "the same journal, wherever it is kept")
	again := m.bot(t.Context(), "--paper", "--for", "10m", "--state", dsn)
	require.Equal(t, exitUsage, again.code)
	require.Contains(t, again.err, "journal maker/desk: must be empty, has 30 records")
}

func TestADryRunSendsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		got := m.bot(t.Context(), "--config", configure(t, instead(t, "live: true", "live: false")), "--for", "1m")
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.err, "dry run: decides, and sends nothing")
		require.Contains(t, got.out, "8 placed")
		_, err := m.Order(t.Context(), stable, "x")
		require.ErrorIs(t, err, exchange.ErrNotFound)
		balances, err := m.Balances(t.Context())
		require.NoError(t, err)
		require.True(t, balances["USDC"].Held.IsZero())
	})
}

func TestAMakerQuotesAndLeavesNothingStanding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, nil)
		wait := m.start(t.Context(), "--config", config, "--for", "1m", "--json")
		time.Sleep(40 * time.Second)
		require.Len(t, m.standing(t), 8)
		require.Contains(t, m.scrape(t), "evenkeel_maker_orders{side=\"bid\"} 4\n")
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Empty(t, m.standing(t))
		require.Contains(t, got.err, "cancelled all orders")
		reasons := map[string]int{}
		for text := range strings.SplitSeq(strings.TrimSpace(got.out), "\n") {
			var l struct {
				Reason string
				Worth  decimal.Decimal
			}
			require.NoError(t, json.Unmarshal([]byte(text), &l), text)
			reasons[l.Reason]++
			require.True(t, l.Reason != "quoting" || l.Worth.Equal(dec("20000")), text)
		}
		require.Equal(t, 1, reasons["no_price"], "the first price waits for the second look")
		require.Greater(t, reasons["quoting"], 8)
	})
}

// scrape is what Prometheus would see.
func (m *market) scrape(t *testing.T) string {
	t.Helper()
	return m.scrapeAt(t, "127.0.0.1:9334")
}

func (m *market) scrapeAt(t *testing.T, address string) string {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address+"/metrics", nil)
	require.NoError(t, err)
	answer, err := m.network.RoundTrip(r)
	require.NoError(t, err)
	defer answer.Body.Close() //nolint:errcheck // in memory
	var body bytes.Buffer
	_, err = body.ReadFrom(answer.Body)
	require.NoError(t, err)
	return body.String()
}

func TestAPersonHaltsAMakerAndLetsItQuoteAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, nil)
		early := m.bot(t.Context(), "halt", "--by", "anna", "--config", config)
		require.Equal(t, exitUsage, early.code)
		require.Contains(t, early.err, "must exist")
		wait := m.start(t.Context(), "--config", config, "--for", "1m10s")
		time.Sleep(31 * time.Second)
		require.Len(t, m.standing(t), 8)
		said := m.bot(t.Context(), "halt", "--by", "anna", "--why", "maintenance", "--config", config)
		require.Equal(t, exitOK, said.code, said.err)
		require.Contains(t, said.out, "halt by anna is written down. The maker desk looked last at 2000-01-01 00:00:30, 1s ago")
		time.Sleep(10 * time.Second)
		require.Empty(t, m.standing(t))
		require.Contains(t, m.scrape(t), "evenkeel_maker_halted 1\n")
		require.Equal(t, exitOK, m.bot(t.Context(), "resume", "--by", "anna", "--config", config).code)
		time.Sleep(15 * time.Second)
		require.Len(t, m.standing(t), 8)
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "command 1: done")
		require.Contains(t, got.out, "stopped, bids withheld, asks withheld")

		stranger := m.bot(t.Context(), "halt", "--by", "anna", "--config", filepath.Join(filepath.Dir(config), "maker.yaml"), "--state", "sqlite:"+filepath.Join(t.TempDir(), "none.db"))
		require.Equal(t, exitUsage, stranger.code)
	})
}

func TestAHaltForAMakerThatNeverRanIsRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, nil)
		require.Equal(t, exitOK, m.bot(t.Context(), "--config", config, "--for", "10s").code)
		text, err := os.ReadFile(config)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(config, bytes.ReplaceAll(text, []byte("name: desk"), []byte("name: dekk")), 0o600))
		got := m.bot(t.Context(), "halt", "--by", "anna", "--config", config)
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.err, `name "dekk": must be that of a maker that has run`)
	})
}

func TestARestartAdoptsTheOrdersOfACrash(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, nil)
		wait := m.start(t.Context(), "--config", config, "--for", "1m")
		time.Sleep(58 * time.Second)
		m.set(func(m *market) { m.down = true })
		got := wait()
		require.Equal(t, exitBroken, got.code, "it could not say goodbye")
		require.Contains(t, got.err, "orders may still stand at the exchange")
		stand := m.standing(t)
		require.Len(t, stand, 8)

		m.set(func(m *market) { m.down = false })
		wait = m.start(t.Context(), "--config", config, "--for", "30s")
		time.Sleep(20 * time.Second)
		require.Empty(t, cmp.Diff(stand, m.standing(t)), "the very same orders")
		got = wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.NotContains(t, got.out, "ALERT")
		require.Empty(t, m.standing(t))
	})
}

func TestAMakerThatSeesNoPriceTakesItsOrdersDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, instead(t, "cancel_all: 5m", "cancel_all: 1m"))
		wait := m.start(t.Context(), "--config", config, "--for", "2m30s")
		time.Sleep(time.Minute)
		m.set(func(m *market) { m.quiet = true })
		time.Sleep(20 * time.Second)
		require.Len(t, m.standing(t), 6, "the walls at once")
		time.Sleep(time.Minute)
		require.Empty(t, m.standing(t))
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "ALERT no_price")
		require.Contains(t, got.err, "alert")
	})
}

func TestAMakerThatGetsNowhereTakesItsOrdersDownAsSoonAsItCan(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, instead(t, "cancel_all: 5m", "cancel_all: 1m"))
		wait := m.start(t.Context(), "--config", config, "--for", "4m")
		time.Sleep(61 * time.Second) // between two looks
		m.set(func(m *market) { m.down = true })
		time.Sleep(2 * time.Minute)
		m.set(func(m *market) { m.down = false })
		time.Sleep(4500 * time.Millisecond)
		require.Empty(t, m.standing(t), "before it decides anything new")
		got := wait()
		require.Equal(t, exitOK, got.code, got.err)
		require.Contains(t, got.out, "nothing succeeded for too long: cancelled all orders")
		require.Contains(t, got.out, "fault: unplugged")
	})
}

func TestTheTimerOfTheExchangeIsSetWhileItQuotesAndStoppedAtTheEnd(t *testing.T) {
	for _, c := range []struct {
		story, mode string
		change      func(*market)
		last        []time.Duration
	}{
		{"after a goodbye", "true", func(*market) {}, []time.Duration{time.Minute, 0}},
		{"but not if orders may stand", "true", func(m *market) { m.down = true }, []time.Duration{time.Minute, time.Minute}},
		{"never in a dry run", "false", func(*market) {}, nil},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := openMarket(t)
				m.timed = true
				config := configure(t, func(text string) string {
					return instead(t, "live: true", "live: "+c.mode)(instead(t, "# dead_man: 60s", "dead_man: 60s")(text))
				})
				wait := m.start(t.Context(), "--config", config, "--for", "1m")
				time.Sleep(58 * time.Second)
				m.set(c.change)
				wait()
				if len(m.timers) > 2 {
					m.timers = m.timers[len(m.timers)-2:]
				}
				require.Equal(t, c.last, m.timers)
			})
		})
	}
}

func TestAMakerRefusesWhatItCannotDoBeforeItSendsAnything(t *testing.T) {
	for _, c := range []struct {
		story, of, with, says string
	}{
		{"a pair that the exchange does not trade", "pair: USDC/USDT ", "pair: USDC/EUR ", `pair "USDC/EUR": must be traded at kraken`},
		{"a pair that is none", "pair: USDC/USDT ", "pair: USDC ", `pair "USDC": must be BASE/QUOTE`},
		{"an exchange that nobody knows", "venue: kraken ", "venue: mtgox ", `venue "mtgox": must be one of binance`},
		{"a wall between two lots", "wall: 500,", "wall: 500.05,", `bids.wall "500.05": must be a multiple of the venue's lot, 0.1`},
		{"a wall that is too small", "wall: 500,", "wall: 4,", `bids.wall "4": must be at least the venue's smallest order, 5 USDC`},
		{"a wall that is worth too little", "wall: 500,", "wall: 6,", `bids.wall "6": must be worth at least the venue's smallest order, 10 USDT`},
		{"a ladder finer than a tick", "density_bps: 20", "density_bps: 0.9", `bids.density_bps "0.9": must be at least the venue's tick, 0.0001`},
		{"an unknown key", "add_fee:", "add_fees:", "add_fees: must be one of the keys of maker.yaml"},
		{"a number with an exponent", "max_loss: 0", "max_loss: 1e9999", `max_loss "1e9999": must be a plain number`},
		{"a number of another field", "tolerance_amount: 0.1", "tolerance_amount: 2", "tolerance_amount 2: must be 0 to 1"},
		{"a band without an end", "# band: {peg: 1, bps: 100, outside: stop}", "band: {peg: 1, outside: never}", "band.bps 0: must be > 0"},
		{"a time that is none", "give_up: 1m", "give_up: soon", `give_up "soon": must be a time such as 30s`},
		{"looks that are too seldom", "every: 5s", "every: 45s", `every "45s": must be below max_age 30s`},
		{"a minority", "quorum: 2 ", "quorum: 1 ", `feeds.quorum "1": must be more than half of the 3 sources`},
		{"a source without books", "[binance, kraken, okx]", "[binance, coinbase, okx]", `feeds.sources "coinbase": must be one of`},
		{"a timer where there is none", "# dead_man: 60s", "dead_man: 60s", "dead_man 1m0s: must be left out: kraken has no timer"},
		{"a state that is no database", "state: sqlite:", "state: mysql:", "must begin with sqlite: or postgres://"},
		{"neither yes nor no", "live: true", "live: maybe", `live "maybe": must be true or false`},
	} {
		t.Run(c.story, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := openMarket(t)
				m.trade(t)
				config := configure(t, instead(t, c.of, c.with))
				got := m.bot(t.Context(), "--config", config)
				require.Equal(t, exitUsage, got.code, got.err)
				require.Contains(t, got.err, c.says)
				require.Empty(t, got.out)
				require.Empty(t, m.standing(t))
			})
		})
	}
}

// trade makes one trade at 1, so that there is a last price.
func (m *market) trade(t *testing.T) {
	t.Helper()
	one, two := m.venue.Account("one"), m.venue.Account("two")
	require.NoError(t, one.Deposit("USDC", dec("20")))
	require.NoError(t, two.Deposit("USDT", dec("20")))
	_, err := one.Place(t.Context(), exchange.Order{ClientID: "a", Pair: stable, Side: exchange.Ask, Price: dec("1"), Amount: dec("20")})
	require.NoError(t, err)
	_, err = two.Place(t.Context(), exchange.Order{ClientID: "b", Pair: stable, Side: exchange.Bid, Price: dec("1"), Amount: dec("20")})
	require.NoError(t, err)
}

func TestAMakersKeyIsForItsOwnerAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := openMarket(t)
		config := configure(t, nil)
		key := filepath.Join(filepath.Dir(config), "kraken.key")
		require.NoError(t, os.Chmod(key, 0o644))
		got := m.bot(t.Context(), "--config", config)
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.err, "only its owner may read")
		require.NoError(t, os.Remove(key))
		got = m.bot(t.Context(), "--config", config)
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.err, "no such file")
	})
}

func TestAMakersFlagsAreJudgedToo(t *testing.T) {
	m := &market{clock: clock.New()}
	for _, c := range []struct {
		story string
		args  []string
		says  string
	}{
		{"no configuration", nil, `config "": must name a configuration file`},
		{"a file that does not exist", []string{"--config", "nowhere.yaml"}, "nowhere.yaml"},
		{"a budget where money is real", []string{"--config", "maker.yaml", "--budget", "5"}, `budget "5": must be left out without --paper`},
		{"a budget of nothing", []string{"--paper", "--budget", "0"}, `budget "0": must be a plain number > 0`},
		{"more than all that traded", []string{"--paper", "--share", "1.5"}, "share 1.5: must be > 0, up to 1"},
		{"a fee beyond reason", []string{"--paper", "--fee-bps", "101"}, `fee-bps "101": must be 0 to 100`},
		{"less than no time", []string{"--paper", "--for=-1s"}, "for -1s: must be > 0"},
		{"nobody halts", []string{"halt", "--config", "maker.yaml"}, "missing flags: --by"},
		{"a flag that does not exist", []string{"--speed"}, "unknown flag --speed"},
	} {
		t.Run(c.story, func(t *testing.T) {
			got := m.bot(t.Context(), c.args...)
			require.Equal(t, exitUsage, got.code)
			require.Contains(t, got.err, c.says)
		})
	}
}
