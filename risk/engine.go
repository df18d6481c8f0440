package risk

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/evenkeelhq/evenkeel/internal/valid"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk/score"
)

// Step takes in what was reported, translates what is known, and says what people
// have to be told. It implements evenkeel.Engine; an observation that is malformed,
// about another instrument or runs back in time is [ErrInvalid]. A bond that is
// well-formed and that the policy does not know, see [Engine.Accepts], is none: the
// decision has a Fault then, and the commands are answered all the same.
func (e *Engine) Step(s State, seen Observation) (State, Decision, error) {
	if err := s.validate(seen); err != nil {
		return s, Decision{}, err
	}
	l := look{Engine: e, seen: seen, next: s, d: Decision{Reason: Same, Before: s.Numbers}}
	l.next.At, l.next.ISIN = seen.At.UTC(), seen.ISIN
	l.obey()
	l.next.Track.Looks++
	l.next.Peaks, l.next.Track.Was = s.Peaks.within(seen.At, e.cfg.DropOver), nil
	if len(l.next.Peaks) > 0 {
		l.next.Track.Was = &l.next.Peaks[0]
	}
	if err := l.take(); err != nil {
		return s, Decision{}, err
	}
	if len(l.d.Events) > 0 && l.d.Reason == Same {
		l.d.Reason = Changed
	}
	l.d.LastSeq = l.next.LastSeq
	return l.next, l.d, nil
}

// look is one step in progress.
type look struct {
	*Engine
	seen Observation
	next State
	d    Decision
}

// obey answers the commands.
func (l *look) obey() {
	for _, c := range l.seen.Commands {
		if c.Seq <= l.next.LastSeq {
			continue
		}
		l.next.LastSeq = c.Seq
		l.d.Answers = append(l.d.Answers, Answer{c.Seq, l.answer(c)})
	}
}

func (l *look) answer(c Command) Reply {
	switch {
	case !valid.Named(c.By):
		return Malformed
	case c.Do == Retell:
		l.next.Told.Risk, l.next.Told.Liquidity, l.next.Told.Exits = "", "", ""
		return Done
	case c.Do != Report || c.Outcome == nil || c.Outcome.validate() != nil:
		return Malformed
	case !l.next.Track.report(*c.Outcome):
		return Known
	default:
		return Done
	}
}

// take translates what is known, or tells people that nothing can be.
func (l *look) take() error {
	if l.seen.Inputs == nil {
		l.blind(l.seen.Fault)
		return nil
	}
	in, track := *l.seen.Inputs, l.next.Track
	if err := cmp.Or(in.Validate(), track.validate()); err != nil {
		return err
	}
	if old(l.freshness(in)) {
		track.Stale++
	}
	t, err := l.translate(in.utc(), l.cfg.Sale, track)
	if errors.Is(err, ErrInvalid) {
		l.blind(valid.Cut(err.Error()))
		return nil
	}
	if err != nil {
		return err
	}
	is, err := toldOf(t)
	if err != nil {
		return err
	}
	l.next.Track = track
	l.show(t, is)
	return nil
}

// blind is a look without a translation.
func (l *look) blind(fault string) {
	l.d.Reason, l.d.Fault = NoInputs, fault
	l.next.Track.Stale++
	l.d.Metrics = l.next.Track.metrics(market.Index{})
	l.hold(DataQuality, Warning, "No data can be had", "")
}

// show is a look with one, of which people would be told that.
func (l *look) show(t Translation, is Told) {
	l.d.Translation, l.d.Metrics = &t, t.Metrics
	l.next.Translated = l.next.Track.Looks
	l.update(is)
	l.drop(t)
	l.close(t)
	l.judge(t)
}

// update tells what changed as far as people can see it.
func (l *look) update(is Told) {
	was := &l.next.Told
	for _, part := range []struct {
		kind Kind
		was  *string
		is   string
	}{{RiskUpdate, &was.Risk, is.Risk}, {LiquidityUpdate, &was.Liquidity, is.Liquidity}, {ExitPathUpdate, &was.Exits, is.Exits}} {
		if *part.was != part.is {
			*part.was = part.is
			l.tell(Event{Kind: part.kind})
		}
	}
}

// drop alerts when the liquidity index is lower by Drop points or more than it was at
// some time within DropOver. What it has fallen from is forgotten then: it is told once.
func (l *look) drop(t Translation) {
	index, was := t.Profile.Index, l.next.Track.Was
	if index.Level == market.Insufficient {
		return
	}
	is := Reading{l.next.At, index.Value}
	if was != nil && was.Index.Sub(index.Value).GreaterThanOrEqual(l.cfg.Drop) {
		l.alert(Deterioration, Warning, fmt.Sprintf("Liquidity index fell from %s to %s", tenth(was.Index), tenth(index.Value)))
		l.next.Peaks = nil
	}
	l.next.Peaks = l.next.Peaks.with(is, l.cfg.DropOver)
}

// close alerts for each way out that was open when people were last told, and is
// not. One that is only between two of its windows closes and opens every day.
func (l *look) close(t Translation) {
	var open []market.Path
	for _, path := range market.Paths() {
		r, _ := t.Exits.Route(path)
		switch {
		case r.Available:
			open = append(open, path)
		case !slices.Contains(l.next.Told.Open, path), len(r.Refusals) == 1 && r.Refusals[0].Reason == market.WindowClosed:
		case r.Refusals[0].Reason == market.MakerOffline:
			l.alert(Deterioration, Warning, "Market maker offline - limited exit options")
		default:
			l.alert(ExitFailure, Warning, fmt.Sprintf("%s is no longer available - %s", PathName(path), reasonPhrase(r.Refusals[0])))
		}
	}
	l.next.Told.Open = open
}

// judge alerts for what holds now and did not before, and when it is over.
func (l *look) judge(t Translation) {
	overall, index := t.Risk.Overall, t.Profile.Index
	critical, closed, problem := "", "", ""
	if overall.Level == score.Critical {
		critical = fmt.Sprintf("Critical risk level (%s/100)", tenth(overall.Value))
	}
	if _, exit := t.Exits.Best(); !exit {
		closed = "No viable exit paths available"
	}
	switch {
	case old(t.Freshness):
		problem = "Data are " + string(t.Freshness)
	case index.Level == market.Insufficient:
		problem = "Too little data for a liquidity index"
	case overall.Level == score.Insufficient:
		problem = "Too little is known for an overall risk score"
	}
	l.hold(HighRisk, Critical, critical, "The risk level is no longer critical")
	l.hold(NoExit, Critical, closed, "There is a viable exit path again")
	l.hold(DataQuality, Warning, problem, "Data are there and fresh again")
}

// hold alerts of a problem when it begins, and informs when it ends. An empty one
// is none.
func (l *look) hold(what AlertType, severity Severity, problem, over string) {
	at := slices.Index(l.next.Holds, what)
	switch {
	case problem != "" && at < 0:
		l.next.Holds = append(slices.Clone(l.next.Holds), what)
		slices.Sort(l.next.Holds)
		l.alert(what, severity, problem)
	case problem == "" && at >= 0:
		l.next.Holds = slices.Delete(slices.Clone(l.next.Holds), at, at+1)
		l.alert(what, Info, over)
	}
}

func (l *look) alert(what AlertType, severity Severity, message string) {
	l.tell(Event{Kind: Alerted, Alert: &Alert{what, message, severity, l.next.ISIN, l.next.At}})
}

func (l *look) tell(e Event) {
	e.Number = l.next.Numbers.Last() + 1
	l.next.Numbers = l.next.Numbers.With(e)
	l.d.Events = append(l.d.Events, e)
}
