package market

import (
	"github.com/shopspring/decimal"
)

// Desk is what a question about an instrument is answered with. Model and Exits
// are required. It is safe for concurrent use as long as nobody writes to it.
type Desk struct {
	Model     IndexModel
	Exits     *Recommender
	Turnovers []decimal.Decimal // of peers, see [NewProfile]
	Record    Record
}

// Assessment is how liquid an instrument is, and the ways out of it.
type Assessment struct {
	Profile Profile `json:"liquidity_profile"`
	Exits   Exits   `json:"exit_recommendations"`
}

// Assess answers for a sale. Malformed input is an [ErrInvalid].
func (d Desk) Assess(s Snapshot, sale Sale) (Assessment, error) {
	if d.Model == nil || d.Exits == nil {
		return Assessment{}, invalid("Desk", "without Model or Exits", "must have both")
	}
	exits, err := d.Exits.Recommend(s, sale, d.Record)
	if err != nil {
		return Assessment{}, err
	}
	profile, err := NewProfile(d.Model, s, sale.Size, d.Turnovers)
	if err != nil {
		return Assessment{}, err
	}
	return Assessment{profile, exits}, nil
}

// Comparison is what a stress would change.
type Comparison struct {
	Before Assessment `json:"before"`
	After  Assessment `json:"after"`
	// IndexChange is after less before; not valid if either is [Insufficient].
	IndexChange     decimal.NullDecimal `json:"index_change"`
	SpreadChangeBps decimal.Decimal     `json:"spread_change_bps"`
	Lost            []Path              `json:"lost"` // routes that close
}

// WhatIf assesses a sale as things are and under stress. Malformed input, and a
// stress that no book could show, is an [ErrInvalid].
func (d Desk) WhatIf(s Snapshot, sale Sale, stress Stress) (Comparison, error) {
	before, err := d.Assess(s, sale)
	if err != nil {
		return Comparison{}, err
	}
	stressed, err := stress.Apply(s)
	if err != nil {
		return Comparison{}, err
	}
	after, err := d.Assess(stressed, sale)
	if err != nil {
		return Comparison{}, err
	}
	c := Comparison{Before: before, After: after, SpreadChangeBps: after.Profile.SpreadBps.Sub(before.Profile.SpreadBps)}
	if a, b := after.Profile.Index, before.Profile.Index; a.Level != Insufficient && b.Level != Insufficient {
		c.IndexChange = decimal.NewNullDecimal(a.Value.Sub(b.Value))
	}
	for _, path := range Paths() {
		was, _ := before.Exits.Route(path)
		is, _ := after.Exits.Route(path)
		if was.Available && !is.Available {
			c.Lost = append(c.Lost, path)
		}
	}
	return c, nil
}
