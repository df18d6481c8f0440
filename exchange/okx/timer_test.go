package okx_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/okx"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

var _ maker.DeadMan = (*okx.Client)(nil)

func TestTheTimerIsSetAndStopped(t *testing.T) {
	d := newDouble(t)
	client := d.account("maker")
	require.NoError(t, client.CancelAllAfter(t.Context(), time.Minute))
	require.NoError(t, client.CancelAllAfter(t.Context(), 0))
	require.Equal(t, []string{"60", "0"}, d.timers)
}

func TestATimerThatOKXCannotSetIsRefusedHere(t *testing.T) {
	d := newDouble(t)
	for _, wait := range []time.Duration{-time.Second, 9 * time.Second, 10500 * time.Millisecond, 121 * time.Second} {
		err := d.account("maker").CancelAllAfter(t.Context(), wait)
		require.ErrorIs(t, err, exchange.ErrInvalid)
		require.ErrorContains(t, err, "wait "+wait.String())
	}
	require.Empty(t, d.timers)
}

func TestATimerOfWhichNobodyHeardMayRunOrNot(t *testing.T) {
	for story, answer := range map[string]string{
		"no data": `{"code":"0","msg":""}`,
		"no time": `{"code":"0","msg":"","data":[{"ts":"1587971400"}]}`,
	} {
		t.Run(story, func(t *testing.T) {
			_, client := answering(t, timer, answer)
			require.ErrorIs(t, client.CancelAllAfter(t.Context(), time.Minute), exchange.ErrUnknownOutcome)
		})
	}
	d := newDouble(t)
	client := d.account("maker")
	d.LoseAnswer(timer)
	require.ErrorIs(t, client.CancelAllAfter(t.Context(), time.Minute), exchange.ErrUnknownOutcome)
	require.NoError(t, client.CancelAllAfter(t.Context(), time.Minute))
}
