package pool

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/alp"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// Config is one provider at one market of one pool.
type Config struct {
	Server   *alp.Client
	Prover   exchange.Prover // of the account at the exchange
	Pair     exchange.Pair   // as the exchange trades it
	Exchange string          // as the pool names it
	Unit     string
	Address  string // where rewards are paid to

	// Orders returns what is open now, so that credits can be held against it;
	// nil where only the prover's key is at hand.
	Orders func(context.Context) ([]exchange.Order, error)

	Every time.Duration // between submissions, > 0
	Look  time.Duration // between looks at what it earned, > 0
	Clock clock.Clock
	Tell  func(Event) // is told what happens, one at a time
}

// Say tells a sentence.
func (c Config) Say(k Kind, format string, args ...any) {
	c.tell(Event{Kind: k, Text: fmt.Sprintf(format, args...)})
}

func (c Config) tell(e Event) {
	e.At = c.Clock.Now().UTC()
	c.Tell(e)
}

// Provider is what runs. It is for one goroutine.
type Provider struct {
	Config
	user   string
	had    []exchange.Order // when they were last submitted
	seen   decimal.Decimal  // time of the newest round that was told
	earned Earnings         // as last told

	rounds, wrong int
}

// New returns a provider that has not registered yet.
func New(cfg Config) *Provider { return &Provider{Config: cfg} }

// Outcome returns how many rounds credited something, and how many of them were
// not the split of our orders.
func (p *Provider) Outcome() (rounds, wrong int) { return p.rounds, p.wrong }

// Register makes the user known to the pool. To be known already is fine.
func (p *Provider) Register(ctx context.Context) error {
	proof, err := p.Prover.ProveOpenOrders(p.Pair, p.Clock.Now())
	if err != nil {
		return err
	}
	p.user = proof.Key
	request := alp.NewSubmission(proof, p.Exchange, p.Unit)
	said, err := p.Server.Register(ctx, alp.Registration{
		User: p.user, Address: p.Address, Exchange: p.Exchange, Unit: p.Unit, Req: request.Req, Sign: request.Sign,
	})
	if errors.Is(err, alp.ErrRegistered) {
		said, err = "user is already registered", nil
	}
	if err != nil {
		return err
	}
	orders, err := p.orders(ctx)
	if err != nil {
		return err
	}
	for _, round := range rounds(orders, p.seen) { // of an earlier run
		p.seen = round[0].Credit.At.Decimal
	}
	p.Say(Registered, "%s for %s %s: %s", name(p.user), p.Exchange, p.Unit, said)
	return nil
}

// Once submits, and looks at what the server shows of it.
func (p *Provider) Once(ctx context.Context) error {
	if err := p.submit(ctx); err != nil {
		return err
	}
	return p.look(ctx)
}

// Run submits and looks until ctx ends. What fails is told, and tried again when
// its time comes.
func (p *Provider) Run(ctx context.Context) {
	next := p.Clock.Now()
	every := p.Every - early(p.user, p.Every)
	for ctx.Err() == nil {
		if now := p.Clock.Now(); !now.Before(next) {
			p.try(ctx, p.submit)
			next, every = now.Add(every), p.Every
		}
		p.try(ctx, p.look)
		p.sleep(ctx, min(p.Look, next.Sub(p.Clock.Now())))
	}
}

// early is by how much the second submission comes before its time, up to a
// quarter of it: so part providers that were started together.
func early(user string, every time.Duration) time.Duration {
	h := fnv.New32a()
	_, _ = h.Write([]byte(user))
	return every / 4 * time.Duration(h.Sum32()%1000) / 1000
}

// ErrStillCredited means that the server credits orders that are gone.
var ErrStillCredited = errors.New("pool: still credited")

// minPatience is three rounds of the ALP server.
const minPatience = 3 * time.Minute

// Leave submits for the last time, when the orders are gone, and waits for a
// round that credits nothing: the next, or the one after, since the next still
// holds what was seen before. It returns [ErrStillCredited] if that one credits
// something too, and an error if there is no round within three periods or
// minutes.
func (p *Provider) Leave(ctx context.Context) error {
	if err := p.submit(ctx); err != nil {
		return err
	}
	before, err := p.lastRound(ctx)
	if err != nil {
		return err
	}
	credited := p.rounds
	patience := max(3*p.Every, minPatience)
	deadline := p.Clock.Now().Add(patience)
	for late := 0; p.Clock.Now().Before(deadline); {
		p.sleep(ctx, p.Look)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		last, err := p.lastRound(ctx)
		if err == nil {
			err = p.look(ctx)
		}
		switch {
		case err != nil:
			p.Say(Failed, "%v", err)
		case last.Equal(before):
		case p.rounds == credited:
			p.Say(Finished, "the round of %s credited nothing: the orders are gone", clockTime(moment(last)))
			return nil
		default:
			if late++; late == 2 {
				return fmt.Errorf("%w: in the round of %s, the second after the orders were gone", ErrStillCredited, clockTime(moment(last)))
			}
			before, credited = last, p.rounds
		}
	}
	return fmt.Errorf("pool: no round within %v", patience)
}

// lastRound returns when the pool credited last, in unix seconds; 0 is never.
func (p *Provider) lastRound(ctx context.Context) (decimal.Decimal, error) {
	status, err := p.Server.Status(ctx)
	if errors.Is(err, alp.ErrNoRound) {
		return decimal.Zero, nil
	}
	return status.Meta.LastCredit.Decimal, err
}

func (p *Provider) submit(ctx context.Context) error {
	what := "a proof"
	if p.Orders != nil {
		orders, err := p.Orders(ctx)
		if err != nil {
			return err
		}
		if len(orders) > 0 {
			p.had = orders // what is gone may be credited once more
		}
		what = fmt.Sprintf("%d orders", len(orders))
	}
	proof, err := p.Prover.ProveOpenOrders(p.Pair, p.Clock.Now())
	if err != nil {
		return err
	}
	said, err := p.Server.Submit(ctx, alp.NewSubmission(proof, p.Exchange, p.Unit))
	if err != nil {
		return err
	}
	p.Say(Submitted, "submitted %s: %s", what, said)
	return nil
}

// look reads what the server shows of us, and tells what is new.
func (p *Provider) look(ctx context.Context) error {
	stats, err := p.Server.Stats(ctx, p.user)
	if err != nil {
		return err
	}
	orders, err := p.orders(ctx)
	if err != nil {
		return err
	}
	for _, round := range rounds(orders, p.seen) {
		p.seen = round[0].Credit.At.Decimal
		p.judge(round)
	}
	earned := Earnings{Total: stats.Total.Decimal, Unpaid: stats.Current.Decimal, Orders: newest(orders)}
	if reflect.DeepEqual(earned, p.earned) {
		return nil
	}
	p.earned = earned
	waiting := 0
	for _, s := range earned.Orders {
		if s.State == stateWaiting {
			waiting++
		}
	}
	p.tell(Event{
		Kind: Earned, Earned: &earned,
		Text: fmt.Sprintf("earned %v so far, of which %v is not paid out; %d orders wait for the next round", earned.Total, earned.Unpaid, waiting),
	})
	return nil
}

// orders returns the sightings in our market, newest first; the user may have
// registered for others.
func (p *Provider) orders(ctx context.Context) ([]alp.Order, error) {
	orders, err := p.Server.Orders(ctx, p.user)
	return slices.DeleteFunc(orders, func(o alp.Order) bool { return o.Exchange != p.Exchange || o.Unit != p.Unit }), err
}

func (p *Provider) judge(round []alp.Order) {
	v := Judge(round, p.had)
	p.rounds++
	text := fmt.Sprintf("the round of %s credited %v for %d orders", clockTime(v.Round), v.Credit, v.Orders)
	switch {
	case len(v.Wrong) > 0:
		p.wrong++
		text += fmt.Sprintf(", WHICH IS NOT what they earn, %v: %s", v.Expected.Round(12), strings.Join(v.Wrong, "; "))
	case p.had != nil:
		text += ": exactly the split of the orders on the venue"
	default:
		text += ": exactly what its totals say"
	}
	p.tell(Event{Kind: Credited, Text: text, Round: &v})
}

// The states of a sighting.
const (
	stateWaiting   = "waiting"
	stateCredited  = "credited"
	stateDuplicate = "seen again"
	stateUnranked  = "no rank"
)

// newest returns the last sighting of each order, with the last credit of it. The
// server lists the newest first.
func newest(orders []alp.Order) []Sighting {
	var all []Sighting
	index := map[string]int{}
	for _, o := range orders {
		credit := decimal.Zero
		if o.Credit != nil {
			credit = o.Credit.Amount.Decimal
		}
		key := o.OrderID + " " + o.Side.String()
		if i, known := index[key]; known {
			if all[i].Credit.IsZero() {
				all[i].Credit = credit
			}
			continue
		}
		index[key] = len(all)
		state := stateWaiting
		switch {
		case o.Rank == "":
			state = stateUnranked
		case o.Credited == alp.Credited:
			state = stateCredited
		case o.Credited == alp.Duplicate:
			state = stateDuplicate
		}
		all = append(all, Sighting{
			Order: o.OrderID, Side: o.Side, Price: o.Price.Decimal, Amount: o.Amount.Decimal,
			Rank: o.Rank, State: state, Credit: credit,
		})
	}
	slices.Reverse(all)
	return all
}

// try does what will be done again anyway.
func (p *Provider) try(ctx context.Context, do func(context.Context) error) {
	if err := do(ctx); err != nil && ctx.Err() == nil {
		p.Say(Failed, "%v", err)
	}
}

func (p *Provider) sleep(ctx context.Context, d time.Duration) {
	timer := p.Clock.Timer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// name keeps an API key short: it is public, and still nobody's business.
func name(key string) string {
	const most = 16
	if len(key) <= most {
		return key
	}
	return key[:4] + "..." + key[len(key)-4:]
}

func clockTime(t time.Time) string { return t.Format(time.TimeOnly) }
