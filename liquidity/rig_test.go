package liquidity_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// config is a careful engine that acts, with a budget of 1,000, for any action
// from 5 up, and with no filter for jumps.
func config() liquidity.Config {
	cfg := liquidity.Careful("glp", currency, dec("1000"))
	cfg.Mode, cfg.MaxJump, cfg.MaxPerHour, cfg.MinAction = liquidity.Live, dec("0"), 0, dec("5")
	cfg.MaxAge = time.Hour
	return cfg
}

func engine(tb testing.TB, change func(*liquidity.Config)) *liquidity.Engine {
	tb.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	e, err := liquidity.New(cfg)
	require.NoError(tb, err)
	return e
}

// life is an engine whose days are told in words: actions are called a1, a2 ...
// in the order in which they are proposed.
type life struct {
	t     testing.TB
	e     *liquidity.Engine
	state liquidity.State
	seq   uint64
	names map[string]string // of actions, by ID
	pool  string
	banks string
}

// tick is one observation in words, and the decision that is to follow.
type tick struct {
	at    string // since the start
	banks string // "bank liquid/obligations note=value ...; ...", as before if there are none
	pool  string // "provider contributed note=value ...; ...", as before if there are none
	queue string // "from to amount; ..."
	says  string // "transfer status; ...": of the executor
	does  string // "person verb bank id-or-amount ...; ...": people
	want  string
}

func (l *life) tick(k tick) string {
	l.t.Helper()
	after, err := time.ParseDuration(k.at)
	require.NoError(l.t, err)
	if k.banks != "" {
		l.banks = k.banks
	}
	if k.pool != "" {
		l.pool = k.pool
	}
	seen := liquidity.Observation{At: start.Add(after), Receipts: map[string]liquidity.Receipt{}}
	for _, f := range listed(l.banks) {
		seen.Banks = append(seen.Banks, l.position(seen.At, f))
	}
	for _, f := range listed(l.pool) {
		seen.Providers = append(seen.Providers, provider(f))
	}
	for i, f := range listed(k.queue) {
		seen.Queue = append(seen.Queue, liquidity.Payment{ID: fmt.Sprint("p", i+1), From: f[0], To: f[1], Amount: dec(f[2]), At: seen.At})
	}
	for _, f := range listed(k.says) {
		seen.Receipts[l.id(f[0])] = l.receipt(f)
	}
	for _, f := range listed(k.does) {
		seen.Commands = append(seen.Commands, l.command(f))
	}
	next, d, err := l.e.Step(l.state, seen)
	if err != nil {
		return err.Error()
	}
	l.state = next
	return l.told(d)
}

// listed splits "a b; c d" into [[a b] [c d]].
func listed(s string) [][]string {
	var all [][]string
	for part := range strings.SplitSeq(s, ";") {
		if f := strings.Fields(part); len(f) > 0 {
			all = append(all, f)
		}
	}
	return all
}

func (l *life) position(at time.Time, f []string) liquidity.Position {
	liquid, obligations, _ := strings.Cut(f[1], "/")
	p := liquidity.Position{
		Bank: f[0], Kind: liquidity.SXLR, Currency: currency, Source: "core", At: at,
		Liquid: dec(liquid), Obligations: dec(obligations), Licensed: true,
	}
	for _, note := range f[2:] {
		name, value, _ := strings.Cut(note, "=")
		switch name {
		case "sri":
			p.SRI = dec(value)
		case "fx":
			p.FXVolatility = dec(value)
		case "cbdc":
			p.CBDCRoom = decimal.NewNullDecimal(dec(value))
		case "queue":
			p.Congestion = dec(value)
		case "pledge":
			p.Collateral = dec(value)
		case "p":
			p.PBreach = dec(value)
		case "unlicensed":
			p.Licensed = false
		case "age":
			age, err := time.ParseDuration(value)
			require.NoError(l.t, err)
			p.At = at.Add(-age)
		default:
			l.t.Fatalf("note %q", note)
		}
	}
	return p
}

func provider(f []string) liquidity.Provider {
	p := liquidity.Provider{ID: f[0], Contributed: dec(f[1])}
	for _, note := range f[2:] {
		switch name, value, _ := strings.Cut(note, "="); name {
		case "down":
			p.Down = true
		case "redeemed":
			p.Redeemed = dec(value)
		case "min":
			p.Min = dec(value)
		case "max":
			p.Max = dec(value)
		}
	}
	return p
}

// receipt is "transfer status amount"; a settled one has the amount that was asked.
func (l *life) receipt(f []string) liquidity.Receipt {
	r := liquidity.Receipt{Status: liquidity.Status(f[1])}
	if f[1] == "unknown" {
		r.Status = liquidity.StatusUnknown
	}
	if len(f) > 2 {
		r.Amount = dec(f[2])
		return r
	}
	for _, acct := range l.state.Accounts {
		for _, a := range acct.Actions {
			for n, leg := range a.Legs {
				if fmt.Sprint(a.ID, "/", n) == l.id(f[0]) && r.Status == liquidity.StatusSettled {
					r.Amount = leg.Amount
				}
			}
		}
	}
	return r
}

// command is "person verb bank what amount version"; an approval is of what waits.
func (l *life) command(f []string) liquidity.Command {
	l.seq++
	c := liquidity.Command{Seq: l.seq, By: f[0], Do: liquidity.Verb(f[1])}
	if len(f) > 2 && f[2] != "all" {
		c.Bank = f[2]
	}
	rest := f[min(len(f), 3):]
	switch c.Do {
	case liquidity.AskInject, liquidity.AskWithdraw:
		c.Amount, c.Why = dec(rest[0]), "because"
	case liquidity.Approve, liquidity.BreakGlass:
		c.ID = l.id(rest[0])
		for _, acct := range l.state.Accounts {
			for _, a := range acct.Actions {
				if a.ID == c.ID {
					c.Amount, c.Version = a.Amount, a.Version
				}
			}
		}
		if len(rest) > 1 {
			c.Amount = dec(rest[1])
		}
		if len(rest) > 2 {
			c.Version = uint64(dec(rest[2]).IntPart())
		}
		c.Why = "because"
	case liquidity.Reject, liquidity.DeclareSettled, liquidity.DeclareFailed, liquidity.WriteOff:
		c.ID, c.Why = l.id(rest[0]), "because"
	case liquidity.Trip, liquidity.Hold:
		c.Why = "because"
	default:
	}
	return c
}

// id returns what a name like a1 or a1/0 stands for.
func (l *life) id(name string) string {
	action, leg, isLeg := strings.Cut(name, "/")
	for id, called := range l.names {
		if called == action && isLeg {
			return id + "/" + leg
		}
		if called == action {
			return id
		}
	}
	return name
}

// told puts a decision in words: answers, moves, banks, transfers, alerts.
func (l *life) told(d liquidity.Decision) string {
	for _, m := range d.Moves {
		if _, known := l.names[m.ID]; !known {
			l.names[m.ID] = fmt.Sprint("a", len(l.names)+1)
		}
	}
	var all []string
	say := func(format string, args ...any) { all = append(all, strings.TrimSpace(fmt.Sprintf(format, args...))) }
	for _, a := range d.Answers {
		say("%s %s", a.Reply, joined(a.Reasons))
	}
	if d.Offset != nil {
		say("offset %s", strings.Join(d.Offset.Payments, "+"))
	}
	for _, m := range d.Moves {
		if m.To != liquidity.Proposed {
			say("%s %s %s %s", l.names[m.ID], m.To, m.Reason, m.By)
		}
	}
	for _, s := range d.Banks {
		say("%s %s%s", s.Bank, told(s), joined(s.Reasons))
	}
	for _, t := range d.Send {
		action, leg, _ := strings.Cut(t.ID, "/")
		interest := ""
		if t.Interest.IsPositive() {
			interest = "+" + t.Interest.String()
		}
		say("send %s/%s %s%s %s", l.names[action], leg, t.Amount, interest, t.Provider)
	}
	for _, v := range d.Void {
		action, leg, _ := strings.Cut(v.ID, "/")
		say("void %s/%s", l.names[action], leg)
	}
	for _, a := range d.Alerts {
		say("ALERT %s %s", a.Reason, a.Bank)
	}
	return strings.Join(strings.Fields(strings.Join(all, "; ")), " ")
}

func told(s liquidity.Suggestion) string {
	switch {
	case s.Action != liquidity.None && s.Approval:
		return fmt.Sprintf("%s %s? ", s.Action, s.Amount)
	case s.Action != liquidity.None:
		return fmt.Sprintf("%s %s ", s.Action, s.Amount)
	case s.Would != "":
		return fmt.Sprintf("no %s %s: ", s.Would, s.Wanted)
	}
	return ""
}

func joined(reasons []liquidity.Reason) string {
	var all []string
	for _, r := range reasons {
		all = append(all, string(r))
	}
	return strings.Join(all, "+")
}

// books is a fund in words.
func (l *life) books(provider string) string {
	for _, f := range l.state.Funds {
		if f.Provider == provider {
			return fmt.Sprintf("free %s reserved %s lent %s losses %s interest %s", f.Free, f.Reserved, f.Lent, f.Losses, f.Interest)
		}
	}
	return "none"
}

// audited reports books that do not add up, recounted by the test's own hand.
func audited(s liquidity.State) error {
	lent, reserved := map[string]decimal.Decimal{}, map[string]decimal.Decimal{}
	for _, acct := range s.Accounts {
		for _, l := range acct.Loans {
			if !l.Outstanding.IsPositive() {
				return fmt.Errorf("%s: loan %+v", acct.Bank, l)
			}
			lent[l.Provider] = lent[l.Provider].Add(l.Outstanding)
		}
		for _, a := range acct.Actions {
			legs := decimal.Decimal{}
			for _, l := range a.Legs {
				legs = legs.Add(l.Amount)
				if a.Side == liquidity.Inject && slices.Contains([]liquidity.Phase{liquidity.Reserved, liquidity.Submitted, liquidity.Unknown}, l.Phase) {
					reserved[l.Provider] = reserved[l.Provider].Add(l.Amount)
				}
			}
			if len(a.Legs) > 0 && !legs.Equal(a.Amount) {
				return fmt.Errorf("%s: legs of %s sum to %s", acct.Bank, a.Amount, legs)
			}
		}
	}
	for _, f := range s.Funds {
		in := f.Contributed.Sub(f.Redeemed).Add(f.Interest)
		if out := f.Free.Add(f.Reserved).Add(f.Lent).Add(f.Losses); !in.Equal(out) {
			return fmt.Errorf("%s: %s in, %s there", f.Provider, in, out)
		}
		for _, part := range []decimal.Decimal{f.Free, f.Reserved, f.Lent, f.Losses, f.Interest} {
			if part.IsNegative() {
				return fmt.Errorf("%+v", f)
			}
		}
		if !f.Lent.Equal(lent[f.Provider]) || !f.Reserved.Equal(reserved[f.Provider]) {
			return fmt.Errorf("%s: lent %s, loans %s; reserved %s, legs %s", f.Provider, f.Lent, lent[f.Provider], f.Reserved, reserved[f.Provider])
		}
		delete(lent, f.Provider)
		delete(reserved, f.Provider)
	}
	if len(lent)+len(reserved) > 0 {
		return fmt.Errorf("without a book: %v", slices.Collect(maps.Keys(lent)))
	}
	return nil
}
