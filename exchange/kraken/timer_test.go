package kraken_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/kraken"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

var _ maker.DeadMan = (*kraken.Client)(nil)

func TestTheTimerIsSetAndStopped(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	require.NoError(t, client.CancelAllAfter(t.Context(), time.Minute))
	require.NoError(t, client.CancelAllAfter(t.Context(), 0))
	require.Equal(t, []string{"60", "0"}, d.timers)
}

func TestATimerThatKrakenCannotSetIsRefusedHere(t *testing.T) {
	d := newDouble(t)
	for _, wait := range []time.Duration{-time.Second, 1500 * time.Millisecond, 25 * time.Hour} {
		err := d.account("maker").CancelAllAfter(t.Context(), wait)
		require.ErrorIs(t, err, exchange.ErrInvalid)
		require.ErrorContains(t, err, "wait "+wait.String())
	}
	require.Empty(t, d.timers)
}

func TestATimerOfWhichNobodyHeardMayRunOrNot(t *testing.T) {
	for story, answer := range map[string]string{
		"no result": `{"error":[]}`,
		"no time":   `{"error":[],"result":{"currentTime":"2023-03-24T17:41:56Z"}}`,
	} {
		t.Run(story, func(t *testing.T) {
			_, client := answering(t, private+"CancelAllOrdersAfter", answer)
			require.ErrorIs(t, client.CancelAllAfter(t.Context(), time.Minute), exchange.ErrUnknownOutcome)
		})
	}
	d := newDouble(t)
	client := d.account("maker")
	d.LoseAnswer(private + "CancelAllOrdersAfter")
	require.ErrorIs(t, client.CancelAllAfter(t.Context(), time.Minute), exchange.ErrUnknownOutcome)
	require.NoError(t, client.CancelAllAfter(t.Context(), time.Minute))
}
