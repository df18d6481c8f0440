package config

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v3"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
)

// exitPolicySection is also a file of its own.
type exitPolicySection struct {
	Strictness        scalar                 `yaml:"strictness"`
	RatingCaps        map[string]capsSection `yaml:"rating_caps"`
	TenorRestrictions map[string][]scalar    `yaml:"tenor_restrictions"`
	IssuerClassLimits map[string]capsSection `yaml:"issuer_class_limits"`
	BarredRatings     []scalar               `yaml:"barred_ratings"`
	MinSpread         scalar                 `yaml:"mm_min_spread_bps"`
	AuctionCadence    scalar                 `yaml:"auction_cadence"`
	RFQWindow         scalar                 `yaml:"rfq_window"`
	RFQOpens          []scalar               `yaml:"rfq_opens"`
	RFQZone           scalar                 `yaml:"rfq_zone"`
	RFQHolidays       []scalar               `yaml:"rfq_holidays"`
	MinLot            scalar                 `yaml:"tokenized_min_lot"`
}

type capsSection struct {
	Maker   scalar `yaml:"mm_cap"`
	Auction scalar `yaml:"auction_cap"`
	RFQ     scalar `yaml:"rfq_cap"`
}

// policyFile reads the exit policy from a file of its own.
func (r *reader) policyFile(said *translatorSection) {
	name := said.ExitPolicyFile.text
	text, err := os.ReadFile(name)
	if err == nil && len(text) > maxFile {
		err = errors.New("it is too long")
	}
	if err == nil {
		decoder := yaml.NewDecoder(bytes.NewReader(text))
		decoder.KnownFields(true)
		if err = decoder.Decode(&said.Policy); errors.Is(err, io.EOF) {
			err = nil // an empty file says nothing
		}
	}
	if err != nil {
		r.problem("translator.exit_policy_file %q: must be a readable exit policy: %s", name, oneLine(err))
	}
}

// exitPolicy reads what a house allows. Entries of tables are added to the usual
// ones, and take their place.
func (r *reader) exitPolicy(said exitPolicySection) market.Policy {
	strictness := market.Strictness(said.Strictness.or(scalar{text: string(market.Enforced)}).text)
	if !r.must(strictness == market.Enforced || strictness == market.SeedCompatible, "translator.exit_policy.strictness", strictness, "must be enforced or seed_compatible") {
		strictness = market.Enforced
	}
	p := market.NewPolicy(strictness)
	r.caps("rating_caps", said.RatingCaps, p.RatingCaps)
	r.caps("issuer_class_limits", said.IssuerClassLimits, p.IssuerLimits)
	for _, tenor := range slices.Sorted(maps.Keys(said.TenorRestrictions)) {
		paths := []market.Path{}
		for _, path := range said.TenorRestrictions[tenor] {
			r.must(slices.Contains(market.Paths(), market.Path(path.text)), "translator.exit_policy.tenor_restrictions."+tenor, path.text, "must be one of market_maker, auction, rfq_batch and tokenized_p2p")
			paths = append(paths, market.Path(path.text))
		}
		p.Tenors[tenor] = paths
	}
	for _, n := range []struct {
		name string
		said scalar
		to   *decimal.Decimal
	}{{"mm_min_spread_bps", said.MinSpread, &p.MakerMinSpreadBps}, {"tokenized_min_lot", said.MinLot, &p.P2PMinLot}} {
		if n.said.set {
			*n.to = r.amount("translator.exit_policy."+n.name, n.said)
		}
	}
	for _, d := range []struct {
		name string
		said scalar
		to   *time.Duration
	}{{"auction_cadence", said.AuctionCadence, &p.AuctionCadence}, {"rfq_window", said.RFQWindow, &p.RFQWindow}} {
		if d.said.set {
			*d.to = r.duration("translator.exit_policy."+d.name, d.said, time.Minute, 365*day)
		}
	}
	p.RFQ.Zone = said.RFQZone.text
	for _, list := range []struct {
		said []scalar
		to   *[]string
	}{{said.RFQOpens, &p.RFQ.Opens}, {said.RFQHolidays, &p.RFQ.Holidays}, {said.BarredRatings, &p.BarredRatings}} {
		if list.said != nil {
			*list.to = nil
		}
		for _, s := range list.said {
			*list.to = append(*list.to, s.text)
		}
	}
	return p
}

func (r *reader) caps(table string, said map[string]capsSection, to map[string]market.Caps) {
	for _, key := range slices.Sorted(maps.Keys(said)) {
		field := "translator.exit_policy." + table + "." + key
		caps := to[key] // what is left out stays
		for _, c := range []struct {
			name string
			said scalar
			to   *decimal.Decimal
		}{{"mm_cap", said[key].Maker, &caps.Maker}, {"auction_cap", said[key].Auction, &caps.Auction}, {"rfq_cap", said[key].RFQ, &caps.RFQ}} {
			if c.said.set {
				*c.to = r.amount(field+"."+c.name, c.said)
			}
		}
		to[key] = caps
	}
}
