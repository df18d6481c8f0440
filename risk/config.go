package risk

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"text/template"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

var (
	// ErrInvalid is wrapped by every rejection of malformed input.
	ErrInvalid = errors.New("risk: invalid")
	// ErrForbidden says that a role may not see that much.
	ErrForbidden = errors.New("risk: forbidden")
)

// identity changes with anything that an engine of the same configuration would
// answer in another way.
const identity = "risk@2"

// Config is fixed for the life of an [Engine]. Start from [Careful].
type Config struct {
	// Sale is what a translation is made for, unless somebody asks for another.
	Sale market.Sale `json:"sale"`

	Index      IndexKind         `json:"index"`
	Parameters market.Parameters `json:"parameters"` // of a [Calibrated] index
	Policy     market.Policy     `json:"policy"`     // for ways out

	Weights Weights `json:"weights"`
	// SeedDefaults takes a category of which nothing is known for a 50, and a
	// liquidity index without data for what it says, as the translator did. It is
	// for comparing with the translator, not for people.
	SeedDefaults bool `json:"seed_defaults"`
	// Known is the weight of categories that must have a score, 0 to 1, for an
	// overall score to be given.
	Known decimal.Decimal `json:"known"`

	// FactsFor is how long facts may be relied on without being checked again, 1 m
	// to 3650 days.
	FactsFor time.Duration `json:"facts_for_ns"`
	// Drop is how many points the liquidity index may fall within DropOver before
	// people are told, > 0 to 100.
	Drop     decimal.Decimal `json:"drop"`
	DropOver time.Duration   `json:"drop_over_ns"` // 1 m to 365 days
}

// IndexKind names a liquidity index.
type IndexKind string

// The kinds.
const (
	Seed       IndexKind = "seed"       // market.SeedModel
	Calibrated IndexKind = "calibrated" // market.CalibratedModel
)

// Careful is a configuration to begin with: a calibrated index, an enforced
// policy, no score for what is not known, for a sale of that size.
func Careful(size decimal.Decimal) Config {
	return Config{
		Sale:  market.Sale{Size: size},
		Index: Calibrated, Parameters: market.DefaultParameters(), Policy: market.NewPolicy(market.Enforced),
		Weights: SeedWeights(), Known: hundredths(75),
		FactsFor: day, Drop: decimal.New(10, 0), DropOver: day,
	}
}

// AsSeed is the translator as it was built.
func AsSeed(size decimal.Decimal) Config {
	c := Careful(size)
	c.Index, c.Policy, c.SeedDefaults = Seed, market.NewPolicy(market.SeedCompatible), true
	return c
}

const day = 24 * time.Hour

func (c Config) validate() error {
	if err := c.Sale.Validate(); err != nil {
		return fmt.Errorf("%w: Sale: %w", ErrInvalid, err)
	}
	return cmp.Or(c.Weights.validate(), check(
		rule{c.Index == Seed || c.Index == Calibrated, "Index", string(c.Index), "must be one of the package's"},
		rule{fraction(c.Known), "Known", c.Known, "must be 0 to 1"},
		rule{c.FactsFor >= time.Minute && c.FactsFor <= 3650*day, "FactsFor", c.FactsFor, "must be 1 m to 3650 days"},
		rule{valid.Positive(c.Drop) && c.Drop.LessThanOrEqual(hundred), "Drop", c.Drop, "must be > 0, up to 100"},
		rule{c.DropOver >= time.Minute && c.DropOver <= 365*day, "DropOver", c.DropOver, "must be 1 m to 365 days"},
	))
}

// Engine translates. It is immutable, so safe for concurrent use.
type Engine struct {
	cfg    Config
	text   []byte // cfg as it is hashed
	config [32]byte
	desk   market.Desk
	tape   *market.CalibratedModel // what a book takes in a day, whichever index is shown
	texts  *template.Template
	models Models
}

// New returns the engine of a configuration, which it copies. Anything out of its
// bounds is an [ErrInvalid].
func New(cfg Config) (*Engine, error) {
	if err := cfg.validate(); err != nil {
		return nil, err
	}
	exits, err := market.NewRecommender(cfg.Policy)
	if err != nil {
		return nil, fmt.Errorf("%w: Policy: %w", ErrInvalid, err)
	}
	cfg.Policy = exits.Policy()
	calibrated, err := market.NewCalibratedModel(cfg.Parameters)
	if err != nil {
		return nil, fmt.Errorf("%w: Parameters: %w", ErrInvalid, err)
	}
	e := &Engine{cfg: cfg, desk: market.Desk{Model: calibrated, Exits: exits}, tape: calibrated}
	if cfg.Index == Seed {
		e.desk.Model = market.SeedModel{}
	}
	if e.texts, err = texts(); err != nil {
		return nil, err
	}
	if e.text, err = json.Marshal(cfg); err != nil {
		return nil, fmt.Errorf("%w: config: %w", ErrInvalid, err)
	}
	e.config = sha256.Sum256(e.text)
	e.models = Models{
		Translation: Model{identity, hex.EncodeToString(e.config[:])},
		Index:       modelOf(e.desk.Model.Identity()),
		Exits:       modelOf(exits.Identity()),
		Scores:      Model{Version: score.Identity},
	}
	return e, nil
}

// Identity implements evenkeel.Identity.
func (e *Engine) Identity() (engine string, config [32]byte) { return identity, e.config }

// Config returns a copy of the configuration.
func (e *Engine) Config() Config {
	c := e.cfg
	c.Policy = e.desk.Exits.Policy()
	return c
}

// Accepts returns an [ErrInvalid] that names the first field of a bond that is
// malformed, or that the policy does not know what to do with. A host that asks
// before it keeps a bond never has an instrument without a translation for it.
func (e *Engine) Accepts(b market.Bond) error {
	if err := e.cfg.Policy.Accepts(b); err != nil {
		return fmt.Errorf("%w: %w", ErrInvalid, err)
	}
	return nil
}

// Models are what a translation was made with.
type Models struct {
	Translation Model `json:"translation"`
	Index       Model `json:"liquidity_index"`
	Exits       Model `json:"exit_recommender"`
	Scores      Model `json:"risk_scoring"`
}

// Model is one of them.
type Model struct {
	Version string `json:"version"`          // "name@number"
	Config  string `json:"config,omitempty"` // SHA-256 of its parameters in hexadecimal digits; empty without any
}

func modelOf(version string, config [32]byte) Model {
	return Model{version, hex.EncodeToString(config[:])}
}
