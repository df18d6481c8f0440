package chaintest

import (
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

func (s *suite) cancel(tx chain.Tx) {
	s.Helper()
	require.NoError(s, s.Client.Cancel(s.Context(), id, tx.MaxGasPrice))
}

// decided fails unless the id was either executed or cancelled, and says which.
func (s *suite) decided() chain.Status {
	s.Helper()
	r, err := s.Client.Receipt(s.Context(), id)
	require.NoError(s, err)
	require.Contains(s, []chain.Status{chain.Mined, chain.Cancelled}, r.Status)
	want := uint64(0)
	if r.Status == chain.Mined {
		want = 1
	}
	require.Equal(s, want, s.total(s.head()), r.Status.String())
	return r.Status
}

var cancelling = []promise{
	{"a cancellation in time consumes the nonce", func(s *suite) {
		hash := s.send(s.cheap(s.Add))
		s.cancel(s.tx(s.Add))
		s.receipt(chain.Pending)
		s.Mine()
		require.NotEqual(s, hash, s.receipt(chain.Cancelled).Tx)
		s.Mine()
		require.EqualValues(s, 0, s.total(s.head()))
	}},
	{"Cancel of an id never sent is ErrNotFound", func(s *suite) {
		err := s.Client.Cancel(s.Context(), id, s.tx(s.Add).MaxGasPrice)
		require.ErrorIs(s, err, chain.ErrNotFound)
		s.send(s.tx(s.Add))
		s.Mine()
		s.receipt(chain.Mined)
	}},
	{"Cancel of what is settled does nothing", func(s *suite) {
		s.send(s.tx(s.Add))
		s.Mine()
		settled := s.receipt(chain.Mined)
		s.cancel(s.tx(s.Add))
		s.Mine()
		require.Equal(s, settled, s.receipt(chain.Mined))
	}},
	{"a cancellation below a tenth more is ErrUnderpriced and undone", func(s *suite) {
		tx := s.tx(s.Add)
		hash := s.send(tx)
		tooLow := chain.MinReplacement(tx.MaxGasPrice)
		tooLow.SubUint64(&tooLow, 1)
		require.ErrorIs(s, s.Client.Cancel(s.Context(), id, tooLow), chain.ErrUnderpriced)
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Mined).Tx)
	}},
	{"cancelling again is harmless, and at a higher price it replaces", func(s *suite) {
		tx := s.cheap(s.Add)
		s.send(tx)
		tx.MaxGasPrice = chain.MinReplacement(tx.MaxGasPrice)
		s.cancel(tx)
		waiting := s.receipt(chain.Pending)
		s.cancel(tx)
		require.Equal(s, waiting, s.receipt(chain.Pending))
		s.Mine()
		s.receipt(chain.Pending)
		s.cancel(s.tx(s.Add))
		s.Mine()
		require.NotEqual(s, waiting.Tx, s.receipt(chain.Cancelled).Tx)
		s.Mine()
		require.EqualValues(s, 0, s.total(s.head()))
	}},
	{"there is no way back from Cancel", func(s *suite) {
		tx := s.cheap(s.Add)
		s.send(tx)
		tx.MaxGasPrice = chain.MinReplacement(tx.MaxGasPrice)
		s.cancel(tx)
		waiting := s.receipt(chain.Pending)
		tx.MaxGasPrice = s.tx(s.Add).MaxGasPrice
		require.Equal(s, waiting.Tx, s.send(tx))
		s.Mine()
		s.receipt(chain.Pending)
		require.EqualValues(s, 0, s.total(s.head()))
	}},
	{"what the chain includes first decides, and a reorg lets it decide again", func(s *suite) {
		tx := s.tx(s.Add)
		s.send(tx)
		tx.MaxGasPrice = times(tx.MaxGasPrice, 2)
		s.cancel(tx)
		s.Mine()
		s.decided()
		s.Reorg(1)
		s.receipt(chain.Pending)
		s.Mine()
		s.Mine()
		s.decided()
	}},
	{"a cancellation that comes too late loses the race", func(s *suite) {
		s.need(s.Delay != nil, "Delay")
		tx := s.tx(s.Add)
		hash := s.send(tx)
		s.Delay(1)
		tx.MaxGasPrice = times(tx.MaxGasPrice, 2)
		s.cancel(tx)
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Mined).Tx)
		s.Mine()
		require.Equal(s, chain.Mined, s.decided())
	}},
	{"an answer lost to Cancel is not a lost cancellation", func(s *suite) {
		s.need(s.LoseAnswers != nil, "LoseAnswers")
		s.send(s.cheap(s.Add))
		s.LoseAnswers(true)
		require.Error(s, s.Client.Cancel(s.Context(), id, s.tx(s.Add).MaxGasPrice))
		s.LoseAnswers(false)
		s.Mine()
		s.receipt(chain.Cancelled)
	}},
}
