package chaintest

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

var seeing = []promise{
	{"blocks are linked up to the head and end there", func(s *suite) {
		s.Mine()
		s.Mine()
		head := s.head()
		for want := head; want.Number > head.Number-2; {
			got, err := s.Client.Block(s.Context(), want.Number)
			require.NoError(s, err)
			require.Equal(s, want, got)
			parent, err := s.Client.Block(s.Context(), want.Number-1)
			require.NoError(s, err)
			require.Equal(s, want.Parent, parent.Hash)
			require.False(s, want.Time.Before(parent.Time), "time never runs backwards")
			want = parent
		}
		_, err := s.Client.Block(s.Context(), head.Number+1)
		require.ErrorIs(s, err, chain.ErrNotFound)
		require.NotZero(s, s.Client.ID())
		require.Equal(s, s.Client.ID(), s.Reopen().ID())
	}},
	{"Read answers in the order of the calls, at the block asked for", func(s *suite) {
		before := s.head()
		s.send(s.tx(s.Add))
		s.Mine()
		after := s.head()
		require.Equal(s, before.Number+1, after.Number)
		require.EqualValues(s, 0, s.total(before), "the past stays readable as it was")
		require.EqualValues(s, 1, s.total(after))
		none, err := s.Client.Read(s.Context(), after.Hash)
		require.NoError(s, err)
		require.Empty(s, none)
	}},
	{"Read changes nothing, and each call is evaluated as if alone", func(s *suite) {
		head := s.head()
		answers, err := s.Client.Read(s.Context(), head.Hash, s.Total, s.Add, s.Add, s.Total)
		require.NoError(s, err)
		require.Len(s, answers, 4)
		require.Equal(s, answers[0], answers[3])
		require.EqualValues(s, 0, s.total(head))
		s.Mine()
		require.EqualValues(s, 0, s.total(s.head()))
	}},
	{"Read answers all calls or none", func(s *suite) {
		answers, err := s.Client.Read(s.Context(), s.head().Hash, s.Total, s.Fail, s.Total)
		require.ErrorIs(s, err, chain.ErrReverted)
		require.Nil(s, answers)
	}},
	{"Read at an orphaned block is ErrReorged", func(s *suite) {
		s.Mine()
		orphan := s.head()
		s.Reorg(1)
		s.Mine()
		require.NotEqual(s, orphan.Hash, s.head().Hash)
		answers, err := s.Client.Read(s.Context(), orphan.Hash, s.Total)
		require.ErrorIs(s, err, chain.ErrReorged)
		require.Nil(s, answers)
	}},
	{"Read at a block nobody knows is ErrNotFound", func(s *suite) {
		_, err := s.Client.Read(s.Context(), chain.Hash{1, 2, 3}, s.Total)
		require.ErrorIs(s, err, chain.ErrNotFound)
	}},
	{"a reorg replaces the blocks above its root and no other", func(s *suite) {
		s.Mine()
		root := s.head()
		s.Mine()
		s.Mine()
		s.Reorg(2)
		s.Mine()
		s.Mine()
		s.Mine()
		kept, err := s.Client.Block(s.Context(), root.Number)
		require.NoError(s, err)
		require.Equal(s, root, kept)
		next, err := s.Client.Block(s.Context(), root.Number+1)
		require.NoError(s, err)
		require.Equal(s, root.Hash, next.Parent)
	}},
	{"a lagging node knows nothing above its own head", func(s *suite) {
		s.need(s.Lag != nil, "Lag")
		seen := s.head()
		s.send(s.tx(s.Add))
		s.Mine()
		newest := s.head()
		s.Lag(1)
		require.Equal(s, seen, s.head())
		_, err := s.Client.Block(s.Context(), newest.Number)
		require.ErrorIs(s, err, chain.ErrNotFound)
		_, err = s.Client.Read(s.Context(), newest.Hash, s.Total)
		require.ErrorIs(s, err, chain.ErrNotFound)
		s.receipt(chain.Pending)
		s.Lag(0)
		s.receipt(chain.Mined)
	}},
	{"a cancelled context is the error, and nothing is done", func(s *suite) {
		tx := s.tx(s.Add)
		head := s.head()
		ctx, cancel := context.WithCancel(s.Context())
		cancel()
		for method, call := range map[string]func() error{
			"Head":    func() error { _, err := s.Client.Head(ctx); return err },
			"Block":   func() error { _, err := s.Client.Block(ctx, head.Number); return err },
			"Read":    func() error { _, err := s.Client.Read(ctx, head.Hash, s.Total); return err },
			"Send":    func() error { _, err := s.Client.Send(ctx, id, tx); return err },
			"Cancel":  func() error { return s.Client.Cancel(ctx, id, tx.MaxGasPrice) },
			"Receipt": func() error { _, err := s.Client.Receipt(ctx, id); return err },
		} {
			require.ErrorIs(s, call(), context.Canceled, method)
		}
		_, err := s.Client.Receipt(s.Context(), id)
		require.ErrorIs(s, err, chain.ErrNotFound)
	}},
}
