// Package routine does what a server does again and again, and lets it come to an end.
package routine

import (
	"context"
	"time"

	"github.com/benbjohnson/clock"
)

// grace is how long something that was begun may go on when the server is to stop,
// which it does within ten seconds.
const grace = 8 * time.Second

// Finish outlives ctx by a little: what do has begun is finished, if it can be. It may
// take up to limit, and up to 8 seconds after ctx has ended.
func Finish(ctx context.Context, now clock.Clock, limit time.Duration, do func(context.Context) error) error {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	defer cancel()
	stop := context.AfterFunc(ctx, func() { now.AfterFunc(grace, cancel) })
	defer stop()
	return do(work)
}

// Every does something at once and then at each interval, until ctx ends; each time it
// may take up to limit, as in [Finish]. What goes wrong is told, and tried again.
func Every(ctx context.Context, now clock.Clock, interval, limit time.Duration, do func(context.Context) error, wrong func(error)) {
	ticker := now.Ticker(interval)
	defer ticker.Stop()
	for {
		if err := Finish(ctx, now, limit, do); err != nil && ctx.Err() == nil {
			wrong(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}
