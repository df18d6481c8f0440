package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/foresight"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

func (s *server) works(g *api.Group) {
	api.Add(g, "run", api.Doc{Summary: "Look at all banks now", Detail: "The engine looks by itself, too. In mode live it does what it plans."}, s.run)
	api.Add(g, "suggest", api.Doc{Summary: "What a look would do now, without doing it"}, s.suggest)
	api.Add(g, "predictStress", api.Doc{Summary: "Forecast breaches of the floor", Detail: "A bank without a forecast says what is missing."}, s.predict)
	api.Add(g, "push", api.Doc{Summary: "Tell how banks stand", Detail: "The source is whoever pushes: a feed of that name must be configured. All are kept or none; one that is older than what is kept is refused."}, s.push)
}

// Plan is what a look came to.
type Plan struct {
	Look        uint64       `json:"look,omitempty" doc:"Its number; not there if it was not recorded."`
	At          api.Time     `json:"at"`
	Mode        string       `json:"mode" enum:"suggest,shadow,live" doc:"What comes of the suggestions: nothing, a score, or actions."`
	Outcome     string       `json:"outcome" doc:"suggested, idle, held, acting or killed."`
	Suggestions []Suggestion `json:"suggestions" doc:"One for each bank, by name."`
}

func (s *server) plan(look alps.Look) Plan {
	p := Plan{Look: look.Seq, At: api.Time(look.At), Mode: mode(s.alps.Config().Engine.Mode), Outcome: string(look.Decision.Reason), Suggestions: []Suggestion{}}
	for _, b := range look.Decision.Banks {
		p.Suggestions = append(p.Suggestions, suggestion(b))
	}
	return p
}

func (s *server) run(ctx context.Context, _ access.Caller, _ *struct{}) (*api.Reply[Plan], error) {
	before, err := s.alps.Latest(ctx)
	if err != nil {
		return nil, err
	}
	if before.State.Kill.Tripped {
		return nil, killed("of the pool")
	}
	look, err := s.alps.Look(ctx)
	if err != nil {
		return nil, err
	}
	return &api.Reply[Plan]{Body: s.plan(look)}, nil
}

func (s *server) suggest(ctx context.Context, _ access.Caller, _ *struct{}) (*api.Reply[Plan], error) {
	look, err := s.alps.Try(ctx)
	if err != nil {
		return nil, err
	}
	look.Seq = 0
	return &api.Reply[Plan]{Body: s.plan(look)}, nil
}

// Prediction is what can be forecast now.
type Prediction struct {
	Horizon   api.Duration `json:"horizon" doc:"That a forecast looks ahead."`
	Forecasts []Forecast   `json:"forecasts" doc:"One for each bank that was ever seen, by name."`
}

// Forecast is what can be said of one bank.
type Forecast struct {
	SovereignBankID string                `json:"sovereignBankId"`
	Event           *LiquidityStressEvent `json:"event,omitempty" doc:"Not there while something is missing."`
	Missing         string                `json:"missing,omitempty" doc:"What there has to be before there is a forecast, or before it may move money."`
	Observations    int                   `json:"observations" doc:"Without a gap up to now."`
	Needed          int                   `json:"needed" doc:"Observations that a forecast needs."`
}

func (s *server) predict(ctx context.Context, _ access.Caller, _ *struct{}) (*api.Reply[Prediction], error) {
	outlooks, err := s.alps.Foresee(ctx)
	if err != nil {
		return nil, err
	}
	p := Prediction{Horizon: api.Duration(s.alps.Config().Foresight.Horizon), Forecasts: []Forecast{}}
	for _, o := range outlooks {
		f := Forecast{SovereignBankID: o.Bank, Missing: o.Missing, Observations: o.Seen, Needed: foresight.Needed}
		if o.Event != nil {
			event := stressEvent(*o.Event)
			f.Event = &event
		}
		p.Forecasts = append(p.Forecasts, f)
	}
	return &api.Reply[Prediction]{Body: p}, nil
}

// Position is how a bank stands, by a source that pushes.
type Position struct {
	Bank         string       `json:"sovereignBankId" minLength:"1" maxLength:"256"`
	Liquid       api.Decimal  `json:"liquid" doc:">= 0. What the pool lent is part of it once asOf is later."`
	Obligations  api.Decimal  `json:"obligations" doc:">= 0; without any there is no ratio."`
	Currency     string       `json:"currency" maxLength:"32"`
	AsOf         api.Time     `json:"asOf" doc:"When it was so: neither stale nor in the future, nor before what this source said last."`
	SRI          *api.Decimal `json:"sri,omitempty" doc:"Sovereign risk, 0 to 100."`
	FXVolatility *api.Decimal `json:"fxVolatility,omitempty"`
	CBDCRoom     *api.Decimal `json:"cbdcRoom,omitempty" doc:"How much the flow limits of its CBDC let in."`
	Congestion   *api.Decimal `json:"congestion,omitempty" doc:"Queued to settled payments."`
	Collateral   *api.Decimal `json:"collateral,omitempty" doc:"Market value of what it pledged."`
}

type pushIn struct {
	Body struct {
		Positions []Position `json:"positions" minItems:"1" maxItems:"1000" doc:"One for each bank."`
	}
}

// Pushed says that all was kept.
type Pushed struct {
	Source string `json:"source"`
	Kept   int    `json:"kept"`
}

func (s *server) push(ctx context.Context, caller access.Caller, in *pushIn) (*api.Reply[Pushed], error) {
	if !s.pushes(caller.Name) {
		return nil, api.Fail(http.StatusForbidden, api.Forbidden, "%s: must be the name of a feed with push: true", caller.Name)
	}
	told := map[string]int{}
	positions := make([]liquidity.Position, len(in.Body.Positions))
	for i, p := range in.Body.Positions {
		if first, again := told[p.Bank]; again {
			return nil, invalid(fmt.Sprintf("positions[%d].sovereignBankId", i), p.Bank, fmt.Sprintf("must be there once, and is in positions[%d] too", first))
		}
		told[p.Bank] = i
		positions[i] = s.position(p)
	}
	err := s.alps.Push(ctx, caller.Name, positions)
	if errors.Is(err, liquidity.ErrInvalid) {
		return nil, api.Fail(http.StatusUnprocessableEntity, api.Invalid, "%v", err)
	}
	if err != nil {
		return nil, err
	}
	return &api.Reply[Pushed]{Body: Pushed{caller.Name, len(positions)}}, nil
}

func (s *server) pushes(name string) bool {
	for _, f := range s.alps.Config().Feeds {
		if f.Push && f.Name == name {
			return true
		}
	}
	return false
}

func (s *server) position(p Position) liquidity.Position {
	or := func(d *api.Decimal) decimal.Decimal {
		if d == nil {
			return decimal.Decimal{}
		}
		return decimal.Decimal(*d)
	}
	return liquidity.Position{
		Bank: p.Bank, Kind: s.alps.Config().Engine.Kind, Currency: p.Currency, At: time.Time(p.AsOf).UTC().Truncate(time.Microsecond),
		Liquid: decimal.Decimal(p.Liquid), Obligations: decimal.Decimal(p.Obligations),
		SRI: or(p.SRI), FXVolatility: or(p.FXVolatility), Congestion: or(p.Congestion), Collateral: or(p.Collateral),
		CBDCRoom: decimal.NullDecimal{Decimal: or(p.CBDCRoom), Valid: p.CBDCRoom != nil},
	}
}
