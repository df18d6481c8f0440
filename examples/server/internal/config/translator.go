package config

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/risk"
)

// Translator is the engine that says how risky and how liquid instruments are, with
// all that it works with.
type Translator struct {
	Engine risk.Config
	Feeds  []Feed // who tells what is known
	Strict bool   // whether an ISIN must end in its check digit

	// How long the parts of a translation last. The whole is shown for the shortest of
	// them; what people watch is looked at again after Exits, and everything else
	// after Risk.
	Risk, Liquidity, Exits time.Duration

	Live      int // instruments whose runners are kept
	Workers   int // that look at what is new
	Version   string
	Redis     string        // URL of the bus between servers; empty for this one alone
	Heartbeat time.Duration // from one sign of life on a stream to the next
}

type translatorSection struct {
	Index          scalar            `yaml:"index"`
	TradeSize      scalar            `yaml:"trade_size"`
	StrictISIN     scalar            `yaml:"strict_isin"`
	RiskFor        scalar            `yaml:"risk_for"`
	LiquidityFor   scalar            `yaml:"liquidity_for"`
	ExitsFor       scalar            `yaml:"exits_for"`
	Drop           scalar            `yaml:"drop"`
	DropOver       scalar            `yaml:"drop_over"`
	Live           scalar            `yaml:"live"`
	Workers        scalar            `yaml:"workers"`
	Version        scalar            `yaml:"version"`
	Redis          scalar            `yaml:"redis"`
	Heartbeat      scalar            `yaml:"heartbeat"`
	Weights        indexWeights      `yaml:"index_weights"`
	Policy         exitPolicySection `yaml:"exit_policy"`
	ExitPolicyFile scalar            `yaml:"exit_policy_file"`
	Feeds          []feedSection     `yaml:"feeds"`
}

type indexWeights struct {
	Spread   scalar `yaml:"spread"`
	Depth    scalar `yaml:"depth"`
	Turnover scalar `yaml:"turnover"`
	Volume   scalar `yaml:"volume"`
}

// variable is an environment variable that wins over a setting of the translator.
type variable struct {
	name string
	unit string // that its value is in; a setting says its own
	to   *scalar
}

func (t *translatorSection) variables() []variable {
	return []variable{
		{"REDIS_URL", "", &t.Redis},
		{"LIQUIDITY_RISK_SERVICE_VERSION", "", &t.Version},
		{"LIQUIDITY_RISK_CACHE_TTL_HOURS", "h", &t.RiskFor},
		{"LIQUIDITY_RISK_WEBSOCKET_HEARTBEAT_SECONDS", "s", &t.Heartbeat},
		{"LIQUIDITY_INDEX_WEIGHTS_SPREAD", "", &t.Weights.Spread},
		{"LIQUIDITY_INDEX_WEIGHTS_DEPTH", "", &t.Weights.Depth},
		{"LIQUIDITY_INDEX_WEIGHTS_TURNOVER", "", &t.Weights.Turnover},
		{"LIQUIDITY_INDEX_WEIGHTS_VOLUME", "", &t.Weights.Volume},
		{"EXIT_POLICY_MM_MIN_SPREAD_BPS", "", &t.Policy.MinSpread},
		{"EXIT_POLICY_AUCTION_CADENCE_HOURS", "h", &t.Policy.AuctionCadence},
		{"EXIT_POLICY_RFQ_WINDOW_HOURS", "h", &t.Policy.RFQWindow},
		{"EXIT_POLICY_TOKENIZED_MIN_LOT", "", &t.Policy.MinLot},
	}
}

// Environment returns the environment variables that win over the translator's
// section, for [Override].
func Environment(lookup func(string) (string, bool)) map[string]string {
	said := map[string]string{}
	for _, v := range new(translatorSection).variables() {
		if value, ok := lookup(v.name); ok && value != "" {
			said[v.name] = value
		}
	}
	return said
}

// translator reads the section, without which there is no such engine.
func (r *reader) translator() *Translator {
	said, standard := r.said.Translator, r.standard.Translator
	if said == nil {
		return nil
	}
	if said.ExitPolicyFile.set {
		r.policyFile(said)
	}
	for _, v := range said.variables() {
		if value, ok := r.env[v.name]; ok {
			*v.to = scalar{value + v.unit, true}
		}
	}
	c := Translator{
		Strict:    r.boolean("translator.strict_isin", said.StrictISIN.or(standard.StrictISIN)),
		Risk:      r.duration("translator.risk_for", said.RiskFor.or(standard.RiskFor), time.Minute, 3650*day),
		Liquidity: r.duration("translator.liquidity_for", said.LiquidityFor.or(standard.LiquidityFor), time.Second, 3650*day),
		Exits:     r.duration("translator.exits_for", said.ExitsFor.or(standard.ExitsFor), time.Second, 3650*day),
		Live:      r.integer("translator.live", said.Live.or(standard.Live), 1, 100_000),
		Workers:   r.integer("translator.workers", said.Workers.or(standard.Workers), 1, 64),
		Version:   r.name("translator.version", said.Version.or(standard.Version)),
		Redis:     r.redis(said.Redis.or(standard.Redis)),
		Heartbeat: r.duration("translator.heartbeat", said.Heartbeat.or(standard.Heartbeat), time.Second, 5*time.Minute),
	}
	c.Engine = r.translation(said, standard)
	c.Engine.FactsFor = c.Risk
	for i, f := range said.Feeds {
		field := fmt.Sprintf("translator.feeds[%d]", i)
		c.Feeds = append(c.Feeds, r.feed(field, f, c.Feeds))
		r.must(!f.Net.set, field+".net", f.Net.text, "must not be there: nothing is lent here")
	}
	r.must(len(c.Feeds) >= 1 && len(c.Feeds) <= maxFeeds, "translator.feeds", len(c.Feeds), fmt.Sprintf("must be 1 to %d", maxFeeds))
	return &c
}

const day = 24 * time.Hour

// translation reads what the engine itself is told.
func (r *reader) translation(said, standard *translatorSection) risk.Config {
	c := risk.Careful(r.amount("translator.trade_size", said.TradeSize.or(standard.TradeSize)))
	index := said.Index.or(standard.Index)
	c.Index = risk.IndexKind(index.text)
	r.must(c.Index == risk.Calibrated || c.Index == risk.Seed, "translator.index", index.text, "must be calibrated or seed")
	c.Drop = r.amount("translator.drop", said.Drop.or(standard.Drop))
	c.DropOver = r.duration("translator.drop_over", said.DropOver.or(standard.DropOver), time.Minute, 365*day)
	w := &c.Parameters.Weights
	usual := *w
	for _, part := range []struct {
		name string
		said scalar
		to   *decimal.Decimal
	}{
		{"spread", said.Weights.Spread, &w.Cost},
		{"depth", said.Weights.Depth, &w.Depth},
		{"turnover", said.Weights.Turnover, &w.Activity},
		{"volume", said.Weights.Volume, &w.Turnover},
	} {
		if part.said.set {
			*part.to = r.amount("translator.index_weights."+part.name, part.said)
		}
	}
	changed := !w.Cost.Equal(usual.Cost) || !w.Depth.Equal(usual.Depth) || !w.Activity.Equal(usual.Activity) || !w.Turnover.Equal(usual.Turnover)
	r.must(c.Index != risk.Seed || !changed, "translator.index_weights", "other than the usual", "must not be there with index: seed, whose weights are its own")
	c.Policy = r.exitPolicy(said.Policy)
	return c
}

// redis reads a URL, which may hold a password: errors do not show it.
func (r *reader) redis(s scalar) string {
	if s.text == "" {
		return ""
	}
	at, err := url.Parse(s.text)
	if err != nil || !slices.Contains([]string{"redis", "rediss", "unix"}, at.Scheme) {
		r.problem("translator.redis: must begin with redis://, rediss:// or unix://")
	}
	return s.text
}
