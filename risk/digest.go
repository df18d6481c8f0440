package risk

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// toldOf digests what the events of a translation would tell whoever hears most, so
// that no number that somebody is shown changes without one. Open is left out.
func toldOf(t Translation) (Told, error) {
	t = still(t)
	p, err := SnapshotOf(t, Professional)
	if err != nil {
		return Told{}, err
	}
	var is Told
	for _, part := range []struct {
		is   *string
		seen []any
	}{
		{&is.Risk, []any{p.Risk, p.Warnings, bondBody(t)}},
		{&is.Liquidity, []any{p.Profile, t.Freshness}},
		{&is.Exits, []any{p.Exits, p.BestPath}},
	} {
		if *part.is, err = digest(part.seen); err != nil {
			return Told{}, err
		}
	}
	return is, nil
}

// still is a translation without what changes as time passes and nothing else does:
// ages, and how far ahead a window is. When it opens stays.
func still(t Translation) Translation {
	t.At, t.Hash = time.Time{}, ""
	t.Profile.Index.Confidence = decimal.Decimal{} // halves with the age of the book
	t.Origins.Book.At, t.Origins.Bond.At = time.Time{}, time.Time{}
	for _, from := range []**Evidence{&t.Origins.Auction, &t.Origins.Maker} {
		if *from != nil {
			*from = &Evidence{Source: (*from).Source}
		}
	}
	t.Risk.Categories = slices.Clone(t.Risk.Categories)
	for i := range t.Risk.Categories {
		t.Risk.Categories[i].Evidence.At = time.Time{}
	}
	t.Exits.Routes = slices.Clone(t.Exits.Routes)
	for i := range t.Exits.Routes {
		if r := &t.Exits.Routes[i]; !r.Opens.IsZero() {
			r.Minutes, r.P50, r.P90 = decimal.Decimal{}, decimal.NullDecimal{}, decimal.NullDecimal{}
		}
	}
	t.Warnings = slices.Clone(t.Warnings)
	for i := range t.Warnings {
		if w := &t.Warnings[i]; w.Kind == NoticeKind(market.LongExit) {
			w.Text = string(w.Kind) // it says the minutes
		}
	}
	return t
}

func digest(seen []any) (string, error) {
	text, err := json.Marshal(seen)
	if err != nil {
		return "", fmt.Errorf("%w: digest: %w", ErrInvalid, err)
	}
	const shown = 8 // bytes: enough to notice a change
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:shown]), nil
}
