package bridgetest

import (
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
)

var lanes = []promise{
	{"a lane says what passes now, and takes what is sent out of it", func(s *suite) {
		before := s.room()
		require.False(s, before.Lt(&s.Transfer.Amount))
		s.send(s.Transfer)
		s.Mine()
		s.passage(chain.Departed)
		limit, err := s.Bridge.Limit(s.Context(), s.Transfer.Lane)
		require.NoError(s, err)
		if s.room() == before {
			s.Skip("the lane is without a limit")
		}
		s.Pass()
		after := s.room()
		require.True(s, after.Gt(&limit.Room), "it grows as time goes by")
	}},
	{"a lane that is not there is ErrNotFound, and nothing passes", func(s *suite) {
		for field, change := range map[string]func(*chain.Transfer){
			"From":  func(t *chain.Transfer) { t.From += 1000 },
			"To":    func(t *chain.Transfer) { t.To += 1000 },
			"Token": func(t *chain.Transfer) { t.Token[0] ^= 1 },
		} {
			other := s.Transfer
			change(&other)
			_, err := s.Bridge.Limit(s.Context(), other.Lane)
			require.ErrorIs(s, err, chain.ErrNotFound, field)
			require.ErrorIs(s, s.Bridge.Send(s.Context(), id, other), chain.ErrNotFound, field)
		}
		s.passage(chain.Unsent)
	}},
	{"more than the lane lets through is refused and unsent", func(s *suite) {
		limit, err := s.Bridge.Limit(s.Context(), s.Transfer.Lane)
		require.NoError(s, err)
		much := s.Transfer
		if _, overflow := much.Amount.AddOverflow(&limit.Room, uint256.NewInt(1)); overflow {
			s.Skip("the lane is without a limit")
		}
		require.ErrorIs(s, s.Bridge.Send(s.Context(), id, much), chain.ErrLaneFull)
		s.passage(chain.Unsent)
		s.send(s.Transfer)
		s.Mine()
		s.passage(chain.Departed)
	}},
}

var sending = []promise{
	{"what no bridge accepts is ErrInvalid and unsent", func(s *suite) {
		require.ErrorIs(s, s.Bridge.Send(s.Context(), "", s.Transfer), chain.ErrInvalid)
		for field, change := range map[string]func(*chain.Transfer){
			"To":          func(t *chain.Transfer) { t.To = t.From },
			"Token":       func(t *chain.Transfer) { t.Token = chain.Address{} },
			"Amount":      func(t *chain.Transfer) { t.Amount.Clear() },
			"MaxGasPrice": func(t *chain.Transfer) { t.MaxGasPrice.Clear() },
			"Deadline":    func(t *chain.Transfer) { t.Deadline = 0 },
		} {
			bad := s.Transfer
			change(&bad)
			err := s.Bridge.Send(s.Context(), id, bad)
			require.ErrorIs(s, err, chain.ErrInvalid, field)
			require.ErrorContains(s, err, field)
		}
		s.passage(chain.Unsent)
	}},
	{"an id sent again before, after and long after passes once", func(s *suite) {
		s.send(s.Transfer)
		s.send(s.Transfer)
		s.Mine()
		s.send(s.Transfer)
		s.Mine()
		s.passage(chain.Departed)
		s.Pass()
		s.send(s.Transfer)
		s.Mine()
		s.Pass()
		s.once()
	}},
	{"an id sent again after a restart passes once", func(s *suite) {
		s.send(s.Transfer)
		s.Bridge = s.Reopen()
		s.passage(chain.Waiting)
		s.send(s.Transfer)
		s.Mine()
		s.Bridge = s.Reopen()
		s.passage(chain.Departed)
		s.Pass()
		s.once()
	}},
	{"a lost answer is sent again and passes once", func(s *suite) {
		s.need(s.LoseAnswers != nil, "LoseAnswers")
		s.LoseAnswers(true)
		require.Error(s, s.Bridge.Send(s.Context(), id, s.Transfer))
		s.LoseAnswers(false)
		s.passage(chain.Waiting)
		s.send(s.Transfer)
		s.Mine()
		s.Pass()
		s.once()
	}},
	{"an id names one transfer", func(s *suite) {
		s.send(s.Transfer)
		for field, change := range map[string]func(*chain.Transfer){
			"Amount":   func(t *chain.Transfer) { t.Amount = times(t.Amount, 2) },
			"Deadline": func(t *chain.Transfer) { t.Deadline++ },
		} {
			other := s.Transfer
			change(&other)
			require.ErrorIs(s, s.Bridge.Send(s.Context(), id, other), chain.ErrInvalid, field)
		}
		dearer := s.Transfer
		dearer.MaxGasPrice = times(dearer.MaxGasPrice, 2)
		s.send(dearer)
		s.Mine()
		s.Pass()
		s.once()
	}},
	{"what is past its deadline is refused and unsent", func(s *suite) {
		late := s.Transfer
		late.Deadline = 1
		s.Mine()
		s.Mine()
		require.ErrorIs(s, s.Bridge.Send(s.Context(), id, late), chain.ErrTooLate)
		s.passage(chain.Unsent)
	}},
	{"what no block took by its deadline never left", func(s *suite) {
		cheap := s.Transfer
		cheap.MaxGasPrice = *uint256.NewInt(1)
		s.send(cheap)
		s.passage(chain.Waiting)
		for range 200 {
			s.Mine()
			if p, err := s.Bridge.Passages(s.Context(), id); err == nil && p[0].Stage == chain.Failed {
				break
			}
		}
		s.passage(chain.Failed)
		gone := s.gone()
		require.True(s, gone.IsZero())
	}},
}

var passing = []promise{
	{"what is sent waits, departs and arrives", func(s *suite) {
		s.passage(chain.Unsent)
		s.send(s.Transfer)
		s.passage(chain.Waiting)
		gone := s.gone()
		require.True(s, gone.IsZero())
		s.Mine()
		departed := s.passage(chain.Departed)
		require.Equal(s, s.Transfer.Amount, s.gone())
		come := s.come()
		require.True(s, come.IsZero())
		s.Pass()
		s.once()
		require.Equal(s, departed.Sent, s.passage(chain.Arrived).Sent)
		arrived := s.passage(chain.Arrived)
		s.Mine()
		require.Equal(s, arrived, s.passage(chain.Arrived), "a passage does not age")
	}},
	{"passages are told in the order of the ids", func(s *suite) {
		s.send(s.Transfer)
		s.Mine()
		require.NoError(s, s.Bridge.Send(s.Context(), id+"0", s.Transfer))
		told, err := s.Bridge.Passages(s.Context(), id+"0", "unheard of", id)
		require.NoError(s, err)
		require.Len(s, told, 3)
		require.Equal(s, []chain.Stage{chain.Waiting, chain.Unsent, chain.Departed}, []chain.Stage{told[0].Stage, told[1].Stage, told[2].Stage})
	}},
	{"a departure that a reorg takes back waits again, and passes once", func(s *suite) {
		s.need(s.Reorg != nil, "Reorg")
		s.send(s.Transfer)
		s.Mine()
		s.passage(chain.Departed)
		s.Reorg(1)
		s.passage(chain.Waiting)
		gone := s.gone()
		require.True(s, gone.IsZero())
		s.Mine()
		s.passage(chain.Departed)
		s.Pass()
		s.once()
	}},
	{"an arrival that a reorg takes back comes again, and once", func(s *suite) {
		s.need(s.ReorgTo != nil, "ReorgTo")
		s.send(s.Transfer)
		s.Mine()
		s.Pass()
		s.passage(chain.Arrived)
		s.ReorgTo(1)
		s.passage(chain.Departed)
		s.Pass()
		s.once()
	}},
	{"a refund pays back, and nothing arrives", func(s *suite) {
		s.need(s.Refund != nil, "Refund")
		s.send(s.Transfer)
		s.Mine()
		s.Refund(id)
		s.Pass()
		p := s.passage(chain.Refunded)
		require.Equal(s, minus(s.Transfer.Amount, p.Received), s.gone())
		s.Pass()
		come := s.come()
		require.True(s, come.IsZero())
		s.passage(chain.Refunded)
	}},
}
