package chaintest

import (
	"bytes"
	"sync"

	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

var sending = []promise{
	{"what is sent once is mined once", func(s *suite) {
		before := s.head()
		hash := s.send(s.tx(s.Add))
		require.Equal(s, hash, s.receipt(chain.Pending).Tx, "known as soon as Send returns")
		s.Mine()
		r := s.receipt(chain.Mined)
		require.Equal(s, hash, r.Tx)
		require.Equal(s, before.Number+1, r.Block)
		s.Mine()
		require.Equal(s, r, s.receipt(chain.Mined), "a receipt does not age")
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"an id sent again before, after and long after is mined once", func(s *suite) {
		tx := s.tx(s.Add)
		hash := s.send(tx)
		require.Equal(s, hash, s.send(tx))
		s.Mine()
		require.Equal(s, hash, s.send(tx))
		dearer := tx
		dearer.MaxGasPrice = times(tx.MaxGasPrice, 2)
		require.Equal(s, hash, s.send(dearer), "what is settled is left alone")
		s.Mine()
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Mined).Tx)
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"an id sent again after a restart is mined once", func(s *suite) {
		tx := s.tx(s.Add)
		hash := s.send(tx)
		s.Client = s.Reopen()
		require.Equal(s, hash, s.receipt(chain.Pending).Tx)
		require.Equal(s, hash, s.send(tx))
		s.Mine()
		s.Client = s.Reopen()
		s.receipt(chain.Mined)
		require.Equal(s, hash, s.send(tx))
		s.Mine()
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"an id sent by many at once is mined once", func(s *suite) {
		tx := s.tx(s.Add)
		hashes := make([]chain.Hash, 8)
		var all sync.WaitGroup
		for i := range hashes {
			all.Go(func() {
				hash, err := s.Client.Send(s.Context(), id, tx)
				if err != nil {
					s.Errorf("send %d: %v", i, err)
				}
				hashes[i] = hash
			})
		}
		all.Wait()
		for _, hash := range hashes {
			require.Equal(s, hashes[0], hash)
		}
		s.Mine()
		s.Mine()
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"different ids are different transactions", func(s *suite) {
		tx := s.tx(s.Add)
		first := s.send(tx)
		second, err := s.Client.Send(s.Context(), id+"0", tx)
		require.NoError(s, err)
		require.NotEqual(s, first, second)
		s.Mine()
		s.Mine()
		require.EqualValues(s, 2, s.total(s.head()))
	}},
	{"an id names one payload", func(s *suite) {
		tx := s.cheap(s.Add)
		hash := s.send(tx)
		for field, change := range map[string]func(*chain.Tx){
			"Data":     func(tx *chain.Tx) { tx.Data = append(bytes.Clone(tx.Data), 0) },
			"Value":    func(tx *chain.Tx) { tx.Value = *uint256.NewInt(1) },
			"To":       func(tx *chain.Tx) { tx.To[0] ^= 1 },
			"Deadline": func(tx *chain.Tx) { tx.Deadline++ },
			"Public":   func(tx *chain.Tx) { tx.Public = !tx.Public },
		} {
			other := tx
			other.MaxGasPrice = times(tx.MaxGasPrice, 2)
			change(&other)
			_, err := s.Client.Send(s.Context(), id, other)
			require.ErrorIs(s, err, chain.ErrInvalid, field)
		}
		require.Equal(s, hash, s.receipt(chain.Pending).Tx)
	}},
	{"what no chain accepts is ErrInvalid and unsent", func(s *suite) {
		good := s.tx(s.Add)
		_, err := s.Client.Send(s.Context(), "", good)
		require.ErrorIs(s, err, chain.ErrInvalid)
		for field, change := range map[string]func(*chain.Tx){
			"To":          func(tx *chain.Tx) { tx.To = chain.Address{} },
			"MaxGasPrice": func(tx *chain.Tx) { tx.MaxGasPrice.Clear() },
			"Deadline":    func(tx *chain.Tx) { tx.Deadline = 0 },
		} {
			bad := good
			change(&bad)
			_, err := s.Client.Send(s.Context(), id, bad)
			require.ErrorIs(s, err, chain.ErrInvalid, field)
			require.ErrorContains(s, err, field)
		}
		_, err = s.Client.Receipt(s.Context(), id)
		require.ErrorIs(s, err, chain.ErrNotFound)
	}},
	{"the caller may reuse the bytes it sent", func(s *suite) {
		tx := s.tx(s.Add)
		tx.Data = bytes.Clone(tx.Data)
		s.send(tx)
		clear(tx.Data)
		s.Mine()
		s.receipt(chain.Mined)
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"a tenth more replaces, less does not", func(s *suite) {
		tx := s.cheap(s.Add)
		hash := s.send(tx)
		s.Mine()
		s.receipt(chain.Pending)

		least := chain.MinReplacement(tx.MaxGasPrice)
		dearer := tx
		dearer.MaxGasPrice.SubUint64(&least, 1)
		require.Equal(s, hash, s.send(dearer))
		dearer.MaxGasPrice = least
		replaced := s.send(dearer)
		require.NotEqual(s, hash, replaced)
		require.Equal(s, replaced, s.receipt(chain.Pending).Tx)
		require.Equal(s, replaced, s.send(tx), "a lower price changes nothing")

		dearer.MaxGasPrice = s.tx(s.Add).MaxGasPrice
		final := s.send(dearer)
		s.Mine()
		require.Equal(s, final, s.receipt(chain.Mined).Tx)
		s.Mine()
		require.EqualValues(s, 1, s.total(s.head()), "the versions share a nonce")
	}},
	{"what a node lost is sent again under the same hash", func(s *suite) {
		s.need(s.Drop != nil, "Drop")
		tx := s.tx(s.Add)
		hash := s.send(tx)
		s.Drop(id)
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Pending).Tx, "lost is not unknown")
		require.Equal(s, hash, s.send(tx))
		s.Mine()
		require.Equal(s, hash, s.receipt(chain.Mined).Tx)
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"sending again never delays", func(s *suite) {
		s.need(s.Delay != nil, "Delay")
		tx := s.tx(s.Add)
		s.send(tx)
		s.Delay(1)
		s.send(tx)
		s.Mine()
		s.receipt(chain.Mined)
	}},
	{"a lost answer is not a lost transaction", func(s *suite) {
		s.need(s.LoseAnswers != nil, "LoseAnswers")
		tx := s.tx(s.Add)
		s.LoseAnswers(true)
		_, err := s.Client.Send(s.Context(), id, tx)
		require.Error(s, err)
		for _, sentinel := range []error{chain.ErrInvalid, chain.ErrTooLate, chain.ErrNoPrivateRoute} {
			require.NotErrorIs(s, err, sentinel, "these mean that nothing was sent")
		}
		s.LoseAnswers(false)
		hash := s.receipt(chain.Pending).Tx
		require.Equal(s, hash, s.send(tx))
		s.Mine()
		s.Mine()
		require.EqualValues(s, 1, s.total(s.head()))
	}},
	{"without a private route only the public is sent", func(s *suite) {
		s.need(s.PublicOnly != nil, "PublicOnly")
		s.PublicOnly()
		private := s.tx(s.Add)
		private.Public = false
		_, err := s.Client.Send(s.Context(), id, private)
		require.ErrorIs(s, err, chain.ErrNoPrivateRoute)
		_, err = s.Client.Receipt(s.Context(), id)
		require.ErrorIs(s, err, chain.ErrNotFound)
		s.send(s.tx(s.Add))
		s.Mine()
		s.receipt(chain.Mined)
	}},
}
