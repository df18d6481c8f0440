package payout_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

var (
	dec   = decimal.RequireFromString
	start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
)

// config is the ALP server's, and small limits.
func config() payout.Config {
	return payout.Config{
		Pool: "pool", Every: 24 * time.Hour, Retry: 2 * time.Minute, Places: 6, Minimum: dec("1"),
		MaxOutputs: 3, MaxDebts: 8, Confirmations: 3, MaxAttempts: 3,
	}
}

// engine builds the engine of config, changed.
func engine(tb testing.TB, change func(*payout.Config)) *payout.Engine {
	tb.Helper()
	cfg := config()
	if change != nil {
		change(&cfg)
	}
	e, err := payout.New(cfg)
	require.NoError(tb, err)
	return e
}

// life is a payout that is told in words: batches are called b1, b2 and so on.
type life struct {
	t     *testing.T
	e     *payout.Engine
	state payout.State
	seq   uint64
	names map[string]string // of batches, by ID
}

// look is one observation in words, and the decision that is to follow.
type look struct {
	at   string // since the start
	owed string // "account address amount, ..."
	says string // "batch status confirmations, ...": of the payer
	does string // "person verb batch transaction, ...": people
	want string
}

func (l *life) look(w look) string {
	l.t.Helper()
	after, err := time.ParseDuration(w.at)
	require.NoError(l.t, err)
	seen := payout.Observation{At: start.Add(after), Debts: debts(w.owed), Receipts: map[string]payout.Receipt{}}
	for _, f := range listed(w.says) {
		seen.Receipts[l.id(f[0])] = receipt(l.t, f[1:])
	}
	for _, f := range listed(w.does) {
		l.seq++
		c := payout.Command{Seq: l.seq, By: f[0], Do: payout.Verb(f[1])}
		if len(f) > 2 {
			c.Batch = l.id(f[2])
		}
		if len(f) > 3 {
			c.TxID = f[3]
		}
		seen.Commands = append(seen.Commands, c)
	}
	next, d, err := l.e.Step(l.state, seen)
	require.NoError(l.t, err)
	l.state = next
	return l.told(d)
}

// receipt reads "unsent", "unknown" or "sent 3", with a transaction or without.
func receipt(t *testing.T, words []string) payout.Receipt {
	t.Helper()
	switch words[0] {
	case "unknown":
		return payout.Receipt{}
	case "sent":
		confirmations, err := strconv.Atoi(words[1])
		require.NoError(t, err)
		return payout.Receipt{Status: payout.Sent, TxID: append(words, "tx")[2], Confirmations: confirmations}
	}
	return payout.Receipt{Status: payout.Status(words[0])}
}

// id is the ID of the batch of that name, or the name where there is none.
func (l *life) id(name string) string {
	for id, n := range l.names {
		if n == name {
			return id
		}
	}
	return name
}

// told is a decision in a line.
func (l *life) told(d payout.Decision) string {
	said := []string{string(d.Reason)}
	say := func(format string, args ...any) { said = append(said, fmt.Sprintf(format, args...)) }
	if b := d.Planned; b != nil {
		l.names[b.ID] = fmt.Sprint("b", b.Generation)
		var outputs []string
		for _, out := range b.Outputs {
			outputs = append(outputs, fmt.Sprint(out.Address, " ", out.Amount))
		}
		say("%s: %s", l.names[b.ID], strings.Join(outputs, " + "))
	}
	if d.Below > 0 {
		say("%d below", d.Below)
	}
	if d.Left > 0 {
		say("%d left", d.Left)
	}
	for _, a := range d.Answers {
		say("#%d %s", a.Seq, a.Reply)
	}
	for _, m := range d.Moved {
		say("%s %s", l.names[m.ID], strings.Join(slices.DeleteFunc([]string{string(m.To), m.TxID, m.Note}, func(s string) bool { return s == "" }), " "))
	}
	for _, w := range d.Waiting {
		say("%s %s", l.names[w.ID], w.Reason)
	}
	for _, id := range d.Pay {
		say("pay %s", l.names[id])
	}
	for _, id := range d.Void {
		say("void %s", l.names[id])
	}
	return strings.Join(said, ", ")
}

// listed splits "a b, c d" into its words.
func listed(s string) (lists [][]string) {
	for part := range strings.SplitSeq(s, ",") {
		if words := strings.Fields(part); len(words) > 0 {
			lists = append(lists, words)
		}
	}
	return lists
}

func debts(s string) (owed []payout.Debt) {
	for _, f := range listed(s) {
		owed = append(owed, payout.Debt{Account: f[0], Address: f[1], Amount: dec(f[2])})
	}
	return owed
}

func TestLife(t *testing.T) {
	// How most stories begin.
	begun := []look{
		{"0", "", "", "", "not_due"},
		{"24h", "ann A 2", "", "", "pays_all, b1: A 2, b1 sending, pay b1"},
	}
	asksPeople := func(c *payout.Config) { c.ApproveAbove = dec("1.5") }
	for name, r := range map[string]struct {
		change func(*payout.Config)
		looks  []look
	}{
		"a payout goes well": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 sent 0", "", "not_due, b1 sent tx, b1 unconfirmed"},
			look{"24h4m", "", "b1 sent 2", "", "not_due, b1 unconfirmed"},
			look{"24h6m", "", "b1 sent 3", "", "not_due, b1 confirmed tx"},
			look{"48h", "", "", "", "nobody"},
		)},
		"the schedule goes on whatever comes of it": {nil, []look{
			{"0", "", "", "", "not_due"},
			{"23h59m", "ann A 2", "", "", "not_due"}, // debts that were not asked for are not looked at
			{"24h", "", "", "", "nobody"},
			{"47h59m", "", "", "", "not_due"},
			{"100h", "ann A 2", "", "", "pays_all, b1: A 2, b1 sending, pay b1"},
			{"119h59m", "", "", "", "not_due, b1 no_answer"},
			{"120h", "ann A 3", "", "", "pays_all, b2: A 3, b2 sending, b1 no_answer, pay b2"},
		}},
		"an address is paid for all its accounts, rounded down": {nil, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 0.6000009, bob B 1.0000009, cid A 0.4000004, dan C 0.9999999", "", "", "pays_all, b1: A 1.000001 + B 1, 1 below, b1 sending, pay b1"},
		}},
		"the minimum is compared before rounding": {func(c *payout.Config) { c.Minimum = dec("1.0000005") }, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 1.0000005, bob B 1.0000004", "", "", "pays_all, b1: A 1, 1 below, b1 sending, pay b1"},
		}},
		"without a minimum a unit is paid and dust waits": {func(c *payout.Config) { c.Minimum = dec("0") }, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 0.000001, bob B 0.0000009", "", "", "pays_all, b1: A 0.000001, 1 below, b1 sending, pay b1"},
			{"48h", "bob B 0.0000009", "", "", "nobody, 1 below, b1 no_answer"},
		}},

		"a payment that is not seen is made again, for a while": {nil, append(begun[:2:2],
			look{"24h1m", "", "b1 pending", "", "not_due, b1 asked"},
			look{"24h2m", "", "b1 pending", "", "not_due, pay b1"},
			look{"24h4m", "", "b1 unsent", "", "not_due, pay b1"},
			look{"24h6m", "", "b1 pending", "", "not_due, b1 exhausted"},
			look{"25h", "", "b1 pending", "", "not_due, b1 exhausted"},
			look{"48h3m", "", "b1 pending", "", "nobody, b1 exhausted"},
			look{"48h4m", "", "b1 pending", "", "not_due, pay b1"}, // a day later: that is harmless, and may be what it needs
			look{"48h6m", "", "b1 pending", "", "not_due, b1 exhausted"},
			look{"50h", "", "b1 sent 1", "", "not_due, b1 sent tx, b1 unconfirmed"},
		)},
		"what was asked for too often is up to people": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 pending", "ann declare_unsent b1", "not_due, #1 not_in_its_phase, pay b1"},
			look{"24h4m", "", "b1 pending", "", "not_due, pay b1"},
			look{"24h6m", "", "b1 pending", "ann declare_unsent b1", "not_due, #2 needs_second_person, b1 exhausted"},
			look{"24h8m", "", "b1 pending", "bob declare_unsent b1", "not_due, #3 done, b1 failed declared unsent by ann and bob"},
			look{"48h", "ann A 2", "", "", "pays_all, b2: A 2, b2 sending, pay b2"},
		)},
		"a payment that is refused too often is given up, and fails when it is void": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unsent", "", "not_due, pay b1"},
			look{"24h4m", "", "b1 unsent", "", "not_due, pay b1"},
			look{"24h6m", "", "b1 unsent", "", "not_due, void b1"},
			look{"24h7m", "", "b1 unsent", "", "not_due, b1 asked"},
			look{"24h8m", "", "b1 unsent", "", "not_due, void b1"},
			look{"24h9m", "", "b1 void", "", "not_due, b1 failed"},
			look{"48h", "ann A 2", "", "", "pays_all, b2: A 2, b2 sending, pay b2"},
		)},
		"a payment that turned up before it was void is a payment": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unsent", "", "not_due, pay b1"},
			look{"24h4m", "", "b1 unsent", "", "not_due, pay b1"},
			look{"24h6m", "", "b1 unsent", "", "not_due, void b1"},
			look{"24h8m", "", "b1 sent 0", "", "not_due, b1 sent tx, b1 unconfirmed"},
		)},
		"a payment that may still turn up is not given up": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unsent", "ann give_up b1", "not_due, #1 done, b1 asked, void b1"},
			look{"24h4m", "", "b1 pending", "", "not_due, pay b1"},
		)},
		"without an answer nothing moves": {nil, append(begun[:2:2],
			look{"24h2m", "", "", "", "not_due, b1 no_answer"},
			look{"72h", "", "", "", "nobody, b1 no_answer"},
			look{"72h1m", "", "b1 unsent", "", "not_due, pay b1"},
		)},
		"what a reorg undid is paid again": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 sent 2", "", "not_due, b1 sent tx, b1 unconfirmed"},
			look{"24h4m", "", "b1 pending", "", "not_due, b1 sending, pay b1"},
			look{"24h6m", "", "b1 pending", "", "not_due, pay b1"},
			look{"24h8m", "", "b1 sent 1", "", "not_due, b1 sent tx, b1 unconfirmed"},
			look{"24h9m", "", "b1 sent 1 tx2", "", "not_due, b1 sent tx2, b1 unconfirmed"},
			look{"24h9m", "", "b1 sent 3 tx3", "", "not_due, b1 confirmed tx3"},
		)},
		"what was sent and then never was is for people": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 sent 2", "", "not_due, b1 sent tx, b1 unconfirmed"},
			look{"24h4m", "", "b1 unsent", "", "not_due, b1 unknown, b1 needs_people"},
		)},
		"a payment that nobody can tell about is never made again": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unknown", "", "not_due, b1 unknown, b1 needs_people"},
			look{"24h4m", "", "b1 unsent", "", "not_due, b1 needs_people"},
			look{"24h8m", "", "b1 void", "", "not_due, b1 needs_people"},
			look{"48h", "bob B 2", "b1 unknown", "", "pays_all, b2: B 2, b2 sending, b1 needs_people, pay b2"}, // nor does it stop others
			look{"48h1m", "", "b1 sent 1, b2 sent 3", "", "not_due, b1 sent tx, b2 sent tx, b1 unconfirmed, b2 unconfirmed"},
			look{"48h2m", "", "b1 sent 2, b2 sent 4", "", "not_due, b2 confirmed tx, b1 unconfirmed"},
		)},
		"where the payer can tell again that to pay is harmless, it is asked to": {nil, append(begun[:2:2],
			look{"24h1m", "", "b1 unknown", "ann declare_unsent b1", "not_due, #1 needs_second_person, b1 unknown, b1 needs_people"},
			look{"24h2m", "", "b1 pending", "", "not_due, b1 sending, pay b1"},
			look{"24h3m", "", "b1 unknown", "bob declare_unsent b1", "not_due, #2 needs_second_person, b1 unknown, b1 needs_people"}, // what ann said was before that
		)},
		"two people say that it was sent": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unknown", "ann declare_sent b1 tx9", "not_due, #1 needs_second_person, b1 unknown, b1 needs_people"},
			look{"24h4m", "", "b1 unknown", "ann declare_sent b1 tx9, bob declare_sent b1 tx8", "not_due, #2 needs_second_person, #3 needs_second_person, b1 needs_people"},
			look{"24h6m", "", "b1 unknown", "bob declare_unsent b1, ann declare_sent b1 tx9", "not_due, #4 needs_second_person, #5 needs_second_person, b1 needs_people"},
			look{"24h8m", "", "b1 unknown", "bob declare_sent b1 tx9", "not_due, #6 done, b1 confirmed tx9 declared sent by ann and bob"},
		)},
		"two people say that it was not sent": {nil, append(begun[:2:2],
			look{"24h1m", "", "", "ann declare_unsent b1", "not_due, #1 not_in_its_phase, b1 asked"},
			look{"24h2m", "", "b1 unknown", "ann declare_unsent b1", "not_due, #2 needs_second_person, b1 unknown, b1 needs_people"},
			look{"24h4m", "", "b1 unknown", "bob declare_unsent b1", "not_due, #3 done, b1 failed declared unsent by ann and bob"},
			look{"48h", "ann A 2", "", "", "pays_all, b2: A 2, b2 sending, pay b2"},
		)},
		"what the payer found needs nobody's word": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unknown", "ann declare_unsent b1", "not_due, #1 needs_second_person, b1 unknown, b1 needs_people"},
			look{"24h4m", "", "b1 sent 0", "bob declare_unsent b1", "not_due, #2 not_in_its_phase, b1 sent tx, b1 unconfirmed"},
		)},

		"a large batch waits for two people": {asksPeople, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 2", "", "", "pays_all, b1: A 2, b1 needs_approval"},
			{"24h1m", "", "", "ann approve b1", "not_due, #1 needs_second_person, b1 needs_approval"},
			{"24h2m", "", "", "ann approve b1", "not_due, #2 needs_second_person, b1 needs_approval"},
			{"24h3m", "", "", "bob approve b1", "not_due, #3 done, b1 sending approved by ann and bob, pay b1"},
			{"24h4m", "", "b1 sent 0", "cid approve b1", "not_due, #4 not_in_its_phase, b1 sent tx, b1 unconfirmed"},
		}},
		"a batch at the limit asks nobody": {asksPeople, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 1.5", "", "", "pays_all, b1: A 1.5, b1 sending, pay b1"},
		}},
		"a planned batch can be given up": {asksPeople, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 2", "", "", "pays_all, b1: A 2, b1 needs_approval"},
			{"25h", "", "", "ann approve b1, bob give_up b1, bob approve b1", "not_due, #1 needs_second_person, #2 done, #3 no_such_batch, b1 failed given up by bob"},
		}},
		"a batch that is being sent is given up if that is safe": {nil, append(begun[:2:2],
			look{"24h1m", "", "", "ann give_up b1", "not_due, #1 not_proved_unsent, b1 asked"},
			look{"24h1m", "", "b1 pending", "ann give_up b1", "not_due, #2 not_proved_unsent, b1 asked"},
			look{"24h1m", "", "b1 unsent", "ann give_up b1", "not_due, #3 done, b1 asked, void b1"},
			look{"24h2m", "", "b1 void", "ann give_up b1", "not_due, #4 no_such_batch, b1 failed"},
		)},
		"what makes no sense is answered and stops nobody": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 sent 0", "ann dance b1, ann approve, ann halt b1, ann declare_sent b1, ann give_up b1 tx, ann give_up b7, ann approve b1", "not_due, #1 malformed, #2 malformed, #3 malformed, #4 malformed, #5 malformed, #6 no_such_batch, #7 not_in_its_phase, b1 sent tx, b1 unconfirmed"},
		)},

		"a halt stops payments and two people end it": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 unsent", "ann halt", "halted, #1 done, b1 on_hold"},
			look{"72h", "ann A 9", "b1 unsent", "ann resume", "halted, #2 needs_second_person, b1 on_hold"},
			look{"72h1m", "", "b1 unsent", "cid halt, bob resume", "halted, #3 done, #4 needs_second_person, b1 on_hold"}, // a halt forgets who wanted to go on
			look{"72h2m", "", "b1 unsent", "ann resume", "not_due, #5 done, pay b1"},
			look{"72h3m", "bob B 2", "", "ann resume", "pays_all, b2: B 2, #6 done, b2 sending, b1 asked, pay b2"},
		)},
		"what was sent before a halt is still followed": {nil, append(begun[:2:2],
			look{"24h2m", "", "b1 sent 1", "ann halt", "halted, #1 done, b1 sent tx, b1 unconfirmed"},
			look{"24h4m", "", "b1 sent 3", "", "halted, b1 confirmed tx"},
		)},
		"a halt in the look at which a batch is due comes first": {nil, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 2", "", "ann halt", "halted, #1 done"},
		}},
		"what is approved during a halt is paid after it": {asksPeople, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 2", "", "", "pays_all, b1: A 2, b1 needs_approval"},
			{"25h", "", "", "ann halt, ann approve b1, bob approve b1", "halted, #1 done, #2 needs_second_person, #3 done, b1 sending approved by ann and bob, b1 on_hold"},
			{"26h", "", "b1 unsent", "ann resume, bob resume", "not_due, #4 needs_second_person, #5 done, pay b1"},
		}},

		"what does not fit a batch is in the next": {nil, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 2, bob B 5, cid C 4, dan D 3, eve E 5", "", "", "pays_some, b1: B 5 + C 4 + E 5, 2 left, b1 sending, pay b1"},
			{"24h1m", "", "b1 sent 0", "", "not_due, b1 sent tx, b1 unconfirmed"},
			{"24h2m", "ann A 2, dan D 3", "b1 sent 3", "", "pays_all, b2: A 2 + D 3, b1 confirmed tx, b2 sending, pay b2"},
			{"47h", "", "b2 sent 0", "", "not_due, b2 sent tx, b2 unconfirmed"},
			{"48h", "", "b2 sent 3", "", "nobody, b2 confirmed tx"},
		}},
		"a batch stays within its cap": {func(c *payout.Config) { c.MaxBatch = dec("5") }, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 4, bob B 2, cid C 1, dan D 5.000001", "", "", "pays_some, b1: A 4 + C 1, 2 left, b1 sending, pay b1"},
			{"24h2m", "bob B 2, dan D 5.000001", "b1 sent 3", "", "pays_some, b2: B 2, 1 left, b1 sent tx, b2 sending, b1 unconfirmed, pay b2"},
			{"24h4m", "", "b1 sent 3, b2 sent 3", "", "not_due, b1 confirmed tx, b2 sent tx, b2 unconfirmed"}, // too much for any batch: not before the next day
			{"48h", "dan D 5.000001", "b2 sent 3", "", "capped, 1 left, b2 confirmed tx"},
		}},
		"a day stays within its cap": {func(c *payout.Config) { c.MaxDay = dec("5") }, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 4, bob B 2", "", "", "pays_some, b1: A 4, 1 left, b1 sending, pay b1"},
			{"35h59m", "", "b1 sent 0", "", "not_due, b1 sent tx, b1 unconfirmed"},
			{"36h", "bob B 2", "b1 sent 3", "", "pays_all, b2: B 2, b1 confirmed tx, b2 sending, pay b2"}, // midnight
			{"48h", "cid C 4", "b2 sent 3", "", "capped, 1 left, b2 sent tx, b2 unconfirmed"},
			{"60h", "cid C 4", "b2 sent 3", "", "pays_all, b3: C 4, b2 confirmed tx, b3 sending, pay b3"},
		}},
		"accounts have their turn once those before them are paid": {func(c *payout.Config) { c.MaxDebts, c.MaxOutputs = 2, 1 }, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 3, bob B 2", "", "", "pays_some, b1: A 3, 1 left, b1 sending, pay b1"},
			{"24h2m", "bob B 2, cid C 4", "b1 sent 3", "", "pays_some, b2: C 4, 1 left, b1 sent tx, b2 sending, b1 unconfirmed, pay b2"},
			{"24h4m", "bob B 2, dan D 0.1", "b1 sent 3, b2 sent 3", "", "pays_all, b3: B 2, 1 below, b1 confirmed tx, b2 sent tx, b3 sending, b2 unconfirmed, pay b3"},
			{"24h6m", "eve E 1", "b2 sent 3, b3 sent 3", "", "pays_all, b4: E 1, b2 confirmed tx, b3 sent tx, b4 sending, b3 unconfirmed, pay b4"},
		}},
		"accounts take turns where there are too many": {func(c *payout.Config) { c.MaxDebts = 2 }, []look{
			{"0", "", "", "", "not_due"},
			{"24h", "ann A 0.1, bob B 0.1", "", "", "nobody, 2 below"},
			{"24h2m", "cid C 2, dan D 0.1", "", "", "pays_all, b1: C 2, 1 below, b1 sending, pay b1"},
			{"24h4m", "eve E 0.1", "b1 sent 0", "", "nobody, 1 below, b1 sent tx, b1 unconfirmed"},
			{"47h", "", "b1 sent 0", "", "not_due, b1 unconfirmed"},
			{"48h", "ann A 0.1, bob B 0.1", "b1 sent 3", "", "nobody, 2 below, b1 confirmed tx"},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			l := life{t: t, e: engine(t, r.change), names: map[string]string{}}
			for i, line := range r.looks {
				require.Equal(t, line.want, l.look(line), "look %d", i)
			}
		})
	}
}
