package config

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// ALPS is the engine that keeps banks liquid, with all that it works with.
type ALPS struct {
	Engine    liquidity.Config
	Every     time.Duration // from one look at all banks to the next
	Feeds     []Feed        // who tells how banks stand
	Quorum    int           // of the feeds have to speak of a bank
	Providers []Provider    // of the pool's money
	Foresight Foresight
	Keep      time.Duration // of ratios and forecasts; 0 for ever
}

// Feed is who tells how banks stand: the example, people who push, or a file.
type Feed struct {
	Name   string
	Sample bool
	Push   bool
	File   string // path of a .csv or .json file
	Net    bool   // of a file that does not know what the pool lends: it is added
}

// Provider is who provides money to the pool.
type Provider struct {
	ID            string
	Min, Max      decimal.Decimal // of one transfer; a Max of 0 is no limit
	Contributions []Grant
}

// Foresight is how breaches are forecast.
type Foresight struct {
	Every   time.Duration // from one observation to the next
	Horizon time.Duration // that a forecast looks ahead: so many times Every
	Fit     time.Duration // from one fit of the model to the next
}

type alpsSection struct {
	Every     scalar            `yaml:"every"`
	Feeds     []feedSection     `yaml:"feeds"`
	Quorum    scalar            `yaml:"quorum"`
	Providers []providerSection `yaml:"providers"`
	Foresight foresightSection  `yaml:"foresight"`
	Keep      scalar            `yaml:"keep"`
	Engine    map[string]scalar `yaml:",inline"`
}

type feedSection struct {
	Name   scalar `yaml:"name"`
	Sample scalar `yaml:"sample"`
	Push   scalar `yaml:"push"`
	File   scalar `yaml:"file"`
	Net    scalar `yaml:"net"`
}

type providerSection struct {
	ID            scalar         `yaml:"id"`
	Min           scalar         `yaml:"min"`
	Max           scalar         `yaml:"max"`
	Contributions []grantSection `yaml:"contributions"`
}

type foresightSection struct {
	Every   scalar `yaml:"every"`
	Horizon scalar `yaml:"horizon"`
	Fit     scalar `yaml:"fit"`
}

// alps reads the section, without which there is no such engine.
func (r *reader) alps() *ALPS {
	said, standard := r.said.ALPS, r.standard.ALPS
	if said == nil {
		return nil
	}
	const longest = 3650 * 24 * time.Hour
	c := ALPS{
		Engine: r.engine(said.Engine),
		Every:  r.duration("alps.every", said.Every.or(standard.Every), time.Second, time.Hour),
		Quorum: r.integer("alps.quorum", said.Quorum.or(standard.Quorum), 1, maxFeeds),
		Keep:   r.duration("alps.keep", said.Keep.or(standard.Keep), 0, longest),
		Foresight: Foresight{
			Every:   r.duration("alps.foresight.every", said.Foresight.Every.or(standard.Foresight.Every), time.Minute, 24*time.Hour),
			Horizon: r.duration("alps.foresight.horizon", said.Foresight.Horizon.or(standard.Foresight.Horizon), time.Minute, 366*24*time.Hour),
			Fit:     r.duration("alps.foresight.fit", said.Foresight.Fit.or(standard.Foresight.Fit), time.Minute, 366*24*time.Hour),
		},
	}
	f := c.Foresight
	r.must(f.Every > 0 && f.Horizon%f.Every == 0 && f.Horizon/f.Every <= 1000, "alps.foresight.horizon", f.Horizon, "must be 1 to 1000 times alps.foresight.every")
	r.must(c.Keep == 0 || c.Keep >= 48*time.Hour, "alps.keep", c.Keep, "must be 48h or more, or 0s")
	for i, f := range said.Feeds {
		c.Feeds = append(c.Feeds, r.feed(fmt.Sprintf("alps.feeds[%d]", i), f, c.Feeds))
	}
	r.must(len(c.Feeds) >= 1 && len(c.Feeds) <= maxFeeds, "alps.feeds", len(c.Feeds), fmt.Sprintf("must be 1 to %d", maxFeeds))
	r.must(c.Quorum <= len(c.Feeds), "alps.quorum", c.Quorum, "must be at most the number of feeds")
	for i, p := range said.Providers {
		c.Providers = append(c.Providers, r.provider(fmt.Sprintf("alps.providers[%d]", i), p, c))
	}
	r.must(len(c.Providers) >= 1 && len(c.Providers) <= maxProviders, "alps.providers", len(c.Providers), fmt.Sprintf("must be 1 to %d", maxProviders))
	return &c
}

// More than a treasury has, and few enough to ask at each look.
const (
	maxFeeds     = 16
	maxProviders = 100
)

// engine reads what the engine itself is told. What neither the file nor the
// default says is as in liquidity.Careful, whose limits are parts of the budget.
func (r *reader) engine(said map[string]scalar) liquidity.Config {
	all := maps.Clone(r.standard.ALPS.Engine)
	maps.Copy(all, said)
	budget, _ := all["budget"].number() // what is wrong with it is said below
	c := liquidity.Careful("", "", budget)
	fields := settings(&c)
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if field, known := fields[key]; known {
			r.set("alps."+key, all[key], field)
		} else {
			r.must(false, "alps."+key, all[key].text, "is no setting of the engine")
		}
	}
	return c
}

// settings are what a file may say about the engine, by key.
func settings(c *liquidity.Config) map[string]any {
	return map[string]any{
		"pool": &c.Pool, "currency": &c.Currency, "budget": &c.Budget, "kind": &c.Kind, "places": &c.Places, "mode": &c.Mode, "fairness": &c.Fairness,
		"hard_floor": &c.HardFloor, "floor": &c.Floor, "target": &c.Target, "upper_target": &c.UpperTarget, "ceiling": &c.Ceiling,
		"min_action": &c.MinAction, "max_action": &c.MaxAction, "bank_budget": &c.BankBudget,
		"predictive_budget": &c.PredictiveBudget, "pool_floor": &c.PoolFloor,
		"cooldown": &c.Cooldown, "reverse_cooldown": &c.ReverseCooldown, "max_in_flight": &c.MaxInFlight, "max_per_hour": &c.MaxPerHour,
		"max_age": &c.MaxAge, "max_jump": &c.MaxJump, "sri_target": &c.SRITarget, "sri_cap": &c.SRICap,
		"fx_calm": &c.FXCalm, "fx_halt": &c.FXHalt, "p_act": &c.PAct, "dwell": &c.Dwell,
		"secured": &c.Secured, "haircut_bps": &c.HaircutBps, "rate_bps": &c.RateBps, "term": &c.Term,
		"approve_from": &c.ApproveFrom, "approve_within": &c.ApproveWithin, "break_glass": &c.BreakGlass,
		"retry": &c.Retry, "give_up_after": &c.GiveUpAfter, "unknown_after": &c.UnknownAfter, "finality": &c.Finality,
		"max_failures": &c.MaxFailures, "breaker_failures": &c.BreakerFailures, "breaker_wait": &c.BreakerWait,
	}
}

// set reads s into a field of the engine's configuration. Which values make sense
// together, the engine knows better.
func (r *reader) set(name string, s scalar, field any) {
	switch f := field.(type) {
	case *decimal.Decimal:
		*f = r.amount(name, s)
	case *time.Duration:
		*f = r.duration(name, s, 0, 3650*24*time.Hour)
	case *int:
		*f = r.integer(name, s, 0, 1000)
	case *int32:
		*f = r.places(name, s)
	case *bool:
		*f = r.boolean(name, s)
	case *string:
		*f = r.name(name, s)
	case *liquidity.Kind:
		*f = liquidity.Kind(s.text)
		r.must(slices.Contains([]liquidity.Kind{liquidity.SXLR, liquidity.KindLCR, liquidity.KindNSFR, liquidity.KindIntraday}, *f), name, s.text, "must be sxlr, lcr, nsfr or intraday")
	case *liquidity.Mode:
		modes := map[string]liquidity.Mode{"suggest": liquidity.Suggest, "shadow": liquidity.Shadow, "live": liquidity.Live}
		mode, ok := modes[s.text]
		r.must(ok, name, s.text, "must be suggest, shadow or live")
		*f = mode
	case *liquidity.Fairness:
		orders := map[string]liquidity.Fairness{"largest_first": liquidity.LargestFirst, "pro_rata": liquidity.ProRata}
		order, ok := orders[s.text]
		r.must(ok, name, s.text, "must be largest_first or pro_rata")
		*f = order
	}
}

func (r *reader) feed(field string, said feedSection, before []Feed) Feed {
	f := Feed{Name: r.name(field+".name", said.Name), File: said.File.text}
	for _, flag := range []struct {
		name string
		said scalar
		to   *bool
	}{{"sample", said.Sample, &f.Sample}, {"push", said.Push, &f.Push}, {"net", said.Net, &f.Net}} {
		if flag.said.set {
			*flag.to = r.boolean(field+"."+flag.name, flag.said)
		}
	}
	kinds := 0
	for _, is := range []bool{f.Sample, f.Push, f.File != ""} {
		if is {
			kinds++
		}
	}
	r.must(kinds == 1, field, f.Name, "must be one of sample: true, push: true and file: PATH")
	if f.File != "" {
		r.must(slices.Contains([]string{".csv", ".json"}, filepath.Ext(f.File)), field+".file", f.File, "must end in .csv or .json")
	}
	r.must(!f.Net || f.File != "", field+".net", f.Net, "must be of a file")
	r.must(!slices.ContainsFunc(before, func(b Feed) bool { return b.Name == f.Name }), field+".name", f.Name, "must be there once")
	return f
}

func (r *reader) provider(field string, said providerSection, c ALPS) Provider {
	p := Provider{ID: r.name(field+".id", said.ID)}
	zero := scalar{text: "0"}
	p.Min = r.amount(field+".min", said.Min.or(zero))
	p.Max = r.amount(field+".max", said.Max.or(zero))
	r.must(p.Max.IsZero() || p.Max.GreaterThanOrEqual(p.Min), field+".max", p.Max, "must be 0 or at least min")
	r.must(!slices.ContainsFunc(c.Providers, func(b Provider) bool { return b.ID == p.ID }), field+".id", p.ID, "must be there once")
	p.Contributions = r.approved(field+".contributions", said.Contributions, c.Engine.Places)
	return p
}
