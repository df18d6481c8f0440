package alps_test

import (
	"context"
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// process is one of several servers on a database.
func process(t *testing.T, dsn string, cfg config.ALPS) (*alps.Service, *sql.DB) {
	t.Helper()
	db, err := sql.Open(t.Context(), dsn)
	require.NoError(t, err)
	t.Cleanup(func() { _ = db.Close() })
	s, err := alps.Open(t.Context(), cfg, alps.PortsOf(db, cfg.Engine.Pool), alps.Options{Clock: clock.New(), Log: zap.NewNop(), Metrics: metrics.New()})
	require.NoError(t, err)
	return s, db
}

func standard(t *testing.T) config.ALPS {
	t.Helper()
	cfg, err := config.Default()
	require.NoError(t, err)
	return *cfg.ALPS
}

// Two servers run on one database. One of them leads; what is asked of the other
// is answered all the same, and done once.
func TestAServerThatStandsByIsHarmless(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "evenkeel.db")
	cfg := standard(t)
	cfg.Engine.Mode, cfg.Every = liquidity.Live, time.Second
	first, db := process(t, dsn, cfg)
	second, _ := process(t, dsn, cfg)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- first.Run(ctx) }()
	go func() { ended <- second.Run(ctx) }()

	replies := []liquidity.Reply{liquidity.NeedsSecond, liquidity.Gated, liquidity.Gated, liquidity.Gated}
	for i, s := range []*alps.Service{first, second, first, second} {
		ask := func(s *alps.Service) liquidity.Answer {
			answer, err := s.Command(t.Context(), fmt.Sprint("test/", i), liquidity.Command{
				By: "olga", Do: liquidity.AskInject, Bank: "bank-c", Amount: decimal.NewFromInt(10), Why: "test",
			})
			require.NoError(t, err)
			return answer
		}
		answer := ask(s)
		require.Equal(t, replies[i], answer.Reply, "the first waits for a second person")
		require.Equal(t, answer, ask(first))
		require.Equal(t, answer, ask(second))
	}
	for range 3 { // it takes two looks to know that money has moved
		_, err := second.Look(t.Context())
		require.NoError(t, err)
	}
	stop()
	require.NoError(t, <-ended)
	require.NoError(t, <-ended)
	net, err := db.Settlement().Net(t.Context())
	require.NoError(t, err)
	require.Equal(t, "150000", net["bank-a"].String(), "the engine's own injection, once")
	require.NoError(t, db.Settlement().Audit(t.Context()))
	look, err := second.Latest(t.Context())
	require.NoError(t, err)
	require.Equal(t, "150000", alps.Spent(look.State, look.At).String())
}

func TestAServerTakesOverFromOneThatIsGone(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "evenkeel.db")
	cfg := standard(t)
	cfg.Every = time.Second
	first, _ := process(t, dsn, cfg)
	second, _ := process(t, dsn, cfg)
	_, err := first.Look(t.Context())
	require.NoError(t, err)
	_, err = second.Look(t.Context()) // takes the lead, and is never heard of again
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- first.Run(ctx) }()
	look, err := first.Look(t.Context())
	require.NoError(t, err)
	require.Greater(t, look.Seq, uint64(2))
	stop()
	require.NoError(t, <-ended)
}
