package reward_test

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/internal/vectors"
	"github.com/evenkeelhq/evenkeel/reward"
)

// golden is what the ALP server itself answered, in floats.
type golden struct {
	Addresses []struct {
		Address string
		Valid   any
	}
	Prices []struct {
		Main    decimal.NullDecimal
		Backups []decimal.NullDecimal
		Result  string
	}
	Scenarios []scenario
}

type scenario struct {
	Name   string
	Orders []struct {
		Unit, User, Rank      string
		Side                  exchange.Side
		Amount, Reward, Share decimal.Decimal
	}
	Rewards map[string]map[string]map[string]decimal.Decimal
	Totals  map[string]struct {
		Total    decimal.Decimal
		Ask, Bid map[string]decimal.Decimal
	}
}

// The reference works in floats and rounds ranks to 8 decimals; ours are exact,
// so all agree within 1e-8 and only ours sum.
func TestGoldenCredits(t *testing.T) {
	const name = "reward/credit.json"
	raw, err := os.ReadFile(vectors.Path(t, name))
	require.NoError(t, err)
	var cases golden
	require.NoError(t, json.Unmarshal(raw, &cases))

	passed, failed := 0, 0
	count := func(what string, err error) {
		if err == nil {
			passed++
			return
		}
		failed++
		t.Errorf("%s: %v", what, err)
	}
	for _, s := range cases.Scenarios {
		count(s.Name, s.run(t))
	}
	for _, a := range cases.Addresses {
		_, err := reward.ParseAddress(a.Address)
		if a.Valid != true && err == nil {
			err = fmt.Errorf("accepted, want %v", a.Valid)
		} else if a.Valid != true {
			err = nil
		}
		count(fmt.Sprintf("address %q", a.Address), err)
	}
	for _, p := range cases.Prices {
		count(fmt.Sprintf("price %v of %v", p.Main, p.Backups), agree(p.Main, p.Backups, p.Result))
	}
	vectors.Report(t, name, passed, failed)
}

// agree compares one price. Where the reference crashed, ours has a rule.
func agree(main decimal.NullDecimal, backups []decimal.NullDecimal, want string) error {
	got, ok := reward.Agree(main, backups)
	switch {
	case strings.HasPrefix(want, "error") && !main.Valid: // the backups stand in
		if !ok {
			return fmt.Errorf("no price, want that of the backups")
		}
	case strings.HasPrefix(want, "error"):
		if ok {
			return fmt.Errorf("%v, want none", got)
		}
	case !ok || !got.Equal(dec(want)):
		return fmt.Errorf("%v %t, want %s", got, ok, want)
	}
	return nil
}

func (s scenario) run(t *testing.T) error {
	t.Helper()
	e := engine(t, nil)
	seen := reward.Observation{At: start, Grants: funds("1000000")}
	for i, o := range s.Orders {
		price := "1"
		if o.Rank == "rank_2" {
			price = "0.5"
		}
		order := bid(uint64(i+1), o.User, price, o.Amount.String())
		order.Unit, order.Side = o.Unit, o.Side
		seen.Orders = append(seen.Orders, order)
	}
	state, d, err := e.Step(reward.State{}, seen)
	if err != nil {
		return err
	}
	if err := conserved(state, d, seen.Orders); err != nil {
		return err
	}
	var all error
	near := func(what string, want, got decimal.Decimal) {
		if all == nil && want.Sub(got).Abs().GreaterThan(dec("1e-8")) {
			all = fmt.Errorf("%s: %v, want %v", what, got, want)
		}
	}
	for i, o := range s.Orders {
		near(fmt.Sprint("reward of order ", i), o.Reward, d.Orders[i].Amount)
		near(fmt.Sprint("share of order ", i), o.Share, d.Orders[i].Share)
	}
	for _, m := range d.Markets {
		near(m.Unit+" total", s.Totals[m.Unit].Total, m.Total)
		near(m.Unit+" ask total", s.Totals[m.Unit].Ask["total"], m.Ask.Total)
		near(m.Unit+" bid total", s.Totals[m.Unit].Bid["total"], m.Bid.Total)
		for i := range m.Ask.Ranks {
			ask, bid := m.Ask.Ranks[i], m.Bid.Ranks[i]
			near(m.Unit+" ask "+ask.Name, s.Rewards[m.Unit]["ask"][ask.Name], ask.Pot)
			near(m.Unit+" bid "+bid.Name, s.Rewards[m.Unit]["bid"][bid.Name], bid.Pot)
			near(m.Unit+" ask total of "+ask.Name, s.Totals[m.Unit].Ask[ask.Name], ask.Total)
			near(m.Unit+" bid total of "+bid.Name, s.Totals[m.Unit].Bid[bid.Name], bid.Total)
		}
	}
	return all
}

// conserved reports what does not add up in a round, to the last unit.
func conserved(s reward.State, d reward.Decision, orders []reward.Order) error {
	if !s.Funded.Equal(s.Balance.Add(s.Credited)) {
		return fmt.Errorf("funded %v, balance %v, credited %v", s.Funded, s.Balance, s.Credited)
	}
	if s.Balance.IsNegative() {
		return fmt.Errorf("balance %v", s.Balance)
	}
	var paid decimal.Decimal
	ranks := map[string]decimal.Decimal{}
	name := func(exchange, unit string, side exchange.Side, rank string) string {
		return fmt.Sprint(exchange, " ", unit, " ", side, " ", rank)
	}
	for i, out := range d.Orders {
		o := orders[i]
		if out.Amount.IsNegative() || out.Verdict != reward.Credited && !out.Amount.IsZero() {
			return fmt.Errorf("order %d: %s and %v", out.ID, out.Verdict, out.Amount)
		}
		paid = paid.Add(out.Amount)
		n := name(o.Exchange, o.Unit, o.Side, out.Rank)
		ranks[n] = ranks[n].Add(out.Amount)
	}
	if !paid.Equal(d.Paid) {
		return fmt.Errorf("credits sum to %v, paid %v", paid, d.Paid)
	}
	for _, m := range d.Markets {
		if sum := m.Ask.Pot.Add(m.Bid.Pot); !sum.Equal(m.Pot) {
			return fmt.Errorf("%s: sides sum to %v, pot %v", m.Unit, sum, m.Pot)
		}
		for side, b := range map[exchange.Side]reward.BookTally{exchange.Ask: m.Ask, exchange.Bid: m.Bid} {
			var sum decimal.Decimal
			for _, r := range b.Ranks {
				sum = sum.Add(r.Pot)
				if got := ranks[name(m.Exchange, m.Unit, side, r.Name)]; d.Reason == reward.Paid && r.Total.IsPositive() && !got.Equal(r.Pot) {
					return fmt.Errorf("%s %v %s: credits sum to %v, pot %v", m.Unit, side, r.Name, got, r.Pot)
				}
			}
			if sum.GreaterThan(b.Pot) {
				return fmt.Errorf("%s %v: ranks sum to %v, pot %v", m.Unit, side, sum, b.Pot)
			}
		}
	}
	return nil
}
