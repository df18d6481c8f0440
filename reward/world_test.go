package reward_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/reward"
	ledger "github.com/evenkeelhq/evenkeel/reward/memory"
	"github.com/evenkeelhq/evenkeel/store/memory"
)

// outage is a ledger that cannot always be written to.
type outage struct {
	ledger.Ledger
	down bool
}

var errDown = errors.New("ledger is down")

func (o *outage) Book(ctx context.Context, stamp evenkeel.Stamp, d reward.Decision) error {
	if o.down {
		return errDown
	}
	return o.Ledger.Book(ctx, stamp, d)
}

// pool is a pool with one registered user, ann, and all that it runs on.
type pool struct {
	t      *testing.T
	ledger outage
	store  memory.Store
	inbox  memory.Inbox
	runner *evenkeel.Runner[reward.State, reward.Observation, reward.Decision]
}

const poolKey = "reward/pool"

func newPool(t *testing.T) *pool {
	t.Helper()
	p := &pool{t: t}
	p.start()
	require.NoError(t, p.ledger.Register(t.Context(), reward.Registration{
		User: "ann", Address: "BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96", Exchange: "test_exchange", Unit: "btc", At: start,
	}))
	return p
}

// start starts the process, again.
func (p *pool) start() {
	p.t.Helper()
	e := engine(p.t, nil)
	world, err := reward.NewWorld(reward.WorldConfig{Key: poolKey, Engine: e, Ledger: &p.ledger, Store: &p.store, Inbox: &p.inbox})
	require.NoError(p.t, err)
	p.runner, err = evenkeel.NewRunner(poolKey, e, world, &p.store, evenkeel.Options{Every: time.Minute})
	require.NoError(p.t, err)
}

func (p *pool) command(id, body string) {
	p.t.Helper()
	require.NoError(p.t, p.inbox.Put(p.t.Context(), poolKey, id, []byte(body)))
}

// minute submits an order of ann's that fills the target and runs a round.
func (p *pool) minute(n int) reward.Decision {
	p.t.Helper()
	at := start.Add(time.Duration(n) * time.Minute)
	require.NoError(p.t, p.ledger.Submit(p.t.Context(), reward.Submission{
		User: "ann", Exchange: "test_exchange", Unit: "btc", IssuedAt: at, SeenAt: at,
		Orders: []reward.Order{{Side: exchange.Bid, OrderID: "o", Price: dec("1"), Amount: dec("2500"), Peg: dec("1")}},
	}))
	d, err := p.runner.Tick(p.t.Context(), at)
	if p.ledger.down {
		require.ErrorIs(p.t, err, errDown)
	} else {
		require.NoError(p.t, err)
	}
	return d
}

func (p *pool) earned() string {
	p.t.Helper()
	sum, err := p.ledger.Earned(p.t.Context(), "ann")
	require.NoError(p.t, err)
	return sum.String()
}

func TestPool(t *testing.T) {
	for name, story := range map[string]func(*testing.T, *pool){
		"a minute pays what was submitted": func(t *testing.T, p *pool) {
			p.command("motion", `{"Amount": "1", "Approval": "motion 7"}`)
			require.Equal(t, "paid 0.0125: test_exchange/btc/ann 0.0125", told(p.minute(0)))
			require.Equal(t, "0.0125", p.earned())
		},
		"a minute without a submission pays nothing": func(t *testing.T, p *pool) {
			p.command("motion", `{"Amount": "1", "Approval": "motion 7"}`)
			p.minute(0)
			d, err := p.runner.Tick(t.Context(), start.Add(time.Minute))
			require.NoError(t, err)
			require.Equal(t, "unearned 0: ", told(d))
		},
		"a tick within the round leaves its sightings to the next": func(t *testing.T, p *pool) {
			p.command("motion", `{"Amount": "1", "Approval": "motion 7"}`)
			d, err := p.runner.Tick(t.Context(), start.Add(-time.Second))
			require.NoError(t, err)
			require.Equal(t, reward.Unearned, d.Reason)
			d, err = p.runner.Tick(t.Context(), start)
			require.NoError(t, err)
			require.Equal(t, reward.Unearned, d.Reason)
			require.Equal(t, reward.RoundDone, p.minute(0).Reason)
			record, err := p.store.Last(t.Context(), poolKey)
			require.NoError(t, err)
			require.NotContains(t, string(record.Seen), "Orders", "what is not decided on is not recorded")
			require.Equal(t, "0", p.earned())
			require.Equal(t, "paid 0.0125: test_exchange/btc/ann duplicate, test_exchange/btc/ann 0.0125", told(p.minute(1)))
			require.Equal(t, "0.0125", p.earned())
		},
		"what the ledger missed is booked when it is back": func(t *testing.T, p *pool) {
			p.command("motion", `{"Amount": "1", "Approval": "motion 7"}`)
			p.minute(0)
			p.ledger.down = true
			p.minute(1)
			p.minute(2)
			require.Equal(t, "0.0125", p.earned())
			p.ledger.down = false
			p.minute(3)
			require.Equal(t, "0.05", p.earned())
		},
		"a crash before the ledger was written loses no credit": func(t *testing.T, p *pool) {
			p.command("motion", `{"Amount": "1", "Approval": "motion 7"}`)
			p.ledger.down = true
			p.minute(0)
			p.ledger.down = false
			p.start()
			p.minute(1)
			require.Equal(t, "0.025", p.earned())
		},
		"what is no grant stops nobody": func(t *testing.T, p *pool) {
			for i, body := range []string{"", "{", `{"Amount": "-1", "Approval": "a"}`, `{"Amount": "1"}`, `{"Amount": "1e17", "Approval": "a"}`, `{"Amount": "9e17", "Approval": "too much"}`, `"pause"`} {
				p.command(fmt.Sprint(i), body)
			}
			require.Equal(t, reward.Paid, p.minute(0).Reason)
			p.command("motion", `{"Seq": 99, "Amount": "1", "Approval": "motion 7"}`)
			require.Equal(t, "100000000000000000.975", p.minute(1).Balance.String())
			require.Equal(t, "100000000000000000.9625", p.minute(2).Balance.String(), "booked once")
		},
		"many grants are booked over several rounds": func(t *testing.T, p *pool) {
			for i := range 70 {
				p.command(fmt.Sprint(i), `{"Amount": "1", "Approval": "motion"}`)
			}
			require.Equal(t, "63.9875", p.minute(0).Balance.String())
			require.Equal(t, "69.975", p.minute(1).Balance.String())
		},
	} {
		t.Run(name, func(t *testing.T) { story(t, newPool(t)) })
	}
}

// board is a Reporter that keeps what it was told, if it is up.
type board struct {
	down bool
	told []string
}

func (b *board) Report(_ context.Context, round uint64, liquidity []reward.Liquidity) error {
	if b.down {
		return errDown
	}
	for _, l := range liquidity {
		b.told = append(b.told, fmt.Sprint(round, " ", l.Exchange, ".", l.Unit, ".", l.Rank, " ", l.Bid, " ", l.Ask))
	}
	return nil
}

// Each round is reported once it is booked, by the ranks of the bid side; who
// does not listen holds up no credit.
func TestRoundsAreReported(t *testing.T) {
	p := newPool(t)
	p.command("motion", `{"Amount": "1", "Approval": "motion 7"}`)
	var reports board
	e := engine(t, func(c *reward.Config) {
		c.Markets = c.Markets[:1]
		c.Markets[0].Ask.Ranks = c.Markets[0].Ask.Ranks[1:]
	})
	world, err := reward.NewWorld(reward.WorldConfig{Key: poolKey, Engine: e, Ledger: &p.ledger, Store: &p.store, Inbox: &p.inbox, Reporter: &reports})
	require.NoError(t, err)
	p.runner, err = evenkeel.NewRunner(poolKey, e, world, &p.store, evenkeel.Options{})
	require.NoError(t, err)
	p.minute(0)
	_, err = p.runner.Tick(t.Context(), start)
	require.NoError(t, err, "within the round there is nothing to report")
	require.Equal(t, []string{
		fmt.Sprint(start.Unix(), " test_exchange.btc.rank_1 2500 0"),
		fmt.Sprint(start.Unix(), " test_exchange.btc.rank_2 0 0"),
	}, reports.told)

	reports.down = true
	_, err = p.runner.Tick(t.Context(), start.Add(time.Minute))
	require.ErrorIs(t, err, errDown)
	require.ErrorIs(t, err, evenkeel.ErrAct)
	require.ErrorContains(t, err, "report round")
	require.Equal(t, "0.0125", p.earned())
}

// A world that could not book says what it tried.
func TestActReports(t *testing.T) {
	p := newPool(t)
	p.ledger.down = true
	world, err := reward.NewWorld(reward.WorldConfig{Key: poolKey, Engine: engine(t, nil), Ledger: &p.ledger, Store: &p.store})
	require.NoError(t, err)
	err = world.Act(t.Context(), start, evenkeel.Stamp{Key: poolKey, Seq: 1, At: start}, reward.Decision{Round: 77, Reason: reward.Unearned})
	require.ErrorIs(t, err, errDown)
	require.ErrorContains(t, err, "book round 77 of reward/pool/1")
}

func TestNewWorldRejects(t *testing.T) {
	whole := reward.WorldConfig{Key: poolKey, Engine: engine(t, nil), Ledger: new(ledger.Ledger), Store: new(memory.Store)}
	_, err := reward.NewWorld(whole)
	require.NoError(t, err)
	for field, change := range map[string]func(*reward.WorldConfig){
		"Key":    func(c *reward.WorldConfig) { c.Key = "" },
		"Engine": func(c *reward.WorldConfig) { c.Engine = nil },
		"Ledger": func(c *reward.WorldConfig) { c.Ledger = nil },
		"Store":  func(c *reward.WorldConfig) { c.Store = nil },
	} {
		cfg := whole
		change(&cfg)
		_, err := reward.NewWorld(cfg)
		require.ErrorIs(t, err, reward.ErrInvalid)
		require.ErrorContains(t, err, "reward: invalid: "+field)
	}
}
