package rest

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/liquidity"
)

func (s *server) asks(g *api.Group) {
	const exact = "An action waits for a second person: approve it with its exact amount and version. It meets every gate and limit that the engine's own actions meet, and is refused rather than made smaller."
	moves := []int{http.StatusAccepted, http.StatusOK}
	second := []int{http.StatusOK, http.StatusAccepted}
	const two = "Two people: the first is answered 202, and the second, who asks for the same, 200."
	api.Add(g, "inject", api.Doc{Summary: "Propose to inject liquidity into a bank", Detail: exact, Status: moves}, s.wish(liquidity.AskInject))
	api.Add(g, "withdraw", api.Doc{Summary: "Propose to withdraw liquidity from a bank", Detail: exact, Status: moves}, s.wish(liquidity.AskWithdraw))
	api.Add(g, "approve", api.Doc{Summary: "Approve an action that somebody else proposed"}, s.approve)
	api.Add(g, "breakGlass", api.Doc{Summary: "Approve one's own action alone, with an alert", Detail: "Refused unless the configuration lets it."}, s.breakGlass)
	api.Add(g, "reject", api.Doc{Summary: "Reject an action that waits"}, s.reject)
	api.Add(g, "trip", api.Doc{Summary: "Stop a bank, or all", Detail: "What is on its way is still followed, and reading goes on."}, s.trip)
	api.Add(g, "reset", api.Doc{Summary: "Let a stopped bank, or all, go on", Detail: two, Status: second}, s.reset)
	api.Add(g, "hold", api.Doc{Summary: "Keep a bank out of the plan"}, s.hold)
	api.Add(g, "release", api.Doc{Summary: "Take a bank back into the plan"}, s.release)
	api.Add(g, "declare", api.Doc{Summary: "Say what became of an unknown transfer", Detail: two, Status: second}, s.declare)
	api.Add(g, "writeOff", api.Doc{Summary: "Book a loan as lost", Detail: two, Status: second}, s.writeOff)
}

// Outcome is what the engine says to a command.
type Outcome struct {
	Reply   string                     `json:"reply" doc:"The engine's word: done, needs_second_person; to a dry run also why it would refuse."`
	DryRun  bool                       `json:"dryRun,omitempty" doc:"Nothing was done."`
	Action  *AutonomousLiquidityAction `json:"action,omitempty"`
	Reasons []string                   `json:"reasons,omitempty" doc:"Every gate or limit that would refuse a dry run."`
}

// Wish is what a person wants for a bank.
type Wish struct {
	Bank   string      `json:"sovereignBankId" minLength:"1" maxLength:"256"`
	Amount api.Decimal `json:"amount" doc:"Principal, > 0, in the pool's currency."`
	// Currency catches who thinks of another one.
	Currency string `json:"currency,omitempty" maxLength:"32" doc:"The pool's; refused if it is another."`
	Reason   string `json:"reason" minLength:"1" maxLength:"256" doc:"In words, for whoever approves."`
}

type wishIn struct {
	DryRun bool `query:"dry_run" doc:"Say what would come of it, and do nothing."`
	Body   Wish
}

func (s *server) wish(do liquidity.Verb) func(context.Context, access.Caller, *wishIn) (*api.Reply[Outcome], error) {
	return func(ctx context.Context, caller access.Caller, in *wishIn) (*api.Reply[Outcome], error) {
		w := in.Body
		c := liquidity.Command{Do: do, Bank: w.Bank, Amount: decimal.Decimal(w.Amount), Why: w.Reason}
		cfg := s.alps.Config().Engine
		if w.Currency != "" && w.Currency != cfg.Currency {
			return nil, invalid("currency", w.Currency, "must be "+cfg.Currency)
		}
		if p := s.whole(c.Amount); p != nil {
			return nil, p
		}
		if in.DryRun {
			return s.dry(ctx, caller, c)
		}
		return s.obey(ctx, caller, c)
	}
}

// whole refuses what cannot be an amount of the pool's currency.
func (s *server) whole(d decimal.Decimal) *api.Problem {
	places := s.alps.Config().Engine.Places
	switch {
	case !d.IsPositive():
		return invalid("amount", d.String(), "must be > 0")
	case !d.Equal(d.Truncate(places)):
		return invalid("amount", d.String(), "must have at most "+strconv.Itoa(int(places))+" decimals")
	}
	return nil
}

func invalid(field, value, rule string) *api.Problem {
	return api.Fail(http.StatusUnprocessableEntity, api.Invalid, "body.%s %.64q: %s", field, value, rule).
		With(api.Fault{Field: "body." + field, Value: value, Rule: rule})
}

// dry says what the engine would answer now.
func (s *server) dry(ctx context.Context, caller access.Caller, c liquidity.Command) (*api.Reply[Outcome], error) {
	c.By = caller.Name
	look, err := s.alps.Try(ctx, c)
	if err != nil {
		return nil, err
	}
	a := look.Decision.Answers[0] // to the only command
	if a.Reply == liquidity.NoSuchBank {
		return nil, api.Unknown("sovereignBankId", c.Bank)
	}
	out := Outcome{Reply: string(a.Reply), DryRun: true, Reasons: words(a.Reasons)}
	return &api.Reply[Outcome]{Status: http.StatusOK, Body: out}, nil
}

// obey lets the engine answer a command, once for each Idempotency-Key.
func (s *server) obey(ctx context.Context, caller access.Caller, c liquidity.Command) (*api.Reply[Outcome], error) {
	return s.obeyOnce(ctx, caller, c, caller.Name+"/"+api.Key(ctx))
}

func (s *server) obeyOnce(ctx context.Context, caller access.Caller, c liquidity.Command, id string) (*api.Reply[Outcome], error) {
	c.By = caller.Name
	a, err := s.alps.Command(ctx, id, c)
	if err != nil {
		return nil, err
	}
	if p := refusal(a, c); p != nil {
		return nil, p
	}
	out := &api.Reply[Outcome]{Status: http.StatusOK, Body: Outcome{Reply: string(a.Reply)}}
	if a.Reply == liquidity.NeedsSecond {
		out.Status = http.StatusAccepted
	}
	name := a.ID
	if name == "" && (c.Do == liquidity.Approve || c.Do == liquidity.BreakGlass || c.Do == liquidity.Reject) {
		name = c.ID
	}
	if name != "" {
		made, err := s.find(ctx, name)
		if err != nil {
			return nil, err
		}
		action := s.action(made)
		out.Body.Action = &action
	}
	return out, nil
}

// Approval is what whoever approves has seen.
type Approval struct {
	Amount  api.Decimal `json:"amount" doc:"The action's exact one."`
	Version uint64      `json:"version" minimum:"1" doc:"The action's."`
}

type approveIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body Approval
}

func (s *server) approve(ctx context.Context, caller access.Caller, in *approveIn) (*api.Reply[Outcome], error) {
	return s.judge(ctx, caller, liquidity.Command{Do: liquidity.Approve, ID: in.ID, Amount: decimal.Decimal(in.Body.Amount), Version: in.Body.Version})
}

type breakGlassIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body struct {
		Approval
		Reason string `json:"reason" minLength:"1" maxLength:"256"`
	}
}

func (s *server) breakGlass(ctx context.Context, caller access.Caller, in *breakGlassIn) (*api.Reply[Outcome], error) {
	return s.judge(ctx, caller, liquidity.Command{Do: liquidity.BreakGlass, ID: in.ID, Amount: decimal.Decimal(in.Body.Amount), Version: in.Body.Version, Why: in.Body.Reason})
}

// Because says why.
type Because struct {
	Reason string `json:"reason" minLength:"1" maxLength:"256"`
}

type rejectIn struct {
	ID   string `path:"id" maxLength:"64"`
	Body Because
}

func (s *server) reject(ctx context.Context, caller access.Caller, in *rejectIn) (*api.Reply[Outcome], error) {
	return s.judge(ctx, caller, liquidity.Command{Do: liquidity.Reject, ID: in.ID, Why: in.Body.Reason})
}

// judge decides about an action, whose bank the caller need not know.
func (s *server) judge(ctx context.Context, caller access.Caller, c liquidity.Command) (*api.Reply[Outcome], error) {
	if c.Do != liquidity.Reject && !c.Amount.IsPositive() {
		return nil, invalid("amount", c.Amount.String(), "must be > 0")
	}
	a, err := s.find(ctx, c.ID)
	if err != nil {
		return nil, err
	}
	c.Bank = a.Bank
	out, err := s.obey(ctx, caller, c)
	if p, refused := errors.AsType[*api.Problem](err); refused && (p.Code == CodeWrongPhase || p.Code == api.NotFound) {
		return nil, s.tooLate(ctx, c.ID)
	}
	return out, err
}

// tooLate says in which phase an action is that waits for nobody. The engine
// forgets those that are over.
func (s *server) tooLate(ctx context.Context, id string) error {
	a, err := s.find(ctx, id)
	if err != nil {
		return err
	}
	return api.Fail(http.StatusConflict, CodeWrongPhase, "action %s in phase %s: must be in %s", id, a.Phase, liquidity.Awaiting)
}

type tripIn struct {
	Body struct {
		Bank   string `json:"sovereignBankId,omitempty" maxLength:"256" doc:"Nothing stops all."`
		Reason string `json:"reason,omitempty" maxLength:"256"`
	}
}

// trip needs no Idempotency-Key: to trip a switch again changes nothing.
func (s *server) trip(ctx context.Context, caller access.Caller, in *tripIn) (*api.Reply[Outcome], error) {
	id := "trip/" + caller.Name + "/" + s.alps.Now().Format(time.RFC3339Nano) + "/" + in.Body.Bank
	return s.obeyOnce(ctx, caller, liquidity.Command{Do: liquidity.Trip, Bank: in.Body.Bank, Why: in.Body.Reason}, id)
}

type resetIn struct {
	Body struct {
		Bank string `json:"sovereignBankId,omitempty" maxLength:"256" doc:"Nothing lets all go on."`
	}
}

func (s *server) reset(ctx context.Context, caller access.Caller, in *resetIn) (*api.Reply[Outcome], error) {
	return s.obey(ctx, caller, liquidity.Command{Do: liquidity.Reset, Bank: in.Body.Bank})
}

type holdIn struct {
	Body struct {
		Bank   string `json:"sovereignBankId" minLength:"1" maxLength:"256"`
		Reason string `json:"reason" minLength:"1" maxLength:"256"`
	}
}

func (s *server) hold(ctx context.Context, caller access.Caller, in *holdIn) (*api.Reply[Outcome], error) {
	return s.obey(ctx, caller, liquidity.Command{Do: liquidity.Hold, Bank: in.Body.Bank, Why: in.Body.Reason})
}

type releaseIn struct {
	Body struct {
		Bank string `json:"sovereignBankId" minLength:"1" maxLength:"256"`
	}
}

func (s *server) release(ctx context.Context, caller access.Caller, in *releaseIn) (*api.Reply[Outcome], error) {
	return s.obey(ctx, caller, liquidity.Command{Do: liquidity.Release, Bank: in.Body.Bank})
}

type declareIn struct {
	Body struct {
		Action  string `json:"actionId" minLength:"1" maxLength:"64"`
		Leg     int    `json:"leg" minimum:"0" maximum:"100" doc:"Which of its transfers, from 0."`
		Outcome string `json:"outcome" enum:"settled,failed"`
		Reason  string `json:"reason" minLength:"1" maxLength:"256"`
	}
}

func (s *server) declare(ctx context.Context, caller access.Caller, in *declareIn) (*api.Reply[Outcome], error) {
	do := liquidity.DeclareSettled
	if in.Body.Outcome == "failed" {
		do = liquidity.DeclareFailed
	}
	return s.settle(ctx, caller, do, in.Body.Action, in.Body.Leg, in.Body.Reason)
}

type writeOffIn struct {
	Action string `path:"actionId" maxLength:"64" doc:"The action that made the loan."`
	Leg    int    `path:"leg" minimum:"0" maximum:"100" doc:"Which of its transfers, from 0."`
	Body   Because
}

func (s *server) writeOff(ctx context.Context, caller access.Caller, in *writeOffIn) (*api.Reply[Outcome], error) {
	return s.settle(ctx, caller, liquidity.WriteOff, in.Action, in.Leg, in.Body.Reason)
}

// settle decides about one transfer, or the loan that it made.
func (s *server) settle(ctx context.Context, caller access.Caller, do liquidity.Verb, action string, leg int, why string) (*api.Reply[Outcome], error) {
	a, err := s.find(ctx, action)
	if err != nil {
		return nil, err
	}
	return s.obey(ctx, caller, liquidity.Command{Do: do, Bank: a.Bank, ID: transferID(action, leg), Why: why})
}

// transferID is how the engine names the transfers of an action.
func transferID(action string, leg int) string { return action + "/" + strconv.Itoa(leg) }
