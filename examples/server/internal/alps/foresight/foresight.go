package foresight

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/liquidity/stress"
)

// ErrBusy says that too many wait for forecasts already.
var ErrBusy = errors.New("foresight: busy")

// Config says what is forecast.
type Config struct {
	Every   time.Duration   // length of a slot, > 0
	Horizon time.Duration   // that a forecast looks ahead: 1 to 1000 slots
	Fit     time.Duration   // from one fit to the next
	Keep    time.Duration   // how much of the past a fit looks at
	Floor   decimal.Decimal // the engine's
}

// What bounds the work: one at a time, so long, while so many wait.
const (
	workWithin = 10 * time.Second
	maxWaiting = 20
)

// Patience is how long to wait after [ErrBusy].
const Patience = workWithin

// Foresight forecasts for the banks of one chronicle. Safe for concurrent use.
type Foresight struct {
	cfg     Config
	waiting chan struct{}

	work  sync.Mutex // what follows belongs to who forecasts
	past  history
	model *stress.Model
	legal stress.License
	fitAt time.Time // of the last fit
	why   string    // there is no model, or no license
	done  int64     // the slot that was last forecast

	mu     sync.Mutex
	latest map[string]Outlook // by bank
	skill  *stress.Skill      // of the model in force
}

// Outlook is what can be said of one bank.
type Outlook struct {
	Bank    string
	At      time.Time
	Event   *chronicle.StressEvent // the forecast; nil where something is missing
	Missing string                 // what there has to be before there is a forecast, or before it may act
	Seen    int                    // observations without a gap up to now
}

// Needed is how many observations a forecast needs.
const Needed = stress.Memory

// New returns a foresight that has not looked at the chronicle yet.
func New(cfg Config, of chronicle.Chronicle) *Foresight {
	keep := int64(cfg.Keep / cfg.Every)
	if cfg.Keep == 0 {
		keep = maxSeen
	}
	return &Foresight{
		cfg: cfg, waiting: make(chan struct{}, maxWaiting), done: -1, why: "there is no model yet",
		past: history{every: cfg.Every, keep: keep, from: of, index: map[string]int{}}, latest: map[string]Outlook{},
	}
}

// Predict forecasts for all banks, as of the last slot that has ended: asked again
// within a slot it says the same. It returns what can be said by rising bank, or
// [ErrBusy].
func (f *Foresight) Predict(ctx context.Context, now time.Time) ([]Outlook, error) {
	select {
	case f.waiting <- struct{}{}:
		defer func() { <-f.waiting }()
	default:
		return nil, fmt.Errorf("%w: %d wait already", ErrBusy, maxWaiting)
	}
	f.work.Lock()
	defer f.work.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	more, err := f.past.meet(ctx)
	if err != nil {
		return nil, err
	}
	if slot := f.past.slot(now); more || slot != f.done || !f.past.complete() {
		if err := f.forecast(ctx, now); err != nil {
			return nil, err
		}
		f.done = slot
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]Outlook, 0, len(f.latest))
	for _, o := range f.latest {
		all = append(all, o)
	}
	slices.SortFunc(all, func(a, b Outlook) int { return strings.Compare(a.Bank, b.Bank) })
	return all, nil
}

// forecast reads what is new, fits if it is time to, and forecasts.
func (f *Foresight) forecast(ctx context.Context, now time.Time) error {
	reading, cancel := context.WithTimeout(ctx, workWithin)
	defer cancel()
	if err := f.past.load(reading, now); err != nil && (reading.Err() == nil || ctx.Err() != nil) {
		return err
	}
	if f.model == nil || now.Sub(f.fitAt) >= f.cfg.Fit {
		f.fit(now)
	}
	at := f.past.end(f.past.slot(now))
	outlooks := map[string]Outlook{}
	var events []chronicle.StressEvent
	for i, bank := range f.past.banks {
		o := f.outlook(bank, f.past.run(i), at)
		if o.Event != nil {
			events = append(events, *o.Event)
		}
		outlooks[bank] = o
	}
	if len(events) > 0 {
		if err := f.past.from.Foresee(ctx, events); err != nil {
			return fmt.Errorf("keep forecasts: %w", err)
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = outlooks
	return nil
}

// fit fits a model on the first half of the past and tries it on the second. One
// that cannot be fitted leaves the last in force.
func (f *Foresight) fit(now time.Time) {
	panel := f.past.panel(f.cfg.Floor.InexactFloat64())
	sample, err := stress.NewSample(panel, f.cfg.Horizon)
	if err != nil {
		f.why = said(err)
		return
	}
	first := panel[0]
	half := first.End.Add(-first.Every * time.Duration(len(first.Seen)/2))
	model, err := stress.Fit(stress.Config{}, sample.Before(half))
	if err != nil {
		f.why = said(err)
		return
	}
	f.model, f.legal, f.fitAt, f.why = &model, stress.License{}, now, ""
	f.legal, err = stress.Grant(model, sample.From(half))
	skill := f.legal.Skill
	f.mu.Lock()
	f.skill = &skill
	f.mu.Unlock()
	if err != nil {
		f.why = said(err)
	} else if !f.legal.Allows(model) {
		f.why = fmt.Sprintf("skill %.3f, at least %.3f: must be above 0 on what the model had not seen", f.legal.Skill.Value, f.legal.Skill.Low)
	}
}

// said leaves out whose error it is.
func said(err error) string {
	return strings.TrimPrefix(err.Error(), stress.ErrInvalid.Error()+": ")
}

func (f *Foresight) outlook(bank string, seen []stress.Observation, at time.Time) Outlook {
	o := Outlook{Bank: bank, At: at, Seen: len(seen), Missing: f.why}
	switch {
	case len(seen) < Needed:
		o.Missing = fmt.Sprintf("insufficient history: %d observations of %d, one every %v", len(seen), Needed, f.cfg.Every)
		return o
	case f.model == nil:
		o.Missing = "insufficient history: " + f.why
		return o
	}
	forecast, err := f.model.Predict(stress.History{Floor: f.cfg.Floor.InexactFloat64(), Every: f.cfg.Every, End: at, Seen: seen}, f.cfg.Horizon)
	if err != nil {
		o.Missing = said(err)
		return o
	}
	name, hash := f.model.Identity()
	model := name + "/" + hex.EncodeToString(hash[:8])
	o.Event = &chronicle.StressEvent{
		ID: fmt.Sprintf("%s/%s/%d", model, bank, at.Unix()), Bank: bank, At: at,
		Forecast: forecast, Licensed: f.legal.Allows(*f.model), Model: model,
	}
	return o
}

// Skill returns what the present model showed on what it had not seen; nil
// without a model.
func (f *Foresight) Skill() *stress.Skill {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.skill
}

// Waiting returns how many wait for a forecast, or are being served.
func (f *Foresight) Waiting() int { return len(f.waiting) }

// Restore takes up the forecasts that still count after a restart.
func (f *Foresight) Restore(ctx context.Context, now time.Time) error {
	latest := map[string]Outlook{}
	q := chronicle.Query{From: now.Add(-f.fresh()), Limit: chronicle.MaxPage}
	for {
		page, err := f.past.from.Stress(ctx, q)
		if err != nil {
			return err
		}
		for _, e := range page.Items {
			if _, newer := latest[e.Bank]; !newer {
				latest[e.Bank] = Outlook{Bank: e.Bank, At: e.At, Event: &e}
			}
		}
		if q.Before = page.Next; page.Next == 0 {
			break
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = latest
	return nil
}

// fresh is how long a forecast counts: until the one after the next is late.
func (f *Foresight) fresh() time.Duration { return 2 * f.cfg.Every }

// Over returns a feed that says of each bank what is forecast of it.
func (f *Foresight) Over(feed liquidity.Feed) liquidity.Feed { return foreseeing{feed, f} }

type foreseeing struct {
	liquidity.Feed
	by *Foresight
}

// Positions implements liquidity.Feed.
func (f foreseeing) Positions(ctx context.Context, now time.Time) ([]liquidity.Position, error) {
	positions, err := f.Feed.Positions(ctx, now)
	f.by.mu.Lock()
	defer f.by.mu.Unlock()
	for i := range positions {
		p := &positions[i]
		o := f.by.latest[p.Bank]
		if o.Event == nil || now.Sub(o.At) > f.by.fresh() {
			continue
		}
		breach, invalid := liquidity.Probability(o.Event.P)
		if invalid != nil {
			continue // a forecast that is none says nothing
		}
		p.PBreach, p.Licensed = breach, o.Event.Licensed
	}
	return positions, err
}
