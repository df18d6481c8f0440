package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"
)

// file is what a YAML file says, before anybody has judged it.
type file struct {
	Pool        *poolSection                         `yaml:"pool"`
	Listen      scalar                               `yaml:"listen"`
	Metrics     scalar                               `yaml:"metrics"`
	Hardened    scalar                               `yaml:"hardened"`
	Proxy       scalar                               `yaml:"proxy"`
	Requests    scalar                               `yaml:"requests"`
	RebindDelay scalar                               `yaml:"rebind_delay"`
	Paper       scalar                               `yaml:"paper"`
	DB          *dbSection                           `yaml:"db"`
	Grants      []grantSection                       `yaml:"grants"`
	Payout      payoutSection                        `yaml:"payout"`
	Report      scalar                               `yaml:"report"`
	RPC         *rpcSection                          `yaml:"rpc"`
	Prices      map[string]priceSection              `yaml:"prices"`
	Exchanges   map[string]map[string]*marketSection `yaml:"exchanges"`
	ALPS        *alpsSection                         `yaml:"alps"`
	Translator  *translatorSection                   `yaml:"translator"`
	Access      accessSection                        `yaml:"access"`
}

type poolSection struct {
	Name               scalar `yaml:"name"`
	GrantAddress       scalar `yaml:"grant_address"`
	MinimumPayout      scalar `yaml:"minimum_payout"`
	Pegged             scalar `yaml:"pegged"`
	Round              scalar `yaml:"round"`
	Places             scalar `yaml:"places"`
	MaxAge             scalar `yaml:"max_age"`
	MinAge             scalar `yaml:"min_age"`
	MaxTargetTolerance scalar `yaml:"max_target_tolerance"`
}

type dbSection struct {
	DSN  scalar `yaml:"dsn"`
	Keep scalar `yaml:"keep"`
}

type grantSection struct {
	Approval scalar `yaml:"approval"`
	Amount   scalar `yaml:"amount"`
}

type payoutSection struct {
	Every         scalar `yaml:"every"`
	Retry         scalar `yaml:"retry"`
	Places        scalar `yaml:"places"`
	ApproveAbove  scalar `yaml:"approve_above"`
	MaxBatch      scalar `yaml:"max_batch"`
	MaxDay        scalar `yaml:"max_day"`
	Confirmations scalar `yaml:"confirmations"`
	MaxAttempts   scalar `yaml:"max_attempts"`
	Payer         scalar `yaml:"payer"`
	Folder        scalar `yaml:"folder"`
}

type rpcSection struct {
	User           scalar `yaml:"user"`
	Pass           scalar `yaml:"pass"`
	PassFile       scalar `yaml:"pass_file"`
	Host           scalar `yaml:"host"`
	Port           scalar `yaml:"port"`
	NumericAmounts scalar `yaml:"numeric_amounts"`
}

type priceSection struct {
	Fixed   scalar          `yaml:"fixed"`
	Main    sourceSection   `yaml:"main"`
	Backups []sourceSection `yaml:"backups"`
	MaxAge  scalar          `yaml:"max_age"`
}

type sourceSection struct {
	Venue scalar `yaml:"venue"`
	Pair  scalar `yaml:"pair"`
}

type marketSection struct {
	Reverse scalar       `yaml:"reverse"`
	Reward  scalar       `yaml:"reward"`
	Target  scalar       `yaml:"target"`
	Pair    scalar       `yaml:"pair"`
	Ask     *bookSection `yaml:"ask"`
	Bid     *bookSection `yaml:"bid"`
}

// bookSection names its ranks as it likes: any key but ratio.
type bookSection struct {
	Ratio scalar                 `yaml:"ratio"`
	Ranks map[string]rankSection `yaml:",inline"`
}

type rankSection struct {
	Ratio     scalar `yaml:"ratio"`
	Tolerance scalar `yaml:"tolerance"`
}

// scalar is a value as it is written, so that a number never is a float and what
// was left out is told from what is zero.
type scalar struct {
	text string
	set  bool
}

// UnmarshalYAML implements yaml.Unmarshaler.
func (s *scalar) UnmarshalYAML(node *yaml.Node) error {
	if node.Kind != yaml.ScalarNode {
		return fmt.Errorf("line %d: must be one value", node.Line)
	}
	s.text, s.set = node.Value, true // not called for null, which is as good as nothing
	return nil
}

// or returns s, or what stands in for it when it was left out.
func (s scalar) or(other scalar) scalar {
	if s.set {
		return s
	}
	return other
}

// number reads a plain one below 1e18 with at most 18 decimals: an exponent could
// make it enormous.
func (s scalar) number() (decimal.Decimal, bool) {
	whole, part, _ := strings.Cut(strings.TrimPrefix(s.text, "-"), ".")
	if whole == "" || len(whole) > 18 || len(part) > 18 || strings.Trim(whole+part, "0123456789") != "" {
		return decimal.Decimal{}, false
	}
	d, err := decimal.NewFromString(s.text)
	return d, err == nil
}

func (s scalar) duration() (time.Duration, bool) {
	d, err := time.ParseDuration(s.text)
	return d, err == nil
}

func (s scalar) boolean() (value, ok bool) {
	switch s.text {
	case "true":
		return true, true
	case "false":
		return false, true
	}
	return false, false
}

func (s scalar) integer() (int, bool) {
	n, err := strconv.ParseInt(s.text, 10, 32)
	return int(n), err == nil
}
