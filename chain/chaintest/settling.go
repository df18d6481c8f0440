package chaintest

import (
	"bytes"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

var settling = []promise{
	{"only what was never sent is ErrNotFound", func(s *suite) {
		_, err := s.Client.Receipt(s.Context(), id)
		require.ErrorIs(s, err, chain.ErrNotFound)
		s.send(s.tx(s.Add))
		for range 3 {
			_, err = s.Client.Receipt(s.Context(), id)
			require.NoError(s, err)
			s.Client = s.Reopen()
			s.Mine()
		}
		s.Reorg(3)
		_, err = s.Client.Receipt(s.Context(), id)
		require.NoError(s, err, "not even a reorg makes a sent id unknown")
		_, err = s.Client.Receipt(s.Context(), id+"0")
		require.ErrorIs(s, err, chain.ErrNotFound)
	}},
	{"a revert costs gas and does nothing", func(s *suite) {
		s.send(s.tx(s.Fail))
		s.Mine()
		s.receipt(chain.Reverted)
		require.EqualValues(s, 0, s.total(s.head()))
	}},
	{"a deadline at or below the head is ErrTooLate and unsent", func(s *suite) {
		s.Mine()
		head := s.head()
		for _, deadline := range []uint64{head.Number, head.Number - 1} {
			tx := s.tx(s.Add)
			tx.Deadline = deadline
			_, err := s.Client.Send(s.Context(), id, tx)
			require.ErrorIs(s, err, chain.ErrTooLate)
			_, err = s.Client.Receipt(s.Context(), id)
			require.ErrorIs(s, err, chain.ErrNotFound)
		}
	}},
	{"the deadline's own block may still include it", func(s *suite) {
		tx := s.tx(s.Add)
		tx.Deadline = s.head().Number + 1
		s.send(tx)
		s.Mine()
		require.Equal(s, tx.Deadline, s.receipt(chain.Mined).Block)
	}},
	{"past its deadline it expires, and stays unmined", func(s *suite) {
		tx := s.cheap(s.Add)
		tx.Deadline = s.head().Number + 2
		hash := s.send(tx)
		s.Mine()
		s.receipt(chain.Pending)
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Expired).Tx)
		tx.MaxGasPrice = s.tx(s.Add).MaxGasPrice
		require.Equal(s, hash, s.send(tx), "a known id is not too late, it is settled")
		s.Mine()
		s.receipt(chain.Expired)
		require.EqualValues(s, 0, s.total(s.head()))
	}},
	{"it expires when the head passes its deadline, not before", func(s *suite) {
		s.need(s.Lag != nil, "Lag")
		tx := s.cheap(s.Add)
		tx.Deadline = s.head().Number + 1
		s.send(tx)
		tx.MaxGasPrice = chain.MinReplacement(tx.MaxGasPrice)
		hash := s.send(tx)
		s.Lag(1)
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Pending).Tx)
		s.Lag(0)
		require.Equal(s, hash, s.receipt(chain.Expired).Tx)
	}},
	{"answers and outputs are the caller's to change", func(s *suite) {
		s.send(s.tx(s.Add))
		s.Mine()
		first := s.receipt(chain.Mined)
		want := bytes.Clone(first.Output)
		clear(first.Output)
		require.Equal(s, want, s.receipt(chain.Mined).Output)
		answers, err := s.Client.Read(s.Context(), s.head().Hash, s.Total)
		require.NoError(s, err)
		clear(answers[0])
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"an orphaned transaction is pending again under its id, and is mined again once", func(s *suite) {
		tx := s.tx(s.Add)
		hash := s.send(tx)
		s.Mine()
		first := s.receipt(chain.Mined)
		s.Reorg(1)
		require.Equal(s, hash, s.receipt(chain.Pending).Tx)
		require.EqualValues(s, 0, s.total(s.head()))
		require.Equal(s, hash, s.send(tx))
		s.Mine()
		s.Mine()
		again := s.receipt(chain.Mined)
		require.Equal(s, hash, again.Tx)
		require.NotEqual(s, first.Hash, again.Hash)
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"a reorg above a transaction leaves it alone", func(s *suite) {
		s.send(s.tx(s.Add))
		s.Mine()
		settled := s.receipt(chain.Mined)
		s.Mine()
		s.Mine()
		s.Reorg(2)
		require.Equal(s, settled, s.receipt(chain.Mined))
		s.Mine()
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"an orphaned revert is pending again", func(s *suite) {
		s.send(s.tx(s.Fail))
		s.Mine()
		s.receipt(chain.Reverted)
		s.Reorg(1)
		s.receipt(chain.Pending)
		s.Mine()
		s.receipt(chain.Reverted)
	}},
}
