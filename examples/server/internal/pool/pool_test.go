package pool_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/pool"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
)

const home = "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96"

var start = time.Date(2026, 3, 1, 12, 0, 20, 0, time.UTC)

// open returns a pool of the default configuration in a folder, and its ports.
func open(t *testing.T, folder string, mock *clock.Mock) (*pool.Pool, pool.Ports) {
	t.Helper()
	text := strings.NewReplacer(
		"sqlite:evenkeel.db", "sqlite:"+filepath.Join(folder, "evenkeel.db"),
		"folder: payouts", "folder: "+filepath.Join(folder, "payouts"),
	).Replace(string(config.DefaultYAML))
	cfg, err := config.Parse("pool.yaml", []byte(text), config.Override{})
	require.NoError(t, err)
	ports, err := pool.OpenPorts(t.Context(), cfg, pool.Outside{Clock: mock})
	require.NoError(t, err)
	t.Cleanup(func() { _ = ports.Close() })
	return serve(t, cfg, ports, mock), ports
}

func serve(t *testing.T, cfg config.Config, ports pool.Ports, mock *clock.Mock) *pool.Pool {
	t.Helper()
	p, err := pool.Open(t.Context(), cfg, ports, pool.Options{Clock: mock, Log: zap.NewNop(), Metrics: metrics.New()})
	require.NoError(t, err)
	return p
}

// running runs p until the test asks it to stop.
func running(t *testing.T, p *pool.Pool) (stop func() error) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- p.Run(ctx) }()
	t.Cleanup(cancel)
	return func() error { cancel(); return <-done }
}

func last(t *testing.T, ports pool.Ports, key string) evenkeel.Record {
	t.Helper()
	r, err := ports.Store.Last(t.Context(), key)
	if !errors.Is(err, evenkeel.ErrNotFound) {
		require.NoError(t, err)
	}
	return r
}

// until moves time on, second by second, until there is that record.
func until(t *testing.T, mock *clock.Mock, ports pool.Ports, key string, seq uint64) evenkeel.Record {
	t.Helper()
	for range 3600 {
		if r := last(t, ports, key); r.Seq >= seq {
			return r
		}
		mock.Add(time.Second)
	}
	require.Fail(t, "not within an hour")
	return evenkeel.Record{}
}

func TestAPoolLooksAtPayoutsAtOnceAndAtTheFirstRoundAfterOne(t *testing.T) {
	mock := clock.NewMock()
	mock.Set(start)
	p, ports := open(t, t.TempDir(), mock)
	require.Equal(t, start.Add(24*time.Hour), p.NextPayout())
	stop := running(t, p)
	require.WithinDuration(t, start, until(t, mock, ports, pool.PayoutKey, 1).At, 5*time.Second)
	first := until(t, mock, ports, pool.RewardKey, 1).At
	require.WithinDuration(t, start.Add(time.Minute), first, 2*time.Second)
	require.WithinDuration(t, first.Add(time.Minute), until(t, mock, ports, pool.RewardKey, 2).At, 2*time.Second)
	require.NoError(t, stop())
	round, err := ports.Ledger.Round(t.Context(), 0)
	require.NoError(t, err)
	require.Equal(t, "1000", round.Decision.Balance.String(), "the grant of the configuration")
}

func TestRoundsKeepAwayFromWhereOneTurnsIntoTheNext(t *testing.T) {
	for _, row := range []struct {
		name        string
		opened, ran time.Duration // into the minute
	}{
		{"opened as a round begins", 0, 6 * time.Second},
		{"opened just before", 59 * time.Second, 54 * time.Second},
		{"opened in the middle", 31 * time.Second, 31 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			mock := clock.NewMock()
			mock.Set(start.Truncate(time.Minute).Add(row.opened))
			p, ports := open(t, t.TempDir(), mock)
			stop := running(t, p)
			first := until(t, mock, ports, pool.RewardKey, 1)
			require.NoError(t, stop())
			require.InDelta(t, row.ran.Seconds(), first.At.Sub(first.At.Truncate(time.Minute)).Seconds(), 3)
		})
	}
}

func TestOfTwoServersOnOneDatabaseOneDecidesAndTheOtherTakesOver(t *testing.T) {
	mock, folder := clock.NewMock(), t.TempDir()
	mock.Set(start)
	other, ports := open(t, folder, mock)
	counted := metrics.New()
	one, err := pool.Open(t.Context(), other.Snapshot().Config, ports, pool.Options{Clock: mock, Log: zap.NewNop(), Metrics: counted})
	require.NoError(t, err)
	round := func(p *pool.Pool) error {
		mock.Add(time.Second) // or the records would be the same, and nobody's loss
		_, err := p.Round(t.Context(), mock.Now())
		return err
	}
	require.NoError(t, round(one))
	require.NoError(t, round(other), "the first one may be gone")
	require.ErrorIs(t, round(one), evenkeel.ErrConflict)
	require.NoError(t, round(other))
	_, err = one.Payout(t.Context(), mock.Now())
	require.NoError(t, err)
	mock.Add(time.Second)
	paid, err := other.Payout(t.Context(), mock.Now())
	require.NoError(t, err)

	stop := running(t, one)
	until(t, mock, ports, pool.RewardKey, 4) // it reads again, and goes on
	require.ErrorIs(t, round(other), evenkeel.ErrConflict)
	require.NoError(t, round(other))
	led := last(t, ports, pool.RewardKey).Seq
	require.NoError(t, pool.Fund(t.Context(), ports.Inbox, config.Grant{Approval: "second", Amount: decimal.NewFromInt(500)}))
	for range 5 { // as long as another one decides each minute, it stands by
		mock.Add(59 * time.Second)
		require.NoError(t, round(other))
		led++
		require.Equal(t, led, last(t, ports, pool.RewardKey).Seq)
	}
	shown := httptest.NewRecorder()
	counted.Handler().ServeHTTP(shown, httptest.NewRequestWithContext(t.Context(), "GET", "/metrics", nil))
	require.Contains(t, shown.Body.String(), "\nevenkeel_grant_balance 1500\n", "what the other one decided")
	silence := mock.Now()
	taken := until(t, mock, ports, pool.RewardKey, led+1).At
	require.GreaterOrEqual(t, taken.Sub(silence), 2*time.Minute, "not before it was silent for three rounds of ours")
	require.Less(t, taken.Sub(silence), 6*time.Minute)
	require.NoError(t, stop())
	require.Equal(t, paid.NextAt, one.NextPayout(), "whoever stands by knows when the next batch is due")
}

// slow is a ledger whose rounds take as long as the test wants.
type slow struct {
	reward.Ledger
	began, end chan struct{}
}

func (s slow) Pending(ctx context.Context, after uint64, limit int) ([]reward.Order, error) {
	close(s.began)
	select {
	case <-s.end:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return s.Ledger.Pending(ctx, after, limit)
}

func TestARoundThatIsUnderWayIsFinished(t *testing.T) {
	mock := clock.NewMock()
	mock.Set(start)
	p, ports := open(t, t.TempDir(), mock)
	paused := slow{ports.Ledger, make(chan struct{}), make(chan struct{})}
	cfg := p.Snapshot().Config
	ports.Ledger = paused
	p = serve(t, cfg, ports, mock)
	stop := running(t, p)
	for waiting := true; waiting; {
		select {
		case <-paused.began:
			waiting = false
		default:
			mock.Add(time.Second)
		}
	}
	stopped := make(chan error)
	go func() { stopped <- stop() }()
	require.Zero(t, last(t, ports, pool.RewardKey).Seq)
	close(paused.end)
	require.NoError(t, <-stopped)
	require.EqualValues(t, 1, last(t, ports, pool.RewardKey).Seq)
}

func TestAPayerFolderThatIsLostIsNotReplacedByAnEmptyOne(t *testing.T) {
	mock, folder := clock.NewMock(), t.TempDir()
	mock.Set(start)
	p, ports := open(t, folder, mock)
	cfg := p.Snapshot().Config
	cfg.Pool.MinimumPayout = cfg.Pool.MinimumPayout.Shift(-6)
	p = serve(t, cfg, ports, mock)
	_, err := p.Payout(t.Context(), mock.Now())
	require.NoError(t, err)
	require.NoError(t, p.Register(t.Context(), pool.Registration{User: "lp", Address: home, Exchange: "test_exchange", Unit: "btc"}))
	require.NoError(t, p.Submit(t.Context(), pool.Submission{User: "lp", Exchange: "test_exchange", Unit: "btc"}))
	_, err = p.Round(t.Context(), mock.Now())
	require.NoError(t, err)
	mock.Add(24 * time.Hour)
	_, err = p.Payout(t.Context(), mock.Now())
	require.NoError(t, err)

	cfg.Payout.Folder = filepath.Join(folder, "elsewhere")
	_, err = pool.OpenPorts(t.Context(), cfg, pool.Outside{Clock: mock})
	require.ErrorContains(t, err, "is not there, and batches were handed out in it: put it back")
}

func TestOldSightingsAreForgottenAndCreditsAreNot(t *testing.T) {
	mock := clock.NewMock()
	mock.Set(start)
	p, ports := open(t, t.TempDir(), mock)
	require.NoError(t, p.Register(t.Context(), pool.Registration{User: "lp", Address: home, Exchange: "test_exchange", Unit: "btc"}))
	require.NoError(t, p.Submit(t.Context(), pool.Submission{User: "lp", Exchange: "test_exchange", Unit: "btc"}))
	_, err := p.Round(t.Context(), mock.Now())
	require.NoError(t, err)
	sightings := func() int {
		found, err := ports.Ledger.Orders(t.Context(), "lp", 100)
		require.NoError(t, err)
		return len(found)
	}
	earned, err := ports.Ledger.Earned(t.Context(), "lp")
	require.NoError(t, err)
	require.Equal(t, 10, sightings())

	mock.Add(31 * 24 * time.Hour)
	p = serve(t, p.Snapshot().Config, ports, mock)
	stop := running(t, p)
	for range 100 {
		if sightings() == 0 {
			break
		}
		mock.Add(time.Second)
	}
	require.NoError(t, stop())
	require.Zero(t, sightings())
	still, err := ports.Ledger.Earned(t.Context(), "lp")
	require.NoError(t, err)
	require.True(t, still.Equal(earned) && still.IsPositive(), still)
}

// counting counts how often an exchange is asked.
type counting struct{ asked *atomic.Int32 }

func (c counting) Verify(context.Context, exchange.Proof, exchange.Pair, time.Time) ([]exchange.Order, error) {
	c.asked.Add(1)
	return nil, nil
}

func TestAProofGoesToItsExchangeOnceHoweverManyBringIt(t *testing.T) {
	mock := clock.NewMock()
	mock.Set(start)
	p, ports := open(t, t.TempDir(), mock)
	asked := new(atomic.Int32)
	ports.Venues.Verifiers["test_exchange"] = counting{asked}
	require.NoError(t, p.Register(t.Context(), pool.Registration{User: "lp", Address: home, Exchange: "test_exchange", Unit: "btc"}))
	results := make(chan error)
	for range 20 {
		go func() {
			results <- p.Submit(t.Context(), pool.Submission{
				User: "lp", Exchange: "test_exchange", Unit: "btc",
				Proof: &exchange.Proof{Key: "lp", IssuedAt: start},
			})
		}()
	}
	empty := 0
	for range 20 {
		err := <-results
		if errors.Is(err, pool.ErrNoOrders) {
			empty++
			continue
		}
		require.ErrorIs(t, err, reward.ErrReplayed)
	}
	require.Equal(t, 1, empty)
	require.EqualValues(t, 1, asked.Load())
}

func TestALogShowsOfAKeyWhatFindsItAndNoMore(t *testing.T) {
	require.Len(t, pool.Redacted("short"), 8)
	require.NotContains(t, pool.Redacted("short"), "short")
	got := pool.Redacted("a-public-key-0123456789")
	require.True(t, strings.HasSuffix(got, "...6789"), got)
	require.Len(t, got, 15)
	require.NotEqual(t, got, pool.Redacted("b-public-key-0123456789"))
}
