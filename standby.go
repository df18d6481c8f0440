package evenkeel

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// watch measures the journal's silence on the watcher's own clock: the stamps
// in the journal are another machine's time and prove nothing here.
type watch struct {
	patience time.Duration // 0: never waits
	heard    bool          // seq and since are known
	seq      uint64        // last record of the journal
	since    time.Time     // when it was first seen
}

func newWatch(patience time.Duration) *watch { return &watch{patience: patience} }

func (w *watch) leading() bool { return w.patience == 0 }

// hear notes the journal's last sequence number as of now and reports whether
// it has been silent for long enough to lead.
func (w *watch) hear(seq uint64, now time.Time) bool {
	if !w.heard || seq != w.seq {
		w.heard, w.seq, w.since = true, seq, now
		return false
	}
	if now.Sub(w.since) < w.patience {
		return false
	}
	w.patience = 0
	return true
}

// silent reports whether the leader has been silent for so long that this
// runner leads from now on. A journal that cannot be read is not silent: the
// leader could not write to it either.
func (r *Runner[S, O, D]) silent(ctx context.Context, w *watch) bool {
	last, err := r.store.Last(ctx, r.key)
	if err != nil && !errors.Is(err, ErrNotFound) {
		w.heard = false
		if ctx.Err() == nil {
			r.opts.Log.Warn("standby", zap.String("key", r.key), zap.Error(err))
		}
		return false
	}
	if !w.hear(last.Seq, r.opts.Clock.Now()) {
		return false
	}
	r.loaded = false // what was loaded before the wait is not what the leader left
	r.opts.Log.Info("taking over", zap.String("key", r.key), zap.Uint64("after", last.Seq))
	return true
}
