package rest

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
)

// AutonomousLiquidityAction is an injection or a withdrawal as it is now.
type AutonomousLiquidityAction struct {
	Number          uint64      `json:"number" doc:"Rises with each action: lists are paged by it."`
	ID              string      `json:"id" doc:"Names the action for ever; approvals name it."`
	SovereignBankID string      `json:"sovereignBankId"`
	ActionType      ActionType  `json:"actionType"`
	Amount          api.Decimal `json:"amount" doc:"Principal, > 0."`
	Currency        string      `json:"currency"`
	Phase           string      `json:"phase" enum:"proposed,awaiting_approval,reserved,submitted,unknown,settled,failed,reversed"`
	Cause           string      `json:"cause" enum:"below_floor,predicted,above_ceiling,due,manual"`
	Reason          string      `json:"reason,omitempty" doc:"Of its last move."`
	Note            string      `json:"note,omitempty" doc:"The executor's."`
	Maker           string      `json:"maker" doc:"Who wanted it: engine, or a person."`
	Why             string      `json:"why,omitempty" doc:"The maker's reason."`
	Checker         string      `json:"checker,omitempty" doc:"Who approved it."`
	Version         uint64      `json:"version" doc:"Of the bank's account when it was proposed: an approval repeats it."`
	ProposedAt      api.Time    `json:"proposedAt"`
	ChangedAt       api.Time    `json:"changedAt"`
	Transfers       []Transfer  `json:"transfers" doc:"One for each provider's part."`
}

// ActionType is which way the money of an action moves.
type ActionType string

// Transfer is the part of an action that one provider pays or is paid.
type Transfer struct {
	ID       string       `json:"id" doc:"Names the transfer, and the loan that it makes."`
	Provider string       `json:"provider"`
	Loan     string       `json:"loan,omitempty" doc:"That it repays."`
	Amount   api.Decimal  `json:"amount"`
	Interest *api.Decimal `json:"interest,omitempty"`
	Phase    string       `json:"phase"`
}

func (s *server) action(a chronicle.Action) AutonomousLiquidityAction {
	out := AutonomousLiquidityAction{
		Number: a.Number, ID: a.ID, SovereignBankID: a.Bank, ActionType: actionType(a.Side), Amount: api.Decimal(a.Amount),
		Currency: s.alps.Config().Engine.Currency, Phase: string(a.Phase), Cause: string(a.Cause), Reason: string(a.Reason), Note: a.Note,
		Maker: a.Maker, Why: a.Why, Checker: a.Checker, Version: a.Version,
		ProposedAt: api.Time(a.At), ChangedAt: api.Time(a.ChangedAt), Transfers: []Transfer{},
	}
	for i, l := range a.Legs {
		t := Transfer{ID: transferID(a.ID, i), Provider: l.Provider, Amount: api.Decimal(l.Amount), Interest: amount(l.Interest), Phase: string(l.Phase)}
		if l.Loan != nil {
			t.Loan = l.Loan.ID
		}
		out.Transfers = append(out.Transfers, t)
	}
	return out
}

// actionType says it in the words of the ALPS document.
func actionType(side liquidity.Side) ActionType {
	switch side {
	case liquidity.Inject:
		return "INJECTION"
	case liquidity.Withdraw:
		return "WITHDRAWAL"
	case liquidity.None:
	}
	return "NONE"
}

// amount leaves out what is zero.
func amount(d decimal.Decimal) *api.Decimal {
	if d.IsZero() {
		return nil
	}
	return (*api.Decimal)(&d)
}

// instant leaves out what is not yet.
func instant(t time.Time) *api.Time {
	if t.IsZero() {
		return nil
	}
	return (*api.Time)(&t)
}

// SovereignLiquidityRatio is how one bank stood when it was seen.
type SovereignLiquidityRatio struct {
	Number          uint64       `json:"number" doc:"Rises with each ratio: lists are paged by it."`
	SovereignBankID string       `json:"sovereignBankId"`
	SXLR            api.Decimal  `json:"sxlr" doc:"Sovereign liquidity ratio: liquid to obligations, to 4 decimals; 0 without obligations."`
	EffectiveSXLR   api.Decimal  `json:"effectiveSxlr" doc:"With what is on its way."`
	Kind            string       `json:"kind" enum:"sxlr,lcr,nsfr,intraday"`
	Liquid          api.Decimal  `json:"liquid"`
	Obligations     api.Decimal  `json:"obligations"`
	Currency        string       `json:"currency"`
	Source          string       `json:"source" doc:"Who says so: sample is the example."`
	AsOf            api.Time     `json:"asOf"`
	SRI             *api.Decimal `json:"sri,omitempty" doc:"Sovereign risk, 0 to 100."`
	FXVolatility    *api.Decimal `json:"fxVolatility,omitempty"`
	CBDCRoom        *api.Decimal `json:"cbdcRoom,omitempty"`
	Congestion      *api.Decimal `json:"congestion,omitempty"`
	Collateral      *api.Decimal `json:"collateral,omitempty"`
	PBreach         *api.Decimal `json:"pBreach,omitempty" doc:"Forecast probability of a breach."`
	Licensed        bool         `json:"licensed,omitempty" doc:"The forecast may move money."`
	Suggestion      Suggestion   `json:"suggestion" doc:"What the engine makes of it."`
}

// Suggestion is what is to be done about a bank, or everything that keeps it back.
type Suggestion struct {
	SovereignBankID string       `json:"sovereignBankId"`
	Action          ActionType   `json:"action" enum:"INJECTION,WITHDRAWAL,NONE"`
	Would           ActionType   `json:"would,omitempty" enum:"INJECTION,WITHDRAWAL,NONE" doc:"What it would be if nothing kept it back."`
	Amount          api.Decimal  `json:"amount"`
	Wanted          *api.Decimal `json:"wanted,omitempty" doc:"Before limits."`
	Cause           string       `json:"cause,omitempty"`
	Reasons         []string     `json:"reasons" doc:"Every gate that is closed, or what made the amount smaller."`
	NeedsApproval   bool         `json:"needsApproval,omitempty" doc:"A second person would be asked."`
	ActionID        string       `json:"actionId,omitempty" doc:"Of the action that it became."`
	SXLR            api.Decimal  `json:"sxlr"`
	EffectiveSXLR   api.Decimal  `json:"effectiveSxlr"`
}

func suggestion(s liquidity.Suggestion) Suggestion {
	out := Suggestion{
		SovereignBankID: s.Bank, Action: actionType(s.Action), Amount: api.Decimal(s.Amount), Wanted: amount(s.Wanted), Cause: string(s.Cause),
		Reasons: words(s.Reasons), NeedsApproval: s.Approval, ActionID: s.ID,
		SXLR: api.Decimal(s.Ratio), EffectiveSXLR: api.Decimal(s.EffectiveRatio),
	}
	if s.Would != "" {
		out.Would = actionType(s.Would)
	}
	return out
}

func words(reasons []liquidity.Reason) []string {
	all := make([]string, len(reasons))
	for i, r := range reasons {
		all[i] = string(r)
	}
	return all
}

func ratio(r chronicle.Ratio) SovereignLiquidityRatio {
	p := r.Position
	out := SovereignLiquidityRatio{
		Number: r.Number, SovereignBankID: p.Bank, SXLR: api.Decimal(r.Plan.Ratio), EffectiveSXLR: api.Decimal(r.Plan.EffectiveRatio), Kind: string(p.Kind),
		Liquid: api.Decimal(p.Liquid), Obligations: api.Decimal(p.Obligations), Currency: p.Currency, Source: p.Source, AsOf: api.Time(p.At),
		SRI: amount(p.SRI), FXVolatility: amount(p.FXVolatility), Congestion: amount(p.Congestion), Collateral: amount(p.Collateral),
		PBreach: amount(p.PBreach), Licensed: p.Licensed, Suggestion: suggestion(r.Plan),
	}
	if p.CBDCRoom.Valid {
		out.CBDCRoom = (*api.Decimal)(&p.CBDCRoom.Decimal)
	}
	return out
}

// LiquidityStressEvent is one forecast of one bank.
type LiquidityStressEvent struct {
	Number          uint64   `json:"number" doc:"Rises with each forecast: lists are paged by it."`
	ID              string   `json:"id"`
	SovereignBankID string   `json:"sovereignBankId"`
	PredictedAt     api.Time `json:"predictedAt"`
	Probability     float64  `json:"probability" doc:"That the ratio is below the floor at some time of the horizon."`
	TimeToBreach    struct {
		P50 api.Duration `json:"p50" doc:"By when half of such breaches come."`
		P90 api.Duration `json:"p90" doc:"By when nine in ten come."`
	} `json:"timeToBreach"`
	Drivers      []Driver `json:"drivers" doc:"What it rests on, the strongest first."`
	Observations int      `json:"observations" doc:"That the model was fitted on."`
	CalibratedOn int      `json:"calibratedOn" doc:"Later ones that the probability was calibrated on."`
	Licensed     bool     `json:"licensed" doc:"The model has proved its skill on what it had not seen: the forecast may move money."`
	Model        string   `json:"model"`
}

// Driver is one reason for a forecast.
type Driver struct {
	Name         string  `json:"name"`
	Contribution float64 `json:"contribution" doc:"In log-odds; > 0 makes a breach more likely."`
}

func stressEvent(e chronicle.StressEvent) LiquidityStressEvent {
	out := LiquidityStressEvent{
		Number: e.Number, ID: e.ID, SovereignBankID: e.Bank, PredictedAt: api.Time(e.At), Probability: e.P,
		Drivers: []Driver{}, Observations: e.N, CalibratedOn: e.CalibratedOn, Licensed: e.Licensed, Model: e.Model,
	}
	out.TimeToBreach.P50, out.TimeToBreach.P90 = api.Duration(e.TimeToBreach.P50), api.Duration(e.TimeToBreach.P90)
	for _, d := range e.Drivers {
		out.Drivers = append(out.Drivers, Driver{d.Name, d.Contribution})
	}
	return out
}

// KillSwitch stops one bank or all.
type KillSwitch struct {
	Tripped      bool      `json:"tripped"`
	By           string    `json:"by,omitempty"`
	Why          string    `json:"why,omitempty"`
	At           *api.Time `json:"at,omitempty"`
	ResetAskedBy string    `json:"resetAskedBy,omitempty" doc:"Another person has to ask for the same."`
}

func killSwitch(s liquidity.Switch) KillSwitch {
	return KillSwitch{s.Tripped, s.By, s.Why, instant(s.At), s.Reset}
}

// Posting is one line of the pool's double-entry book.
type Posting struct {
	Number          uint64      `json:"number" doc:"Rises with each line: lists are paged by it."`
	At              api.Time    `json:"at"`
	Provider        string      `json:"provider"`
	SovereignBankID string      `json:"sovereignBankId,omitempty"`
	Transfer        string      `json:"transfer,omitempty" doc:"Or loan, that it is about."`
	From            string      `json:"from" enum:"contributed,redeemed,interest,free,reserved,lent,losses"`
	To              string      `json:"to" enum:"contributed,redeemed,interest,free,reserved,lent,losses"`
	Amount          api.Decimal `json:"amount"`
}

func posting(p chronicle.Posting) Posting {
	return Posting{p.Number, api.Time(p.At), p.Provider, p.Bank, p.Transfer, string(p.From), string(p.To), api.Decimal(p.Amount)}
}

// Alert is something that people have to look at.
type Alert struct {
	Reason          string   `json:"reason"`
	SovereignBankID string   `json:"sovereignBankId,omitempty"`
	Note            string   `json:"note,omitempty"`
	FirstAt         api.Time `json:"firstAt"`
	LastAt          api.Time `json:"lastAt"`
	Times           int      `json:"times"`
}

func alert(a alps.Alert) Alert {
	return Alert{string(a.Reason), a.Bank, a.Note, api.Time(a.First), api.Time(a.At), a.Times}
}
