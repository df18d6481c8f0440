package vault_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/memchain"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/town"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/vault"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reserve/monitor"
)

var (
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	pair  = exchange.Pair{Base: "cUSDT", Quote: "USDT"}
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// house is a town and the watch over its contract's reserve.
type house struct {
	*testing.T
	town  *town.Town
	world *vault.World
	now   time.Time
}

func open(t *testing.T, behind chain.Address) *house {
	t.Helper()
	place, err := town.New(start)
	require.NoError(t, err)
	tokens := place.Tokens(pair)
	return &house{t, place, vault.New(vault.Config{
		Chain: place.Chain.Client(town.Keeper), Base: tokens["cUSDT"], Quote: tokens["USDT"], Peg: dec("2"),
		Stabilizer: place.Stabilizer.Address(), Vault: behind, Patience: time.Minute,
	}), start}
}

// move lets a block come in which one account sends base and quote to another.
func (h *house) move(from, to chain.Address, base, quote uint64) {
	h.Helper()
	require.NoError(h, h.town.Mine(h.now, memchain.Tx{From: from, Do: func(env memchain.Env) error {
		if err := h.town.Base.Transfer(env, to, town.Units(base)); err != nil {
			return err
		}
		return h.town.Quote.Transfer(env, to, town.Units(quote))
	}}))
}

func (h *house) look(s monitor.State) monitor.Observation {
	h.Helper()
	h.now = h.now.Add(10 * time.Second)
	seen, err := h.world.Observe(h.Context(), h.now, s)
	require.NoError(h, err)
	return seen
}

func asked(at time.Time) monitor.State {
	var s monitor.State
	s.Lanes[0].Asked = monitor.Request{ID: 7, Amount: dec("1000"), At: at}
	return s
}

func TestTheScarcerSideCounts(t *testing.T) {
	h := open(t, town.Vault)
	seen := h.look(monitor.State{})
	require.True(t, seen.Available.Equal(dec("50000")), "50,000 USDT are less than 50,000 cUSDT at 2")
	require.True(t, seen.Vault.Equal(dec("600000")))
	require.True(t, seen.Outflow.IsZero(), "there is nothing to compare with yet")

	h.move(h.town.Stabilizer.Address(), chain.Address{19: 99}, 30_000, 0)
	seen = h.look(monitor.State{})
	require.True(t, seen.Available.Equal(dec("40000")), "now base is scarcer: 20,000 at 2")
	require.True(t, seen.Outflow.Equal(dec("10000")))
}

func TestARefillIsNoInflowAndSettlesWhatWasAskedFor(t *testing.T) {
	h := open(t, town.Vault)
	h.look(monitor.State{})
	h.move(town.Vault, h.town.Stabilizer.Address(), 0, 1000)
	seen := h.look(asked(start))
	require.True(t, seen.Available.Equal(dec("51000")))
	require.True(t, seen.Outflow.IsZero(), seen.Outflow)
	require.Equal(t, []monitor.Outcome{{ID: 7, Result: monitor.Settled}}, seen.Outcomes)
}

func TestWhatLeavesTheVaultForElsewhereIsNoRefill(t *testing.T) {
	h := open(t, town.Vault)
	h.look(monitor.State{})
	h.move(town.Vault, chain.Address{19: 99}, 0, 1000)
	require.Empty(t, h.look(asked(start)).Outcomes)
	h.move(chain.Address{19: 99}, h.town.Stabilizer.Address(), 0, 1000)
	require.Empty(t, h.look(asked(start)).Outcomes, "nor is a gift of somebody else")
}

func TestARequestThatNobodyAnswersMayBeMadeAgain(t *testing.T) {
	h := open(t, town.Vault)
	h.look(monitor.State{})
	for range 11 {
		require.Empty(t, h.look(asked(start)).Outcomes, "for twice the patience")
	}
	require.Equal(t, []monitor.Outcome{{ID: 7, Result: monitor.Rejected}}, h.look(asked(start)).Outcomes)
}

func TestWithoutAVaultThereIsNone(t *testing.T) {
	require.True(t, open(t, chain.Address{}).look(monitor.State{}).Vault.IsZero())
}
