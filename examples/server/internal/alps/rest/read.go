package rest

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

func (s *server) reads(g *api.Group) {
	api.Add(g, "monitor", api.Doc{Summary: "How all banks stand, and what the engine makes of it"}, s.monitor)
	api.Add(g, "monitorBank", api.Doc{Summary: "How one bank stands and stood, and what it owes"}, s.monitorBank)
	api.Add(g, "stress", api.Doc{Summary: "What was forecast"}, s.stress)
	api.Add(g, "actions", api.Doc{Summary: "Injections and withdrawals"}, s.actions)
	api.Add(g, "action", api.Doc{Summary: "One injection or withdrawal"}, s.one)
	api.Add(g, "pool", api.Doc{Summary: "The pool's money, and what may still be injected today"}, s.pool)
	api.Add(g, "ledger", api.Doc{Summary: "The pool's double-entry book"}, s.ledger)
	api.Add(g, "alerts", api.Doc{Summary: "What people have to look at, and what could not be read", Detail: "Since the server started: at most 200."}, s.listAlerts)
}

// Monitor is how all banks stand.
type Monitor struct {
	Look       uint64          `json:"look" doc:"Number of the engine's last look; 0 before the first."`
	At         *api.Time       `json:"at,omitempty" doc:"Of that look."`
	Mode       string          `json:"mode" enum:"suggest,shadow,live"`
	Outcome    string          `json:"outcome,omitempty" doc:"What the look came to: suggested, idle, held, acting or killed."`
	KillSwitch KillSwitch      `json:"killSwitch" doc:"Of all banks."`
	Band       Band            `json:"band"`
	Banks      []MonitoredBank `json:"banks" doc:"By name."`
	Next       string          `json:"next,omitempty" doc:"Ask for the next page with after=this; not there on the last."`
}

// Band is where ratios should be.
type Band struct {
	Floor       api.Decimal  `json:"floor" doc:"Below it a bank is filled up to target."`
	Target      api.Decimal  `json:"target"`
	UpperTarget *api.Decimal `json:"upperTarget,omitempty"`
	Ceiling     *api.Decimal `json:"ceiling,omitempty" doc:"Above it a bank is emptied down to upperTarget."`
}

// MonitoredBank is how one bank stands.
type MonitoredBank struct {
	SovereignLiquidityRatio
	Outstanding api.Decimal `json:"outstanding" doc:"Principal that it owes the pool."`
	Hold        string      `json:"hold,omitempty" doc:"Why a person keeps it out of the plan."`
	KillSwitch  KillSwitch  `json:"killSwitch"`
}

type monitorIn struct {
	Limit int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"How many banks at most."`
	After string `query:"after" maxLength:"256" doc:"Only banks after this one: next of the page before."`
}

func (s *server) monitor(ctx context.Context, caller access.Caller, in *monitorIn) (*api.Reply[Monitor], error) {
	look, err := s.alps.Latest(ctx)
	if err != nil {
		return nil, err
	}
	cfg := s.alps.Config().Engine
	m := Monitor{
		Look: look.Seq, At: instant(look.At), Mode: mode(cfg.Mode), Outcome: string(look.Decision.Reason), KillSwitch: killSwitch(look.State.Kill),
		Band:  Band{api.Decimal(cfg.Floor), api.Decimal(cfg.Target), amount(cfg.UpperTarget), amount(cfg.Ceiling)},
		Banks: []MonitoredBank{},
	}
	var found []chronicle.Ratio
	if caller.Own {
		found, err = s.newest(ctx, caller.Bank)
	} else {
		found, err = s.alps.Chronicle().Latest(ctx, in.After, in.Limit)
	}
	if err != nil {
		return nil, err
	}
	for _, r := range found {
		m.Banks = append(m.Banks, monitored(look, r))
	}
	if len(found) == in.Limit && !caller.Own {
		m.Next = found[len(found)-1].Position.Bank
	}
	return &api.Reply[Monitor]{Body: m}, nil
}

func (s *server) newest(ctx context.Context, bank string) ([]chronicle.Ratio, error) {
	page, err := s.alps.Chronicle().Ratios(ctx, chronicle.Query{Bank: bank, Limit: 1})
	return page.Items, err
}

// monitored puts a ratio beside what the engine says of the bank now.
func monitored(look alps.Look, r chronicle.Ratio) MonitoredBank {
	m := MonitoredBank{SovereignLiquidityRatio: ratio(r)}
	bank := r.Position.Bank
	if i, ok := slices.BinarySearchFunc(look.Decision.Banks, bank, func(b liquidity.Suggestion, bank string) int { return strings.Compare(b.Bank, bank) }); ok {
		m.Suggestion = suggestion(look.Decision.Banks[i])
	}
	if a, ok := account(look.State, bank); ok {
		m.Hold, m.KillSwitch = a.Hold, killSwitch(a.Kill)
		m.Outstanding = api.Decimal(owed(a))
	}
	return m
}

func account(s liquidity.State, bank string) (liquidity.Account, bool) {
	i, ok := slices.BinarySearchFunc(s.Accounts, bank, func(a liquidity.Account, bank string) int { return strings.Compare(a.Bank, bank) })
	if !ok {
		return liquidity.Account{}, false
	}
	return s.Accounts[i], true
}

func owed(a liquidity.Account) decimal.Decimal {
	var sum decimal.Decimal
	for i := range a.Loans {
		sum = sum.Add(a.Loans[i].Outstanding)
	}
	return sum
}

func mode(m liquidity.Mode) string {
	if m == liquidity.Suggest {
		return "suggest"
	}
	return string(m)
}

// BankMonitor is how one bank stands and stood.
type BankMonitor struct {
	Current MonitoredBank                     `json:"current"`
	Loans   []Loan                            `json:"loans" doc:"That are outstanding, the oldest first."`
	History api.List[SovereignLiquidityRatio] `json:"history"`
}

// Loan is what a bank owes.
type Loan struct {
	ID          string       `json:"id"`
	Provider    string       `json:"provider"`
	Principal   api.Decimal  `json:"principal"`
	Outstanding api.Decimal  `json:"outstanding"`
	RateBps     *api.Decimal `json:"rateBps,omitempty" doc:"Simple interest per year of 365 days."`
	At          api.Time     `json:"at"`
	Due         api.Time     `json:"due" doc:"Then it is returned by itself."`
}

type bankIn struct {
	Bank string `path:"sovereignBankId" maxLength:"256"`
	api.Page
}

func (s *server) monitorBank(ctx context.Context, _ access.Caller, in *bankIn) (*api.Reply[BankMonitor], error) {
	look, err := s.alps.Latest(ctx)
	if err != nil {
		return nil, err
	}
	newest, err := s.newest(ctx, in.Bank)
	if err != nil {
		return nil, err
	}
	if len(newest) == 0 {
		return nil, api.Unknown("sovereignBankId", in.Bank)
	}
	page, err := s.alps.Chronicle().Ratios(ctx, chronicle.Query{Bank: in.Bank, Limit: in.Limit, Before: in.Before})
	if err != nil {
		return nil, err
	}
	m := BankMonitor{Current: monitored(look, newest[0]), Loans: []Loan{}, History: list(page, ratio)}
	if a, ok := account(look.State, in.Bank); ok {
		for _, l := range a.Loans {
			m.Loans = append(m.Loans, Loan{l.ID, l.Provider, api.Decimal(l.Principal), api.Decimal(l.Outstanding), amount(l.RateBps), api.Time(l.At), api.Time(l.Due)})
		}
	}
	return &api.Reply[BankMonitor]{Body: m}, nil
}

// list makes a page of the chronicle a page of the API.
func list[From, To any](page chronicle.Page[From], to func(From) To) api.List[To] {
	l := api.List[To]{Items: make([]To, len(page.Items)), Next: page.Next}
	for i, item := range page.Items {
		l.Items[i] = to(item)
	}
	return l
}

// Filter is embedded by an input that asks for part of a list. A bank's is its own.
type Filter struct {
	Bank string `query:"sovereignBankId" maxLength:"256" doc:"Only of this bank."`
	api.Page
}

func (f Filter) query(caller access.Caller) chronicle.Query {
	q := chronicle.Query{Bank: f.Bank, Limit: f.Limit, Before: f.Before}
	if caller.Own {
		q.Bank = caller.Bank
	}
	return q
}

func (s *server) stress(ctx context.Context, caller access.Caller, in *Filter) (*api.Reply[api.List[LiquidityStressEvent]], error) {
	page, err := s.alps.Chronicle().Stress(ctx, in.query(caller))
	return &api.Reply[api.List[LiquidityStressEvent]]{Body: list(page, stressEvent)}, err
}

type actionsIn struct {
	Filter
	ActionType string `query:"actionType" enum:"INJECTION,WITHDRAWAL" doc:"Only of this type."`
}

func (s *server) actions(ctx context.Context, caller access.Caller, in *actionsIn) (*api.Reply[api.List[AutonomousLiquidityAction]], error) {
	q := in.query(caller)
	for _, side := range []liquidity.Side{liquidity.Inject, liquidity.Withdraw} {
		if in.ActionType == string(actionType(side)) {
			q.Side = side
		}
	}
	page, err := s.alps.Chronicle().Actions(ctx, q)
	return &api.Reply[api.List[AutonomousLiquidityAction]]{Body: list(page, s.action)}, err
}

type actionIn struct {
	ID string `path:"id" maxLength:"64"`
}

func (s *server) one(ctx context.Context, caller access.Caller, in *actionIn) (*api.Reply[AutonomousLiquidityAction], error) {
	a, err := s.find(ctx, in.ID)
	if err != nil {
		return nil, err
	}
	if !caller.Sees(a.Bank) {
		return nil, api.Unknown("id", in.ID)
	}
	return &api.Reply[AutonomousLiquidityAction]{Body: s.action(a)}, nil
}

// find returns an action by its ID.
func (s *server) find(ctx context.Context, id string) (chronicle.Action, error) {
	a, err := s.alps.Chronicle().Action(ctx, id)
	if errors.Is(err, chronicle.ErrNotFound) {
		return a, api.Unknown("id", id)
	}
	return a, err
}

// Pool is the pool's money.
type Pool struct {
	Pool        string      `json:"pool"`
	Currency    string      `json:"currency"`
	Mode        string      `json:"mode" enum:"suggest,shadow,live"`
	At          *api.Time   `json:"at,omitempty"`
	KillSwitch  KillSwitch  `json:"killSwitch"`
	Providers   []Fund      `json:"providers"`
	Budget      api.Decimal `json:"budget" doc:"The most that is injected in any 24 hours; 0 is no budget."`
	Spent       api.Decimal `json:"spent" doc:"Of it, settled and in flight."`
	ApproveFrom api.Decimal `json:"approveFrom" doc:"An action of so much waits for a second person; 0 asks nobody but for manual ones."`
	Shadow      *Score      `json:"shadow,omitempty"`
}

// Fund is one provider's money: free + reserved + lent + losses = contributed -
// redeemed + interest.
type Fund struct {
	ID          string      `json:"id"`
	Free        api.Decimal `json:"free"`
	Reserved    api.Decimal `json:"reserved"`
	Lent        api.Decimal `json:"lent"`
	Losses      api.Decimal `json:"losses"`
	Contributed api.Decimal `json:"contributed"`
	Redeemed    api.Decimal `json:"redeemed"`
	Interest    api.Decimal `json:"interest"`
	RestsUntil  *api.Time   `json:"restsUntil,omitempty" doc:"Too many of its transfers failed."`
}

// Score judges what shadow mode would have done by what came without it.
type Score struct {
	Needed int `json:"needed" doc:"Injections without which the bank stayed below its floor."`
	Spared int `json:"spared" doc:"Injections without which it recovered."`
	Idle   int `json:"idle" doc:"Withdrawals of money that lay about."`
	Missed int `json:"missed" doc:"Withdrawals of money that was used."`
}

func (s *server) pool(ctx context.Context, _ access.Caller, _ *struct{}) (*api.Reply[Pool], error) {
	look, err := s.alps.Latest(ctx)
	if err != nil {
		return nil, err
	}
	cfg := s.alps.Config().Engine
	p := Pool{
		Pool: cfg.Pool, Currency: cfg.Currency, Mode: mode(cfg.Mode), At: instant(look.At), KillSwitch: killSwitch(look.State.Kill), Providers: []Fund{},
		Budget: api.Decimal(cfg.Budget), Spent: api.Decimal(alps.Spent(look.State, s.alps.Now())), ApproveFrom: api.Decimal(cfg.ApproveFrom),
	}
	for _, f := range look.State.Funds {
		p.Providers = append(p.Providers, Fund{
			f.Provider, api.Decimal(f.Free), api.Decimal(f.Reserved), api.Decimal(f.Lent), api.Decimal(f.Losses),
			api.Decimal(f.Contributed), api.Decimal(f.Redeemed), api.Decimal(f.Interest), instant(f.OpenUntil),
		})
	}
	if score := look.State.Score; cfg.Mode == liquidity.Shadow {
		p.Shadow = &Score{score.Needed, score.Spared, score.Idle, score.Missed}
	}
	return &api.Reply[Pool]{Body: p}, nil
}

func (s *server) ledger(ctx context.Context, caller access.Caller, in *Filter) (*api.Reply[api.List[Posting]], error) {
	page, err := s.alps.Chronicle().Postings(ctx, in.query(caller))
	return &api.Reply[api.List[Posting]]{Body: list(page, posting)}, err
}

// Alerts is what people have to look at.
type Alerts struct {
	Alerts []Alert           `json:"alerts" doc:"The newest first."`
	Faults map[string]string `json:"faults" doc:"What could not be read at the last look, and why."`
}

func (s *server) listAlerts(ctx context.Context, _ access.Caller, _ *struct{}) (*api.Reply[Alerts], error) {
	look, err := s.alps.Latest(ctx)
	if err != nil {
		return nil, err
	}
	out := Alerts{Alerts: []Alert{}, Faults: map[string]string{}}
	for _, a := range s.alps.Alerts() {
		out.Alerts = append(out.Alerts, alert(a))
	}
	for of, why := range look.Seen.Faults {
		out.Faults[of] = why
	}
	return &api.Reply[Alerts]{Body: out}, nil
}
