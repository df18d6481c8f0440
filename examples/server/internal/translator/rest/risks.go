package rest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/score"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Risks is what is known of an instrument's risks.
type Risks struct {
	ISIN       string     `json:"isin" maxLength:"64"`
	AsOf       api.Time   `json:"as_of" doc:"When it was so."`
	Categories []Category `json:"categories" nullable:"false" minItems:"1" maxItems:"8" doc:"Each once. What is left out is not known."`

	Overall    *Number `json:"overall_score,omitempty" doc:"Taken no notice of: it is worked out."`
	Confidence *Number `json:"confidence,omitempty" doc:"Taken no notice of: it is worked out."`
}

// Category is what is known of one category of risks: a score, or what one is made
// of.
type Category struct {
	Name      string   `json:"name" doc:"Liquidity Risk, Credit Risk, Interest Rate Risk, Refinancing Risk, Leverage Risk, Governance Risk, Legal Risk or ESG Risk."`
	Score     *Number  `json:"score_0_100,omitempty"`
	Inputs    Inputs   `json:"inputs,omitempty" doc:"What a score is made of, where it is not stated; see package risk/score for the names."`
	Source    string   `json:"source,omitempty" maxLength:"256" doc:"Who says so, if it is not whoever pushes."`
	Citations []string `json:"citations,omitempty" maxItems:"20" doc:"Where to look it up."`

	Level string `json:"level,omitempty" maxLength:"64" doc:"Taken no notice of: it is worked out."`
	Note  string `json:"probability_note,omitempty" maxLength:"1024" doc:"Taken no notice of: it is worked out."`
}

// Inputs are those of a category, not read yet.
type Inputs json.RawMessage

// Schema implements huma.SchemaProvider.
func (Inputs) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, AdditionalProperties: true}
}

// UnmarshalJSON implements json.Unmarshaler.
func (i *Inputs) UnmarshalJSON(text []byte) error {
	*i = append((*i)[:0], text...)
	return nil
}

func risks(source string, at Place, r Risks) (sql.Instrument, error) {
	isin, err := at.isin(r.ISIN)
	if err != nil {
		return sql.Instrument{}, err
	}
	known := sql.Known[risk.Facts]{Source: source, At: micros(r.AsOf)}
	f := &known.Is
	readers := map[risk.Category]func(Category, risk.Evidence) error{
		risk.Liquidity:    fact(&f.Liquidity),
		risk.Credit:       fact(&f.Credit),
		risk.InterestRate: fact(&f.InterestRate),
		risk.Refinancing:  fact(&f.Refinancing),
		risk.Leverage:     fact(&f.Leverage),
		risk.Governance:   fact(&f.Governance),
		risk.Legal:        fact(&f.Legal),
		risk.ESG:          fact(&f.ESG),
	}
	for i, c := range r.Categories {
		field := fmt.Sprintf("%s.categories[%d]", at.field, i)
		read := readers[risk.Category(c.Name)]
		if read == nil {
			return sql.Instrument{}, malformed(field+".name", c.Name, "must be one of the eight categories, and there once")
		}
		delete(readers, risk.Category(c.Name))
		from := risk.Evidence{Source: source, At: known.At, Citations: c.Citations}
		if c.Source != "" {
			from.Source = c.Source
		}
		if (c.Score == nil) == (c.Inputs == nil) {
			return sql.Instrument{}, malformed(field+".score_0_100", "", "must be there, or inputs must")
		}
		if err := read(c, from); err != nil {
			return sql.Instrument{}, malformed(field+".inputs", string(c.Inputs), err.Error())
		}
	}
	return sql.Instrument{ISIN: isin, Facts: &known}, nil
}

// fact returns a reader into one fact.
func fact[T interface{ Score() (score.Score, error) }](to *risk.Fact[T]) func(Category, risk.Evidence) error {
	return func(c Category, from risk.Evidence) error {
		to.Evidence = from
		if c.Score != nil {
			to.Stated = decimal.NewNullDecimal(decimal.Decimal(*c.Score))
			return nil
		}
		to.Inputs = new(T)
		decoder := json.NewDecoder(bytes.NewReader(c.Inputs))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(to.Inputs); err != nil {
			return fmt.Errorf("must be inputs of the category: %s", strings.TrimPrefix(err.Error(), "json: "))
		}
		return nil
	}
}
