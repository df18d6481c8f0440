package kraken

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// maxTimer is longer than anybody should leave orders alone.
const maxTimer = 24 * time.Hour

// CancelAllAfter lets Kraken cancel all orders of the account, of every pair and
// whoever placed them, unless it is called again within wait; 0 stops the timer.
// wait is whole seconds up to 24 h, else exchange.ErrInvalid. Kraken advises 60 s,
// set again every 15 to 30 s (Spot REST, "Cancel All Orders After X").
//
// After exchange.ErrUnknownOutcome the timer may run or not; to call again is safe.
func (c *Client) CancelAllAfter(ctx context.Context, wait time.Duration) error {
	if wait < 0 || wait > maxTimer || wait%time.Second != 0 {
		return fmt.Errorf("%w: wait %v: must be whole seconds, 0 to %v", exchange.ErrInvalid, wait, maxTimer)
	}
	params := url.Values{"timeout": {strconv.Itoa(int(wait / time.Second))}}
	return c.private(ctx, c.api.http.Change, "CancelAllOrdersAfter", params, func(body []byte) error {
		w, err := result[struct{ TriggerTime string }](body)
		if err == nil && w.TriggerTime == "" {
			err = transport.Bad("triggerTime", "nothing", "must be there")
		}
		return err
	})
}
