package price_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/price"
	"github.com/evenkeelhq/evenkeel/exchange"
)

var (
	noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	btc  = exchange.Pair{Base: "BTC", Quote: "USD"}
	eth  = exchange.Pair{Base: "ETH", Quote: "USD"}
)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// books quotes a pair at a price, or fails.
type books map[exchange.Pair]string

func (b books) Book(_ context.Context, pair exchange.Pair, _ int) (exchange.Book, error) {
	mid, ok := b[pair]
	if !ok {
		return exchange.Book{}, errors.New("down")
	}
	tick := dec("0.01")
	return exchange.Book{
		Pair: pair, At: noon,
		Bids: []exchange.Level{{Price: dec(mid).Sub(tick), Amount: tick}},
		Asks: []exchange.Level{{Price: dec(mid).Add(tick), Amount: tick}},
	}, nil
}

func source(venue string, pair exchange.Pair) config.Source {
	return config.Source{Venue: venue, Pair: pair}
}

func TestTheMainPriceCountsWhileTheOthersAgree(t *testing.T) {
	for _, row := range []struct {
		name, main, first, second, want string
	}{
		{"all agree", "100", "100", "100", "100"},
		{"main is five percent below", "95", "100", "100", "95"},
		{"main is more than five percent below", "94.99", "100", "100", "100"},
		{"main is more than five percent above", "105.01", "100", "100", "100"},
		{"the backups differ", "100", "90", "110", "100"},
		{"main is down", "", "90", "110", "100"},
		{"a backup is down", "100", "", "104", "100"},
		{"all backups are down: one source alone may be wrong", "100", "", "", ""},
		{"all are down", "", "", "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			venues := map[string]exchange.BookReader{}
			for venue, mid := range map[string]string{"main": row.main, "first": row.first, "second": row.second} {
				venues[venue] = books{}
				if mid != "" {
					venues[venue] = books{btc: mid}
				}
			}
			board, err := price.NewBoard(map[string]config.Price{"btc": {
				Main: source("main", btc), Backups: []config.Source{source("first", btc), source("second", btc)}, MaxAge: time.Minute,
			}}, venues)
			require.NoError(t, err)
			err = board.Refresh(t.Context(), noon)
			shown, shownErr := board.Price("btc", noon)
			if row.want == "" {
				require.ErrorIs(t, err, price.ErrNone)
				require.ErrorIs(t, shownErr, price.ErrNone)
				return
			}
			require.NoError(t, errors.Join(err, shownErr))
			require.Equal(t, row.want, shown.Value.String())
			require.Equal(t, noon, shown.At)
		})
	}
}

func TestAUnitWhoseSourcesFailKeepsItsPriceUntilItIsTooOld(t *testing.T) {
	main, backup := books{btc: "100", eth: "10"}, books{btc: "100", eth: "10"}
	board, err := price.NewBoard(map[string]config.Price{
		"btc": {Main: source("main", btc), Backups: []config.Source{source("backup", btc)}, MaxAge: 10 * time.Minute},
		"eth": {Main: source("main", eth), Backups: []config.Source{source("backup", eth)}, MaxAge: 10 * time.Minute},
		"ppc": {Fixed: dec("0.5")},
	}, map[string]exchange.BookReader{"main": main, "backup": backup})
	require.NoError(t, err)
	require.Equal(t, []string{"btc", "eth", "ppc"}, board.Units())
	require.NoError(t, board.Refresh(t.Context(), noon))
	delete(main, btc)
	delete(backup, btc)
	main[eth], backup[eth] = "11", "11"

	later := noon.Add(10 * time.Minute)
	require.ErrorContains(t, board.Refresh(t.Context(), later), "of btc")
	kept, err := board.Price("btc", later)
	require.NoError(t, err)
	require.Equal(t, "100", kept.Value.String())
	require.Equal(t, noon, kept.At)
	fresh, err := board.Price("eth", later)
	require.NoError(t, err)
	require.Equal(t, "11", fresh.Value.String(), "another's failure is no reason")

	later = later.Add(time.Microsecond)
	_, err = board.Price("btc", later)
	require.ErrorIs(t, err, price.ErrNone)
	fixed, err := board.Price("ppc", later.Add(1000*time.Hour))
	require.NoError(t, err)
	require.Equal(t, "0.5", fixed.Value.String())
	_, err = board.Price("xrp", later)
	require.ErrorIs(t, err, price.ErrNone)
}

func TestAVenueWithoutBooksIsToldAtOnce(t *testing.T) {
	_, err := price.NewBoard(map[string]config.Price{"btc": {Main: source("nowhere", btc)}}, nil)
	require.ErrorIs(t, err, exchange.ErrNotFound)
}
