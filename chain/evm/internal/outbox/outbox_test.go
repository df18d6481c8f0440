package outbox_test

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math/big"
	"testing"
	"time"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/chain/evm/internal/outbox"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

const (
	chainID = 138
	key     = "outbox/138"
)

var (
	noon    = time.Date(2026, 2, 14, 12, 0, 0, 0, time.UTC)
	account = chain.Address{1}
	counter = common.Address{2}
)

// entry is a version of id with that nonce and price.
func entry(t *testing.T, id string, kind outbox.Kind, nonce uint64, price int64) outbox.Entry {
	t.Helper()
	to, data := counter, []byte{1}
	if kind != outbox.Call {
		to, data = common.Address(account), nil
	}
	tx, err := types.SignNewTx(evmtest.Key(t, "owner"), types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, To: &to, Data: data, Gas: 21_000, GasFeeCap: big.NewInt(price), GasTipCap: big.NewInt(1),
	})
	require.NoError(t, err)
	raw, err := tx.MarshalBinary()
	require.NoError(t, err)
	return outbox.Entry{ID: id, Kind: kind, Deadline: 100, Public: true, Raw: raw}
}

func open(t *testing.T, store evenkeel.Store) *outbox.Outbox {
	t.Helper()
	o, err := outbox.Open(t.Context(), store, key, chainID, account)
	require.NoError(t, err)
	return o
}

func add(t *testing.T, o *outbox.Outbox, e outbox.Entry) outbox.Intent {
	t.Helper()
	in, err := o.Add(t.Context(), noon, e)
	require.NoError(t, err)
	return in
}

func TestAnIntentIsRemembered(t *testing.T) {
	store := &memory.Store{}
	o := open(t, store)
	require.EqualValues(t, 0, o.Next())
	held := add(t, o, entry(t, "a", outbox.Call, 3, 100))
	add(t, o, entry(t, "a", outbox.Call, 3, 110))
	add(t, o, entry(t, "b", outbox.Call, 4, 100))
	add(t, o, entry(t, "a", outbox.Cancel, 3, 121))
	add(t, o, entry(t, "a", outbox.Withdraw, 3, 134))
	require.Len(t, held.Versions, 1, "what was returned does not change")

	for name, o := range map[string]*outbox.Outbox{"as written": o, "as read again": open(t, store)} {
		t.Run(name, func(t *testing.T) {
			in, known := o.Find("a")
			require.True(t, known)
			require.EqualValues(t, 3, in.Nonce)
			require.EqualValues(t, 100, in.Deadline)
			require.True(t, in.Public)
			require.True(t, in.Cancelling())
			var kinds []outbox.Kind
			for _, v := range in.Versions {
				kinds = append(kinds, v.Kind)
			}
			require.Equal(t, []outbox.Kind{outbox.Call, outbox.Call, outbox.Cancel, outbox.Withdraw}, kinds)
			require.Equal(t, *uint256.NewInt(134), in.Newest().MaxGasPrice())
			require.Equal(t, in.Versions[2].Hash(), in.Standing().Hash(), "the newest that somebody asked for")
			_, known = o.Find("c")
			require.False(t, known)
			require.EqualValues(t, 5, o.Next())
			for from, want := range map[uint64][]string{0: {"a", "b"}, 3: {"a", "b"}, 4: {"b"}, 5: nil} {
				var ids []string
				for _, in := range o.From(from) {
					ids = append(ids, in.ID)
				}
				require.Equal(t, want, ids, from)
			}
		})
	}
	verified, err := evenkeel.Verify(t.Context(), store, key)
	require.NoError(t, err)
	require.EqualValues(t, 5, verified.Head.Seq, "the journal is sound by the module's own rules")
}

func TestIs(t *testing.T) {
	in := add(t, open(t, &memory.Store{}), entry(t, "a", outbox.Call, 0, 100))
	same := chain.Tx{Call: chain.Call{To: chain.Address(counter), Data: []byte{1}}, MaxGasPrice: *uint256.NewInt(7), Deadline: 100, Public: true}
	require.True(t, in.Is(same), "at whatever price")
	for field, change := range map[string]func(*chain.Tx){
		"To":       func(tx *chain.Tx) { tx.To[0]++ },
		"Data":     func(tx *chain.Tx) { tx.Data = nil },
		"Value":    func(tx *chain.Tx) { tx.Value = *uint256.NewInt(1) },
		"Deadline": func(tx *chain.Tx) { tx.Deadline++ },
		"Public":   func(tx *chain.Tx) { tx.Public = false },
	} {
		other := same
		change(&other)
		require.False(t, in.Is(other), field)
	}
}

func TestAddRefuses(t *testing.T) {
	for name, row := range map[string]struct {
		entry func(t *testing.T) outbox.Entry
		says  string
	}{
		"an empty id":              {func(t *testing.T) outbox.Entry { return entry(t, "", outbox.Call, 8, 1) }, "ID: must not be empty"},
		"an unknown kind":          {func(t *testing.T) outbox.Entry { return entry(t, "b", "burn", 8, 1) }, `Kind "burn": must be call, cancel or withdraw`},
		"a cancellation of naught": {func(t *testing.T) outbox.Entry { return entry(t, "b", outbox.Cancel, 8, 1) }, `the first version of "b" must be a call`},
		"a nonce twice":            {func(t *testing.T) outbox.Entry { return entry(t, "b", outbox.Call, 7, 1) }, `nonce 7 of "b": must be at least 8`},
		"an id twice":              {func(t *testing.T) outbox.Entry { return entry(t, "a", outbox.Call, 8, 1) }, `nonce 8 of "a": must be 7`},
		"a call after the end":     {func(t *testing.T) outbox.Entry { return entry(t, "done", outbox.Call, 6, 9) }, `"done" is being cancelled: there is no way back`},
		"no transaction":           {func(*testing.T) outbox.Entry { return outbox.Entry{ID: "b", Kind: outbox.Call, Raw: []byte{2, 1}} }, "Raw of 2 bytes"},
		"another payload": {func(t *testing.T) outbox.Entry {
			e := entry(t, "a", outbox.Cancel, 7, 1)
			e.Kind = outbox.Call
			return e
		}, `"a": every version must do the same`},
	} {
		t.Run(name, func(t *testing.T) {
			store := &memory.Store{}
			o := open(t, store)
			add(t, o, entry(t, "done", outbox.Call, 6, 1))
			add(t, o, entry(t, "done", outbox.Cancel, 6, 2))
			add(t, o, entry(t, "a", outbox.Call, 7, 1))
			_, err := o.Add(t.Context(), noon, row.entry(t))
			require.ErrorIs(t, err, outbox.ErrInvalid)
			require.ErrorContains(t, err, row.says)
			last, err := store.Last(t.Context(), key)
			require.NoError(t, err)
			require.EqualValues(t, 3, last.Seq)
		})
	}
	t.Run("one version too many", func(t *testing.T) {
		o := open(t, &memory.Store{})
		for i := range outbox.MaxVersions {
			add(t, o, entry(t, "a", outbox.Call, 0, int64(i+1)))
		}
		_, err := o.Add(t.Context(), noon, entry(t, "a", outbox.Call, 0, 100))
		require.ErrorIs(t, err, outbox.ErrInvalid)
	})
}

func TestTwoWriters(t *testing.T) {
	store := &memory.Store{}
	one, two := open(t, store), open(t, store)
	add(t, one, entry(t, "a", outbox.Call, 0, 1))
	_, err := two.Add(t.Context(), noon, entry(t, "b", outbox.Call, 0, 1))
	require.ErrorIs(t, err, evenkeel.ErrConflict)
	_, known := two.Find("b")
	require.False(t, known)
	require.NoError(t, two.Sync(t.Context()))
	require.EqualValues(t, 1, two.Next())
	_, known = two.Find("a")
	require.True(t, known)
	add(t, two, entry(t, "b", outbox.Call, 1, 1))
}

// faulty loses answers to Append, or changes what Journal yields.
type faulty struct {
	evenkeel.Store
	lost   error
	change func(*evenkeel.Record)
}

func (f *faulty) Append(ctx context.Context, r evenkeel.Record) error {
	return errors.Join(f.Store.Append(ctx, r), f.lost)
}

func (f *faulty) Journal(ctx context.Context, k string, after uint64) iter.Seq2[evenkeel.Record, error] {
	return func(yield func(evenkeel.Record, error) bool) {
		for r, err := range f.Store.Journal(ctx, k, after) {
			if f.change != nil {
				f.change(&r)
			}
			if !yield(r, err) {
				return
			}
		}
	}
}

func TestALostAnswer(t *testing.T) {
	t.Run("to an append that was retried below us is no conflict", func(t *testing.T) {
		store := &faulty{Store: &memory.Store{}, lost: evenkeel.ErrConflict}
		o := open(t, store)
		add(t, o, entry(t, "a", outbox.Call, 0, 1))
		_, known := o.Find("a")
		require.True(t, known)
	})
	t.Run("is made up for by the next look", func(t *testing.T) {
		gone := errors.New("connection reset")
		store := &faulty{Store: &memory.Store{}, lost: gone}
		o := open(t, store)
		_, err := o.Add(t.Context(), noon, entry(t, "a", outbox.Call, 0, 1))
		require.ErrorIs(t, err, gone)
		require.NoError(t, o.Sync(t.Context()))
		_, known := o.Find("a")
		require.True(t, known)
		require.EqualValues(t, 1, o.Next())
	})
}

func TestAClockThatWasSetBack(t *testing.T) {
	store := &memory.Store{}
	o := open(t, store)
	add(t, o, entry(t, "a", outbox.Call, 0, 1))
	_, err := o.Add(t.Context(), noon.Add(-time.Hour), entry(t, "b", outbox.Call, 1, 1))
	require.NoError(t, err)
	last, err := store.Last(t.Context(), key)
	require.NoError(t, err)
	require.Equal(t, noon, last.At)
}

func TestAJournalThatIsNotOurs(t *testing.T) {
	reseal := func(r *evenkeel.Record) { r.Hash = r.Sum() }
	for name, row := range map[string]struct {
		change func(*evenkeel.Record)
		is     error
		says   string
	}{
		"of another program":             {func(r *evenkeel.Record) { r.Engine = "stabilizer@1" }, outbox.ErrInvalid, `was written by "stabilizer@1"`},
		"of another account":             {func(r *evenkeel.Record) { r.Config[0]++ }, outbox.ErrInvalid, "each has a Key of its own"},
		"with a changed entry":           {func(r *evenkeel.Record) { r.Decision = []byte("{}") }, evenkeel.ErrBroken, "record 1 does not follow 0"},
		"without its beginning":          {func(r *evenkeel.Record) { r.Seq++; reseal(r) }, evenkeel.ErrBroken, "record 2 does not follow 0"},
		"after another":                  {func(r *evenkeel.Record) { r.Prev[0]++; reseal(r) }, evenkeel.ErrBroken, "record 1 does not follow 0"},
		"with an entry that is no JSON":  {func(r *evenkeel.Record) { r.Decision = []byte("{"); reseal(r) }, outbox.ErrInvalid, "record 1"},
		"with an entry that does no fit": {func(r *evenkeel.Record) { r.Decision = []byte(`{"ID":"a"}`); reseal(r) }, outbox.ErrInvalid, "record 1: outbox: invalid: Raw of 0 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			store := &faulty{Store: &memory.Store{}}
			add(t, open(t, store), entry(t, "a", outbox.Call, 0, 1))
			store.change = row.change
			_, err := outbox.Open(t.Context(), store, key, chainID, account)
			require.ErrorIs(t, err, row.is)
			require.ErrorContains(t, err, row.says)
		})
	}
	t.Run("of another chain", func(t *testing.T) {
		store := &memory.Store{}
		add(t, open(t, store), entry(t, "a", outbox.Call, 0, 1))
		_, err := outbox.Open(t.Context(), store, key, chainID+1, account)
		require.ErrorIs(t, err, outbox.ErrInvalid)
	})
}

func TestTheJournalCanBeRead(t *testing.T) {
	store := &memory.Store{}
	e := entry(t, "a", outbox.Call, 5, 12)
	add(t, open(t, store), e)
	last, err := store.Last(t.Context(), key)
	require.NoError(t, err)
	var state struct {
		Nonce       uint64
		Tx          chain.Hash
		MaxGasPrice string
	}
	require.NoError(t, json.Unmarshal(last.State, &state))
	require.EqualValues(t, 5, state.Nonce)
	require.Equal(t, chain.Hash(crypto.Keccak256Hash(e.Raw)), state.Tx)
	require.Equal(t, "12", state.MaxGasPrice)
	var kept outbox.Entry
	require.NoError(t, json.Unmarshal(last.Decision, &kept))
	require.Equal(t, e, kept)
}
