package alps_test

import (
	"path/filepath"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/metrics"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

func TestAContributionIsBookedOnceUnderItsApproval(t *testing.T) {
	dsn := "sqlite:" + filepath.Join(t.TempDir(), "evenkeel.db")
	cfg := standard(t)
	process(t, dsn, cfg)
	more := cfg
	more.Providers = []config.Provider{{ID: "glp", Contributions: []config.Grant{
		{Approval: "example", Amount: decimal.NewFromInt(5_000_000)}, {Approval: "board 2", Amount: decimal.NewFromInt(1)},
	}}}
	_, db := process(t, dsn, more)
	glp, err := db.Settlement().Provider("glp").Provider(t.Context())
	require.NoError(t, err)
	require.Equal(t, "5000001", glp.Contributed.String())

	other := cfg
	other.Providers = []config.Provider{{ID: "glp", Contributions: []config.Grant{{Approval: "example", Amount: decimal.NewFromInt(1)}}}}
	_, err = alps.Open(t.Context(), other, alps.PortsOf(db, "glp"), alps.Options{Clock: clock.New(), Log: zap.NewNop(), Metrics: metrics.New()})
	require.ErrorIs(t, err, evenkeel.ErrConflict)
	require.ErrorContains(t, err, `contribution "example" of provider "glp"`)
}

func TestTheSameNameWithAnotherCommandIsAConflict(t *testing.T) {
	s, _ := process(t, "sqlite:"+filepath.Join(t.TempDir(), "evenkeel.db"), standard(t))
	hold := liquidity.Command{By: "rita", Do: liquidity.Hold, Bank: "bank-a", Why: "test"}
	answer, err := s.Command(t.Context(), "rita/1", hold)
	require.NoError(t, err)
	require.Equal(t, liquidity.Done, answer.Reply)
	hold.Bank = "bank-b"
	_, err = s.Command(t.Context(), "rita/1", hold)
	require.ErrorIs(t, err, evenkeel.ErrConflict)
}
