package venuetest

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/exchangetest"
)

// Rates is how often what goes wrong in a storm: shares of 0 to 1, together at
// most 1, and the reach of the venue's clock.
type Rates struct {
	Drop  float64       // of the placings: they happen, and the connection breaks
	Limit float64       // of all calls: they do not happen, 429 with a Retry-After of 1 to 9 s
	Fail  float64       // of all calls: 5xx, and half of them have happened
	Fill  float64       // of the placings: somebody takes a part of the best order, or all of it
	Skew  time.Duration // the venue's clock is at most so much ahead of ours or behind, and jumps now and then
}

// Gale is the storm that all adapters are tested in.
var Gale = Rates{Drop: 0.3, Limit: 0.1, Fail: 0.05, Fill: 0.4, Skew: 2 * time.Second}

// storm is the weather of a double.
type storm struct {
	rates Rates
	draw  *rand.Rand
	skew  time.Duration
	seen  exchangetest.Weather
}

// Storm has everything go wrong from now on, as often as rates say and the same
// for every run with one seed, until [Double.Calm].
func (d *Double) Storm(seed uint64, rates Rates) {
	d.t.Logf("storm with seed %d", seed)
	d.fund(stranger)
	d.mu.Lock()
	defer d.mu.Unlock()
	d.storm = &storm{rates: rates, draw: rand.New(rand.NewPCG(seed, 0))}
}

// Calm ends the storm and sets the venue's clock right.
func (d *Double) Calm() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.storm.rates, d.storm.skew = Rates{}, 0
}

// Weather returns what the storm has done.
func (d *Double) Weather() exchangetest.Weather {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.storm.seen
}

// strike returns what happens to a call.
func (d *Double) strike(call string) fault {
	s := d.storm
	if s == nil {
		return fault{}
	}
	s.seen.Requests++
	if s.draw.IntN(50) == 0 && s.rates.Skew > 0 {
		s.skew = time.Duration(s.draw.Int64N(int64(2*s.rates.Skew))) - s.rates.Skew
	}
	x := s.draw.Float64()
	switch limit, fail := s.rates.Limit, s.rates.Limit+s.rates.Fail; {
	case x < limit:
		s.seen.Limited++
		return fault{losesRequest: true, status: http.StatusTooManyRequests, retryAfter: d.retryAfter()}
	case x < fail:
		s.seen.Failed++
		return d.failure()
	case x < fail+s.rates.Drop && call == d.wire.Places:
		s.seen.Dropped++
		return fault{losesAnswer: true}
	default:
		return fault{}
	}
}

// failure is the answer of a server in trouble, before or after the call has
// happened. Some of them ask us to wait.
func (d *Double) failure() fault {
	f := fault{status: 500 + d.storm.draw.IntN(5)}
	f.losesAnswer = d.storm.draw.IntN(2) == 0
	f.losesRequest = !f.losesAnswer
	if f.status == http.StatusServiceUnavailable {
		f.retryAfter = d.retryAfter()
	}
	return f
}

// retryAfter is a wait in seconds, or a date by the venue's own clock. From then
// on no request may come before it has passed.
func (d *Double) retryAfter() string {
	wait := time.Duration(1+d.storm.draw.IntN(9)) * time.Second
	if d.storm.draw.IntN(2) == 0 {
		d.quiet = d.Clock.Now().Add(wait)
		return strconv.Itoa(int(wait / time.Second))
	}
	date := d.Now().Truncate(time.Second).Add(wait)
	d.quiet = d.Clock.Now().Add(date.Sub(d.Now()))
	return date.Format(http.TimeFormat)
}

// heeded checks that nobody asks while we want to be left alone.
func (d *Double) heeded(call string) {
	early := d.quiet.Sub(d.Clock.Now())
	assert.LessOrEqual(d.t, early, time.Duration(0), "%s came before its Retry-After had passed", call)
}

// stranger is the account that takes what rests.
const stranger = "a stranger"

// take has somebody trade with the best order on o's side.
func (d *Double) take(ctx context.Context, o exchange.Order) {
	s := d.storm
	if s == nil || s.draw.Float64() >= s.rates.Fill {
		return
	}
	s.seen.Filled++
	o.ClientID = exchange.ClientID(stranger, s.seen.Filled)
	o.Side, o.PostOnly = o.Side.Opposite(), false
	o.Amount = d.wire.Amount
	if s.draw.IntN(2) == 0 {
		o.Amount = o.Amount.Mul(Dec("0.6"))
	}
	account := d.Venue.Account(stranger)
	_, err := account.Place(ctx, o)
	require.NoError(d.t, err)
	require.NoError(d.t, account.Cancel(ctx, o.Pair, o.ClientID))
}
