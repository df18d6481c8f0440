package pool

import (
	"context"
	"reflect"
	"time"

	"go.uber.org/zap"
)

// reload swaps the snapshot for a configuration that has changed and is valid.
// Whatever is wrong is logged once, and what runs stays.
func (p *Pool) reload(ctx context.Context, now time.Time) {
	if p.opts.Reread == nil {
		return
	}
	running := p.Snapshot()
	cfg, err := p.opts.Reread()
	if err == nil && reflect.DeepEqual(cfg, running.Config) {
		p.problem = ""
		return
	}
	var next *Snapshot
	if err == nil {
		err = cfg.Follows(running.Config)
	}
	if err == nil {
		next, err = newSnapshot(cfg, p.ports)
	}
	if err == nil {
		err = p.fund(ctx, cfg.Grants)
	}
	if err != nil {
		if p.problem != err.Error() {
			p.problem = err.Error()
			p.opts.Log.Error("configuration not taken over", zap.Error(err))
		}
		return
	}
	p.problem = ""
	if reflect.DeepEqual(cfg.Prices, running.Config.Prices) {
		next.Prices = running.Prices // with what it shows
	} else if err := next.Prices.Refresh(ctx, now); err != nil {
		p.opts.Log.Warn("prices", zap.Error(err))
	}
	p.current.Store(next)
	p.opts.Log.Info("configuration taken over")
}
