package chronicle_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/memory"
	store "github.com/evenkeelhq/evenkeel/store/memory"
)

const key = "liquidity/glp"

var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

// history is a journal of so many ticks over five banks, of which one is filled
// at each.
func history(t *testing.T, journal evenkeel.Store, ticks int) {
	t.Helper()
	var system memory.System
	system.Provider("glp").Change(func(p *liquidity.Provider) { p.Contributed = decimal.New(5000, 0) })
	run, err := newRunner(&system, journal)
	require.NoError(t, err)
	for tick := range ticks {
		for bank := range 5 {
			liquid := int64(1150 + tick)
			if tick == bank {
				liquid = 960
			}
			system.Set(liquidity.Position{
				Bank: fmt.Sprint("bank-", bank), Kind: liquidity.SXLR, Currency: "EUR", Source: "core",
				Liquid: decimal.New(liquid, 0), Obligations: decimal.New(1000, 0),
			})
		}
		_, err := run.Tick(t.Context(), noon.Add(time.Duration(tick)*time.Minute))
		require.NoError(t, err)
	}
}

// everything is all that a chronicle tells.
func everything(t *testing.T, c chronicle.Chronicle) any {
	t.Helper()
	q := chronicle.Query{Limit: chronicle.MaxPage}
	ratios, err := c.Ratios(t.Context(), q)
	require.NoError(t, err)
	actions, err := c.Actions(t.Context(), q)
	require.NoError(t, err)
	postings, err := c.Postings(t.Context(), q)
	require.NoError(t, err)
	require.NotEmpty(t, actions.Items)
	return []any{ratios, actions, postings}
}

var errGone = errors.New("the process is gone")

// mortal is a chronicle whose process is gone around a write: before it, or after
// it and before anybody was told.
type mortal struct {
	chronicle.Chronicle
	writes int
	after  bool
}

func (m *mortal) Write(ctx context.Context, e chronicle.Entry) error {
	m.writes--
	if m.writes >= 0 {
		return m.Chronicle.Write(ctx, e)
	}
	if m.after {
		return errors.Join(m.Chronicle.Write(ctx, e), errGone)
	}
	return errGone
}

func TestFollowGoesOnAfterACrashAnywhere(t *testing.T) {
	const ticks = 8
	var journal store.Store
	history(t, &journal, ticks)
	var whole memory.Chronicle
	last, err := chronicle.Follow(t.Context(), &journal, key, &whole)
	require.NoError(t, err)
	require.EqualValues(t, ticks, last)
	want := everything(t, &whole)
	for _, after := range []bool{false, true} {
		for each := range ticks { // entries per life
			var c memory.Chronicle
			for lives := 0; ; lives++ {
				require.Less(t, lives, 2*ticks)
				_, err := chronicle.Follow(t.Context(), &journal, key, &mortal{&c, each + 1, after})
				if err == nil {
					break
				}
				require.ErrorIs(t, err, errGone)
			}
			require.Empty(t, cmp.Diff(want, everything(t, &c)))
		}
	}
}

func TestFollowAgainAddsNothing(t *testing.T) {
	var journal store.Store
	var c memory.Chronicle
	last, err := chronicle.Follow(t.Context(), &journal, key, &c)
	require.NoError(t, err)
	require.Zero(t, last)
	history(t, &journal, 4)
	for range 2 {
		last, err = chronicle.Follow(t.Context(), &journal, key, &c)
		require.NoError(t, err)
		require.EqualValues(t, 4, last)
	}
}

func TestFollowRefusesAJournalThatDoesNotGoOn(t *testing.T) {
	var long, short store.Store
	forgetful := store.Store{Limit: 2}
	history(t, &long, 6)
	history(t, &short, 3)
	history(t, &forgetful, 6)
	var c memory.Chronicle
	_, err := chronicle.Follow(t.Context(), &long, key, &c)
	require.NoError(t, err)
	for name, journal := range map[string]evenkeel.Store{"shorter": &short, "empty": &store.Store{}} {
		last, err := chronicle.Follow(t.Context(), journal, key, &c)
		require.ErrorIs(t, err, chronicle.ErrConflict, name)
		require.EqualValues(t, 6, last)
	}
	_, err = chronicle.Follow(t.Context(), &forgetful, key, &memory.Chronicle{})
	require.ErrorIs(t, err, chronicle.ErrConflict)
	require.ErrorContains(t, err, "where 1 is wanted")

	ended, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = chronicle.Follow(ended, &long, key, &memory.Chronicle{})
	require.ErrorIs(t, err, context.Canceled)
}

func TestReadRefusesWhatDoesNotFollow(t *testing.T) {
	var journal store.Store
	history(t, &journal, 3)
	var records []evenkeel.Record
	for rec, err := range journal.Journal(t.Context(), key, 0) {
		require.NoError(t, err)
		records = append(records, rec)
	}
	state := func(i int) (s liquidity.State) {
		require.NoError(t, json.Unmarshal(records[i].State, &s))
		return s
	}
	other, broken := records[1], records[1]
	other.Engine, broken.Seen = "stabilizer@1", []byte("{")
	for name, row := range map[string]struct {
		prev liquidity.State
		rec  evenkeel.Record
		says string
	}{
		"a record of another engine":     {state(0), other, `engine "stabilizer@1": must be liquidity@1`},
		"a record that is no JSON":       {state(0), broken, "unexpected end of JSON input"},
		"the record after the next":      {state(0), records[2], "decision 3: must follow 1"},
		"the record of the state itself": {state(1), records[1], "decision 2: must follow 2"},
	} {
		entry, next, err := chronicle.Read(row.prev, row.rec)
		require.ErrorIs(t, err, chronicle.ErrInvalid, name)
		require.ErrorContains(t, err, row.says, name)
		require.Empty(t, entry, name)
		require.Equal(t, row.prev, next, name)
	}
	entry, next, err := chronicle.Read(state(0), records[1])
	require.NoError(t, err)
	require.Empty(t, cmp.Diff(state(1), next))
	require.EqualValues(t, 2, entry.Seq)
	require.Equal(t, records[1].At, entry.At)
}

func TestARatioIsToldOnceAndWithItsPlan(t *testing.T) {
	var journal store.Store
	history(t, &journal, 1)
	rec, err := journal.Last(t.Context(), key)
	require.NoError(t, err)
	entry, state, err := chronicle.Read(liquidity.State{}, rec)
	require.NoError(t, err)
	require.Len(t, entry.Ratios, 5)
	first := entry.Ratios[0]
	require.Equal(t, "bank-0 INJECT 140", fmt.Sprint(first.Position.Bank, " ", first.Plan.Action, " ", first.Plan.Amount))
	require.Equal(t, noon, first.SeenAt)

	var seen liquidity.Observation
	require.NoError(t, json.Unmarshal(rec.Seen, &seen))
	engine, err := liquidity.New(config())
	require.NoError(t, err)
	seen.At = noon.Add(time.Second) // and its positions are those of before, but one
	seen.Banks[3].At = seen.At
	next, d, err := engine.Step(state, seen)
	require.NoError(t, err)
	again := evenkeel.Record{Stamp: evenkeel.Stamp{Key: key, Seq: 2, At: seen.At}, Engine: "liquidity@1"}
	again.State, _ = json.Marshal(next) //nolint:errchkjson // it was written before
	again.Seen, _ = json.Marshal(seen)
	again.Decision, _ = json.Marshal(d)
	entry, _, err = chronicle.Read(state, again)
	require.NoError(t, err)
	require.Len(t, entry.Ratios, 1)
	require.Equal(t, "bank-3", entry.Ratios[0].Position.Bank)
}
