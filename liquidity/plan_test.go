package liquidity_test

import (
	"encoding/json"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/reserve"
)

var (
	dec   = decimal.RequireFromString
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

const currency = "EUR"

// cases is the golden file: what one bank is to get, and why not more.
type cases struct {
	Params struct {
		Floor, Target, Ceiling decimal.Decimal
		UpperTarget            decimal.Decimal `json:"upper_target"`
		MaxAction              decimal.Decimal `json:"max_action"`
		MinAction              decimal.Decimal `json:"min_action"`
		Budget                 decimal.Decimal `json:"budget_24h"`
		BankBudget             decimal.Decimal `json:"budget_bank_24h"`
		MaxInFlight            decimal.Decimal `json:"max_inflight"`
		Cooldown               seconds         `json:"cooldown_s"`
		ReverseCooldown        seconds         `json:"reverse_cooldown_s"`
		MaxAge                 seconds         `json:"max_age_s"`
		PoolMin                decimal.Decimal `json:"pool_min"`
		FourEyes               decimal.Decimal `json:"four_eyes"`
		Dwell                  seconds         `json:"dwell_ok_s"`
		Quantum                decimal.Decimal
	}
	Cases []planCase
}

type planCase struct {
	Name  string
	Input struct {
		Obligations, Liquid, Outstanding, Reserved decimal.Decimal
		PoolFree                                   decimal.Decimal `json:"pool_free"`
		Spent                                      decimal.Decimal `json:"spent_24h"`
		SpentBank                                  decimal.Decimal `json:"spent_bank_24h"`
		Kill                                       bool
		Age                                        seconds `json:"age_s"`
		InFlight                                   []decimal.Decimal
		LastAction                                 *struct {
			Side liquidity.Side
			Age  seconds `json:"age_s"`
		} `json:"last_action"`
		CongestionFalling bool            `json:"congestion_falling"`
		FXInBand          bool            `json:"fx_in_band"`
		OKFor             seconds         `json:"ok_for_s"`
		PBreach           decimal.Decimal `json:"p_breach"`
		PAct              decimal.Decimal `json:"p_act"`
	}
	Expect expected
}

type expected struct {
	Ratio          decimal.Decimal
	EffectiveRatio decimal.Decimal `json:"effective_ratio"`
	Action, Would  liquidity.Side
	Amount, Wanted decimal.Decimal
	Reasons        []liquidity.Reason
	Approval       bool
}

// seconds reads a number of seconds, with or without quotes.
type seconds time.Duration

func (s *seconds) UnmarshalJSON(text []byte) error {
	var d decimal.Decimal
	err := d.UnmarshalJSON(text)
	*s = seconds(time.Duration(d.IntPart()) * time.Second)
	return err
}

func (c cases) config(p planCase) liquidity.Config {
	cfg := config()
	cfg.Floor, cfg.Target, cfg.UpperTarget, cfg.Ceiling = c.Params.Floor, c.Params.Target, c.Params.UpperTarget, c.Params.Ceiling
	cfg.MaxAction, cfg.MinAction, cfg.Budget, cfg.BankBudget = c.Params.MaxAction, c.Params.MinAction, c.Params.Budget, c.Params.BankBudget
	cfg.Cooldown, cfg.ReverseCooldown = time.Duration(c.Params.Cooldown), time.Duration(c.Params.ReverseCooldown)
	cfg.MaxAge, cfg.Dwell = time.Duration(c.Params.MaxAge), time.Duration(c.Params.Dwell)
	cfg.MaxInFlight, cfg.Places = int(c.Params.MaxInFlight.IntPart()), -c.Params.Quantum.Exponent()
	cfg.PoolFloor, cfg.ApproveFrom, cfg.PAct = c.Params.PoolMin, c.Params.FourEyes, p.Input.PAct
	return cfg
}

// fixed is the action that holds what a case says is in flight.
func fixed(id, amount string) liquidity.Action {
	return liquidity.Action{
		ID: id, Side: liquidity.Inject, Cause: liquidity.BelowFloor, Amount: dec(amount), Phase: liquidity.Submitted, At: start, BeganAt: start,
		Legs: []liquidity.Leg{{Provider: "glp", Amount: dec(amount), Phase: liquidity.Submitted, AskedAt: start}},
	}
}

// state is one in which the inputs of a case are true, with books that add up.
func (p planCase) state() liquidity.State {
	in := p.Input
	fund := liquidity.Fund{Provider: "glp", Free: in.PoolFree, Lent: in.Outstanding}
	bank := liquidity.Account{Bank: "bank"}
	bank.Seen.Congestion = dec("1")
	bank.Seen.At = start.Add(-24 * time.Hour)
	bank.Seen.ExcessAt = start.Add(-time.Duration(in.OKFor))
	for i, amount := range in.InFlight {
		bank.Actions = append(bank.Actions, fixed(fmt.Sprint("a", i), amount.String()))
		fund.Reserved = fund.Reserved.Add(amount)
	}
	if in.LastAction != nil {
		bank.Last = liquidity.Begun{Side: in.LastAction.Side, At: start.Add(-time.Duration(in.LastAction.Age))}
	}
	if in.SpentBank.IsPositive() {
		bank.Spent = reserve.Allowance{{At: start.Add(-time.Hour), Amount: in.SpentBank}}
	}
	if in.Outstanding.IsPositive() {
		bank.Loans = []liquidity.Loan{{ID: "l/0", Provider: "glp", Principal: in.Outstanding, Outstanding: in.Outstanding, Due: start.Add(time.Hour)}}
	}
	other := liquidity.Account{Bank: "other", Spent: reserve.Allowance{{At: start.Add(-time.Hour), Amount: in.Spent}}}
	if in.Reserved.IsPositive() {
		other.Actions = []liquidity.Action{fixed("b", in.Reserved.String())}
		fund.Reserved = fund.Reserved.Add(in.Reserved)
	}
	fund.Contributed = fund.Free.Add(fund.Reserved).Add(fund.Lent)
	s := liquidity.State{At: start, Accounts: []liquidity.Account{bank, other}, Funds: []liquidity.Fund{fund}}
	s.Kill.Tripped = in.Kill
	return s
}

func (p planCase) seen(contributed decimal.Decimal) liquidity.Observation {
	in := p.Input
	pos := liquidity.Position{
		Bank: "bank", Kind: liquidity.SXLR, Currency: currency, At: start.Add(-time.Duration(in.Age)),
		Liquid: in.Liquid, Obligations: in.Obligations, PBreach: in.PBreach, Licensed: true,
	}
	if !in.CongestionFalling {
		pos.Congestion = dec("1")
	}
	if !in.FXInBand {
		pos.FXVolatility = dec("1")
	}
	return liquidity.Observation{
		At: start, Banks: []liquidity.Position{pos},
		Providers: []liquidity.Provider{{ID: "glp", Contributed: contributed}},
	}
}

func TestPlanCases(t *testing.T) {
	const name = "alps/plan_cases.json"
	text, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var file cases
	require.NoError(t, json.Unmarshal(text, &file))
	passed, failed := 0, 0
	for _, p := range file.Cases {
		same := true
		for _, mode := range []liquidity.Mode{liquidity.Suggest, liquidity.Shadow, liquidity.Live} {
			cfg := file.config(p)
			cfg.Mode = mode
			e, err := liquidity.New(cfg)
			require.NoError(t, err)
			state := p.state()
			_, d, err := e.Step(state, p.seen(state.Funds[0].Contributed))
			require.NoError(t, err)
			require.Empty(t, d.Alerts, p.Name)
			s := d.Banks[0]
			got := expected{s.Ratio, s.EffectiveRatio, s.Action, s.Would, s.Amount, s.Wanted, s.Reasons, s.Approval}
			if got.Reasons == nil {
				got.Reasons = []liquidity.Reason{}
			}
			if diff := cmp.Diff(p.Expect, got); diff != "" {
				t.Errorf("%s in mode %q (-want +got):\n%s", p.Name, mode, diff)
				same = false
			}
		}
		if same {
			passed++
		} else {
			failed++
		}
	}
	vectors.Report(t, name, passed, failed)
}
