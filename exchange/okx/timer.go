package okx

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Bounds of OKX's timer.
const (
	minTimer = 10 * time.Second
	maxTimer = 2 * time.Minute
)

// CancelAllAfter lets OKX cancel all orders of the account, of every pair and
// whoever placed them, unless it is called again within wait; 0 stops the timer.
// wait is 0 or whole seconds from 10 s to 2 min, else exchange.ErrInvalid; OKX
// takes one call a second (V5, "Cancel All After").
//
// After exchange.ErrUnknownOutcome the timer may run or not; to call again is safe.
func (c *Client) CancelAllAfter(ctx context.Context, wait time.Duration) error {
	if wait != 0 && (wait < minTimer || wait > maxTimer || wait%time.Second != 0) {
		return fmt.Errorf("%w: wait %v: must be 0, or whole seconds from %v to %v", exchange.ErrInvalid, wait, minTimer, maxTimer)
	}
	timer := struct {
		TimeOut string `json:"timeOut"`
	}{strconv.Itoa(int(wait / time.Second))}
	return c.change(ctx, "/api/v5/trade/cancel-all-after", timer, func(body []byte) error {
		w, err := one[struct{ TriggerTime string }](body)
		if err == nil && w.TriggerTime == "" {
			err = transport.Bad("triggerTime", "nothing", "must be there")
		}
		return err
	})
}
