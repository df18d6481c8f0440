package parity_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/stabilizer/parity"
)

// lopsided opens the books with 2,000 of base too few on the first chain and as
// many too many on the second, so that the bridge has to bring them.
func (l *life) lopsided() {
	l.Helper()
	l.step(func(o *parity.Observation) { o.Blocks[0].Base, o.Blocks[1].Base = dec("48000"), dec("52000") })
}

// tell reports the oldest open transfer so.
func (l *life) tell(stage chain.Stage, sent, settled uint64, received string) func(*parity.Observation) {
	return func(o *parity.Observation) {
		o.Passages = []parity.Passage{{ID: l.state.Transfers[0].ID, Stage: stage, Sent: sent, Settled: settled, Received: dec(received)}}
	}
}

func (l *life) phase() parity.Phase {
	l.Helper()
	require.Len(l, l.state.Transfers, 1)
	return l.state.Transfers[0].Phase
}

func TestATransferIsForgottenOnlyWhenItsMoneyIsBack(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.lopsided()
	require.Equal(t, parity.Initiated, l.phase())
	require.Len(t, l.last.Transfers, 1)
	require.Equal(t, "2000", l.last.Transfers[0].Amount.String())
	require.Equal(t, "50000", l.state.Books.Available[1].Base.String(), "reserved before it is sent")
	at := l.n

	l.step(l.tell(chain.Unsent, 0, 0, "0"))
	require.Equal(t, parity.Initiated, l.phase())
	require.Equal(t, l.state.Transfers[0].Sending, l.last.Transfers[0], "sent again, the same")
	l.step(l.tell(chain.Waiting, 0, 0, "0"))
	require.Equal(t, parity.Sent, l.phase())
	require.Empty(t, l.last.Transfers)
	l.step(l.tell(chain.Departed, at+3, 0, "0"))
	require.Equal(t, parity.Sent, l.phase(), "one block deep of four")
	l.step(l.tell(chain.Waiting, 0, 0, "0"))
	require.Equal(t, parity.Sent, l.phase(), "a reorg took it back")
	require.Empty(t, l.alerts())
	l.step(l.tell(chain.Departed, at+5, 0, "0"))
	l.step()
	l.step()
	l.step(l.tell(chain.Departed, at+5, 0, "0"))
	require.Equal(t, parity.SourceFinal, l.phase())
	arrived := l.tell(chain.Arrived, at+5, l.n+1, "1999")
	l.step(arrived)
	require.Equal(t, parity.DestSeen, l.phase())
	l.step(l.tell(chain.Departed, at+5, 0, "0"))
	require.Equal(t, parity.SourceFinal, l.phase(), "a reorg of the other chain took the arrival back")
	again := l.tell(chain.Arrived, at+5, l.n+1, "1999")
	l.step(again)
	l.step(again)
	l.step(again)
	require.Equal(t, parity.DestSeen, l.phase(), "three blocks deep of four")
	l.step(again, func(o *parity.Observation) { o.Blocks[0].Base = dec("49999") })
	require.Empty(t, l.state.Transfers)
	require.Equal(t, "49999", l.state.Books.Available[0].Base.String())
	require.Equal(t, "-1", l.state.Books.Earned.Base.String(), "the bridge's fee")
}

func TestATransferThatNeverLeftIsReleased(t *testing.T) {
	t.Parallel()
	for name, told := range map[string]func(l *life, at uint64) func(*parity.Observation){
		"it reverted":                       func(l *life, at uint64) func(*parity.Observation) { return l.tell(chain.Failed, 0, at+1, "0") },
		"nobody sent it until its deadline": func(l *life, _ uint64) func(*parity.Observation) { return l.tell(chain.Unsent, 0, 0, "0") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, nil)
			l.lopsided()
			id, at := l.state.Transfers[0].ID, l.n
			require.Equal(t, "50000", l.state.Books.Available[1].Base.String())
			for l.state.Transfers[0].ID == id {
				if l.n > at+40 {
					t.Fatal("still reserved")
				}
				l.step(told(l, at), func(o *parity.Observation) { o.Blocks[1].Base = dec("52000") })
			}
			require.Len(t, l.state.Transfers, 1, "the shortage is still there, so another is begun at once")
		})
	}
}

// What is stuck stays reserved for as long as it lasts, is made up for from what
// there is, and comes on top when it returns after all.
func TestAStuckTransferIsNeverGivenUp(t *testing.T) {
	t.Parallel()
	l := newLife(t, func(c *parity.Config) {
		c.Chains[1].Buffer.Base = dec("40000")
		c.MaxTransfer = dec("2000")
	})
	l.lopsided()
	at := l.n
	departed := l.tell(chain.Departed, at+1, 0, "0")
	for range 300 {
		l.step(departed)
		require.Len(t, l.state.Transfers, 1)
		require.Empty(t, l.state.Stuck(), "ten minutes")
	}
	l.step(departed)
	require.Equal(t, "stuck_transfer", l.alerts())
	require.Len(t, l.state.Stuck(), 1)
	require.Len(t, l.state.Transfers, 2, "made up for")
	stuck, second, seen := l.state.Transfers[0].ID, l.state.Transfers[1].ID, l.n
	for range 5000 {
		l.step(func(o *parity.Observation) {
			o.Passages = []parity.Passage{{ID: second, Stage: chain.Arrived, Sent: seen, Settled: seen + 1, Received: dec("2000")}}
			o.Blocks[0].Base = dec("50000")
		})
	}
	require.Len(t, l.state.Transfers, 1)
	require.Equal(t, stuck, l.state.Transfers[0].ID, "hours later it is still reserved")
	block := l.n
	for range 5 { // told again after it is booked
		l.step(func(o *parity.Observation) {
			o.Passages = []parity.Passage{{ID: stuck, Stage: chain.Refunded, Sent: at + 1, Settled: block, Received: dec("2000")}}
			o.Blocks[1].Base = dec("50000")
		})
		require.True(t, l.state.Conserved())
	}
	require.Empty(t, l.state.Transfers)
	require.Equal(t, "50000", l.state.Books.Available[1].Base.String(), "back, once")
}

func TestAnOmittedEventShowsInTheBalance(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.lopsided()
	departed := l.tell(chain.Departed, l.n+1, 0, "0")
	arrived := func(o *parity.Observation) { o.Blocks[0].Base = dec("50000") }
	for range 300 {
		l.step(departed, arrived)
	}
	require.Empty(t, l.alerts())
	l.step(departed, arrived)
	require.Equal(t, "stuck_transfer missed_arrival", l.alerts())
	require.Equal(t, "48000", l.state.Books.Available[0].Base.String(), "a balance alone books nothing")
}

func TestAReorgBehindFinalityIsTold(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.lopsided()
	at := l.n
	for range 5 {
		l.step(l.tell(chain.Departed, at+1, 0, "0"))
	}
	require.Equal(t, parity.SourceFinal, l.phase())
	l.step(l.tell(chain.Waiting, 0, 0, "0"))
	require.Equal(t, "returned_behind", l.alerts())
	require.Equal(t, parity.Sent, l.phase())
}

func TestWhatLimitsATransfer(t *testing.T) {
	t.Parallel()
	lane := func(room string) func(*parity.Observation) {
		return func(o *parity.Observation) { o.Blocks[1].Lane.Base = dec(room) }
	}
	for name, row := range map[string]struct {
		config func(*parity.Config)
		change func(*parity.Observation)
		want   string // "" for none
	}{
		"what is missing there":         {want: "2000"},
		"what is not needed here":       {config: func(c *parity.Config) { c.Chains[1].Buffer.Base = dec("51500") }, want: "500"},
		"the largest":                   {config: func(c *parity.Config) { c.MaxTransfer = dec("700") }, want: "700"},
		"what may be in flight":         {config: func(c *parity.Config) { c.MaxTransfer, c.MaxInFlight = dec("900"), dec("900") }, want: "900"},
		"the lane":                      {change: lane("333.3"), want: "333.3"},
		"the smallest":                  {change: lane("249.999999"), want: ""},
		"a bridge that cannot be asked": {change: func(o *parity.Observation) { o.Blocks[1].Lane = nil }, want: ""},
		"dear gas":                      {change: func(o *parity.Observation) { o.Blocks[1].GasGwei = dec("51") }, want: ""},
		"a chain that cannot be seen":   {change: func(o *parity.Observation) { o.Blocks[0] = nil }, want: ""},
		"a chain that has halted":       {change: func(o *parity.Observation) { o.Blocks[0].Time = o.Now.Add(-time.Hour) }, want: ""},
		"a pause":                       {change: func(o *parity.Observation) { o.Commands = []parity.Command{{Seq: 1, ID: "1", Do: parity.Pause}} }, want: ""},
		"a dry run":                     {config: func(c *parity.Config) { c.DryRun = true }, want: ""},
		"what is on its way, not twice": {config: func(c *parity.Config) { c.MaxTransfer = dec("1500") }, want: "1500"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, row.config)
			change := row.change
			if change == nil {
				change = func(*parity.Observation) {}
			}
			l.step(func(o *parity.Observation) { o.Blocks[0].Base, o.Blocks[1].Base = dec("48000"), dec("52000") }, change)
			if row.want == "" {
				require.Empty(t, l.last.Transfers)
				return
			}
			require.Len(t, l.last.Transfers, 1)
			require.Equal(t, row.want, l.last.Transfers[0].Amount.String())
			require.Equal(t, 1, l.last.Transfers[0].From)
			for range 10 {
				l.step(change)
				require.False(t, l.state.InFlight(1).Base.GreaterThan(dec("2000")))
			}
		})
	}
}

func TestFinalityIsByValue(t *testing.T) {
	t.Parallel()
	for lane, blocks := range map[string][2]uint64{"300": {2, 3}, "1000": {4, 5}, "1000.1": {32, 33}} {
		t.Run(lane, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, func(c *parity.Config) {
				c.Tiers = []parity.Tier{{UpTo: dec("300"), Blocks: [2]uint64{2, 3}}, {UpTo: dec("1000"), Blocks: [2]uint64{4, 5}}, {Blocks: [2]uint64{32, 33}}}
			})
			l.step(func(o *parity.Observation) {
				o.Blocks[0].Base, o.Blocks[1].Base = dec("48000"), dec("52000")
				o.Blocks[1].Lane.Base = dec(lane)
			})
			require.Equal(t, blocks, l.state.Transfers[0].Final)
		})
	}
}

// dumb takes the bridge away.
func dumb(o *parity.Observation) { o.Blocks[0].Lane, o.Blocks[1].Lane = nil, nil }

func TestOnlyWhatIsThereIsSent(t *testing.T) {
	t.Parallel()
	uneven := func(o *parity.Observation) { o.Blocks[0].Base, o.Blocks[1].Base = dec("52000"), dec("48000") }
	t.Run("not what a leg under way will take", func(t *testing.T) {
		t.Parallel()
		l := newLife(t, nil)
		l.step(apart("12"), uneven, dumb)
		require.Equal(t, "TRADE spread", l.step(apart("12")))
		require.Len(t, l.last.Transfers, 1)
		require.Equal(t, "1450", l.last.Transfers[0].Amount.String(), "2,000 too many, less 550")
	})
	t.Run("not what only the books say is there", func(t *testing.T) {
		t.Parallel()
		l := newLife(t, nil)
		l.step(apart("12"), uneven, dumb)
		require.Equal(t, "TRADE spread", l.step(apart("12"), dumb))
		require.Equal(t, "HOLD pending", l.step(l.outcome(0, parity.Waiting), func(o *parity.Observation) { o.Blocks[0].Base = dec("50700") }))
		require.Empty(t, l.last.Transfers)
	})
	t.Run("and nothing while something is missing", func(t *testing.T) {
		t.Parallel()
		l := newLife(t, nil)
		l.step(uneven, dumb)
		require.Equal(t, "HOLD shortage", l.step(func(o *parity.Observation) { o.Blocks[1].Quote = dec("49999") }))
		require.Empty(t, l.last.Transfers)
		l.step()
		require.Len(t, l.last.Transfers, 1)
	})
}

func TestEveryEndWaitsForItsBlocks(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		stage   chain.Stage
		sent    uint64 // how deep
		settled uint64
		phase   parity.Phase
	}{
		"an arrival whose source is not final":  {chain.Arrived, 3, 9, parity.DestSeen},
		"an arrival that is not final itself":   {chain.Arrived, 9, 3, parity.DestSeen},
		"an arrival that is, on both chains":    {chain.Arrived, 4, 4, ""},
		"a refund that is not final":            {chain.Refunded, 9, 3, parity.DestSeen},
		"a refund that is":                      {chain.Refunded, 9, 4, ""},
		"a failure that a reorg may still undo": {chain.Failed, 0, 3, parity.Sent},
		"a failure that is final":               {chain.Failed, 0, 4, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			l := newLife(t, nil)
			l.lopsided()
			id := l.state.Transfers[0].ID
			at := func(depth uint64) uint64 { return l.n + 2 - depth } // as of the next block
			sent := uint64(0)
			if row.sent > 0 {
				sent = at(row.sent)
			}
			received := "2000"
			if row.stage == chain.Failed {
				received = "0"
			}
			l.step(l.tell(row.stage, sent, at(row.settled), received))
			if row.phase != "" {
				require.Equal(t, row.phase, l.phase())
				require.Equal(t, id, l.state.Transfers[0].ID)
				return
			}
			for _, tr := range l.state.Transfers {
				require.NotEqual(t, id, tr.ID)
			}
		})
	}
}

func TestAtItsDeadlineATransferIsNotSentAgain(t *testing.T) {
	t.Parallel()
	l := newLife(t, nil)
	l.lopsided()
	first := l.state.Transfers[0].Sending
	require.Equal(t, l.n+30, first.Deadline)
	for l.n+1 < first.Deadline {
		l.step(l.tell(chain.Unsent, 0, 0, "0"))
		require.Equal(t, []parity.Sending{first}, l.last.Transfers)
	}
	l.step(l.tell(chain.Unsent, 0, 0, "0"), dumb)
	require.Empty(t, l.last.Transfers)
	require.Empty(t, l.state.Transfers)
	require.Equal(t, "52000", l.state.Books.Available[1].Base.String())
}

// However a bridge stumbles, money is in one place, and a transfer ends once.
func TestMoneyIsNeverLostOnTheWay(t *testing.T) {
	t.Parallel()
	stages := []chain.Stage{chain.Unsent, chain.Waiting, chain.Departed, chain.Arrived, chain.Refunded, chain.Failed}
	rapid.Check(t, func(t *rapid.T) {
		l := newLife(t, func(c *parity.Config) { c.MaxTransfer, c.MinTransfer = dec("500"), dec("250") })
		l.lopsided()
		ended := map[string]bool{}
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			before := l.state
			l.step(func(o *parity.Observation) {
				for _, tr := range before.Transfers {
					if !rapid.Bool().Draw(t, "told") {
						continue
					}
					p := parity.Passage{ID: tr.ID, Stage: rapid.SampledFrom(stages).Draw(t, "stage")}
					block := func(name string) uint64 { return l.n - rapid.Uint64Range(0, 5).Draw(t, name) }
					switch p.Stage {
					case chain.Departed:
						p.Sent = block("sent")
					case chain.Arrived, chain.Refunded:
						p.Sent, p.Settled, p.Received = block("sent"), block("settled"), tr.Amount.Sub(dec("0.5"))
					case chain.Failed:
						p.Settled = block("settled")
					default:
					}
					o.Passages = append(o.Passages, p)
				}
				for i := range o.Blocks { // whatever lies there
					o.Blocks[i].Base = dec("100000")
				}
			})
			open := map[string]bool{}
			for _, tr := range l.state.Transfers {
				open[tr.ID] = true
				if ended[tr.ID] {
					t.Fatalf("%s came back", tr.ID)
				}
			}
			for _, tr := range before.Transfers {
				if open[tr.ID] {
					continue
				}
				ended[tr.ID] = true
				told := false
				for _, p := range l.seen.Passages {
					told = told || p.ID == tr.ID && (p.Stage == chain.Unsent && l.n >= tr.Deadline || p.Settled > 0 && l.n+1 >= p.Settled+4)
				}
				if !told {
					t.Fatalf("%s was dropped and nobody said that it ended", tr.ID)
				}
			}
			if b := l.state.Books; !b.Deposited.Base.Equal(dec("100000")) {
				t.Fatalf("deposits %v", b.Deposited)
			}
		}
	})
}
