package payout_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/payout"
)

func TestNewRejects(t *testing.T) {
	type change = func(*payout.Config)
	for name, r := range map[string]struct {
		change change
		want   string
	}{
		"no name":                         {func(c *payout.Config) { c.Pool = "" }, `Pool ""`},
		"a long name":                     {func(c *payout.Config) { c.Pool = strings.Repeat("x", 65) }, `Pool "xxx`},
		"a name that is no text":          {func(c *payout.Config) { c.Pool = "\xff" }, `Pool "\xff"`},
		"no pace":                         {func(c *payout.Config) { c.Every = 0 }, "Every 0s: must be 1 m to 366 days"},
		"a pace of years":                 {func(c *payout.Config) { c.Every = 367 * 24 * time.Hour }, "Every 8808h0m0s"},
		"a retry at once":                 {func(c *payout.Config) { c.Retry = 0 }, "Retry 0s: must be 1 s to Every"},
		"a retry after the next payout":   {func(c *payout.Config) { c.Retry = c.Every + 1 }, "Retry 24h0m0.000000001s"},
		"negative decimals":               {func(c *payout.Config) { c.Places = -1 }, "Places -1"},
		"too many decimals":               {func(c *payout.Config) { c.Places = 19 }, "Places 19"},
		"a negative minimum":              {func(c *payout.Config) { c.Minimum = dec("-1") }, "Minimum -1"},
		"an enormous minimum":             {func(c *payout.Config) { c.Minimum = dec("1e9999") }, "Minimum (out of range)"},
		"no outputs":                      {func(c *payout.Config) { c.MaxOutputs = 0 }, "MaxOutputs 0"},
		"too many outputs":                {func(c *payout.Config) { c.MaxOutputs = 10_001 }, "MaxOutputs 10001"},
		"no debts":                        {func(c *payout.Config) { c.MaxDebts = 0 }, "MaxDebts 0"},
		"too many debts":                  {func(c *payout.Config) { c.MaxDebts = 1_000_001 }, "MaxDebts 1000001"},
		"a negative cap of a batch":       {func(c *payout.Config) { c.MaxBatch = dec("-1") }, "MaxBatch -1"},
		"a negative cap of a day":         {func(c *payout.Config) { c.MaxDay = dec("-1") }, "MaxDay -1"},
		"a cap of a batch that pays none": {func(c *payout.Config) { c.MaxBatch = dec("0.99") }, "MaxBatch 0.99: must be 0 or at least Minimum"},
		"a cap of a day that pays none":   {func(c *payout.Config) { c.MaxDay = dec("0.99") }, "MaxDay 0.99: must be 0 or at least Minimum"},
		"a negative limit of approval":    {func(c *payout.Config) { c.ApproveAbove = dec("-1") }, "ApproveAbove -1"},
		"negative confirmations":          {func(c *payout.Config) { c.Confirmations = -1 }, "Confirmations -1"},
		"too many confirmations":          {func(c *payout.Config) { c.Confirmations = 10_001 }, "Confirmations 10001"},
		"no attempts":                     {func(c *payout.Config) { c.MaxAttempts = 0 }, "MaxAttempts 0"},
		"too many attempts":               {func(c *payout.Config) { c.MaxAttempts = 10_001 }, "MaxAttempts 10001"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := config()
			r.change(&cfg)
			_, err := payout.New(cfg)
			require.ErrorIs(t, err, payout.ErrInvalid)
			require.ErrorContains(t, err, "payout: invalid: "+r.want)
		})
	}
}

func TestNewTakesTheEdges(t *testing.T) {
	cfg := config()
	cfg.Minimum, cfg.MaxBatch, cfg.MaxDay, cfg.Retry, cfg.Confirmations = decimal.Decimal{}, dec("0.000001"), dec("0.000001"), cfg.Every, 0
	_, err := payout.New(cfg)
	require.NoError(t, err)
}

// What is written in the journal under one identity is decided by one configuration.
func TestIdentity(t *testing.T) {
	name, first := engine(t, nil).Identity()
	require.Equal(t, "payout@1", name)
	_, same := engine(t, nil).Identity()
	require.Equal(t, first, same)
	_, second := engine(t, func(c *payout.Config) { c.MaxDay = dec("7") }).Identity()
	require.NotEqual(t, first, second)
}

// Each is refused by field, value and rule, and changes nothing.
func TestStepRejects(t *testing.T) {
	const id = "batch"
	state := payout.State{
		Since: start, At: start, NextAt: start, After: "ann", LastSeq: 3,
		Live: []payout.Live{{ID: id, Total: dec("1"), Phase: payout.Sending, Attempts: 1, TriedAt: start}},
	}
	receipt := func(r payout.Receipt) func(*payout.Observation) {
		return func(o *payout.Observation) { o.Receipts = map[string]payout.Receipt{id: r} }
	}
	owed := func(d ...payout.Debt) func(*payout.Observation) {
		return func(o *payout.Observation) { o.Debts = d }
	}
	for name, r := range map[string]struct {
		change func(*payout.Observation)
		want   string
	}{
		"a clock that runs back":     {func(o *payout.Observation) { o.At = start.Add(-1) }, "At "},
		"a time before all":          {func(o *payout.Observation) { o.At = time.Time{} }, "At 0001-01-01 00:00:00 +0000 UTC: must be from 1970 to 2200"},
		"a time after all":           {func(o *payout.Observation) { o.At = start.AddDate(300, 0, 0) }, "At 2326"},
		"too many debts":             {owed(make([]payout.Debt, 9)...), "Debts 9: must be at most 8"},
		"a debt to nobody":           {owed(payout.Debt{Address: "A", Amount: dec("1")}), `Debt.Account ""`},
		"a debt out of order":        {owed(payout.Debt{Account: "bob", Address: "A", Amount: dec("1")}, payout.Debt{Account: "bob", Address: "A", Amount: dec("1")}), `debt 1: payout: invalid: Debt.Account "bob": must come after the one before`},
		"a debt of an earlier page":  {owed(payout.Debt{Account: "ann", Address: "A", Amount: dec("1")}), `Debt.Account "ann"`},
		"a debt that is no text":     {owed(payout.Debt{Account: "bob\xff", Address: "A", Amount: dec("1")}), `Debt.Account "bob\xff"`},
		"a debt without an address":  {owed(payout.Debt{Account: "bob", Amount: dec("1")}), `Debt.Address ""`},
		"a debt of nothing":          {owed(payout.Debt{Account: "bob", Address: "A"}), "Debt.Amount 0: must be > 0"},
		"a negative debt":            {owed(payout.Debt{Account: "bob", Address: "A", Amount: dec("-1")}), "Debt.Amount -1"},
		"an enormous debt":           {owed(payout.Debt{Account: "bob", Address: "A", Amount: dec("1e18")}), "Debt.Amount (out of range)"},
		"a debt too fine":            {owed(payout.Debt{Account: "bob", Address: "A", Amount: dec("1e-19")}), "Debt.Amount (out of range)"},
		"a status of its own":        {receipt(payout.Receipt{Status: "paid"}), `receipt of batch: payout: invalid: Receipt.Status "paid"`},
		"sent in no transaction":     {receipt(payout.Receipt{Status: payout.Sent}), `Receipt.TxID ""`},
		"unsent in a transaction":    {receipt(payout.Receipt{Status: payout.Unsent, TxID: "tx"}), `Receipt.TxID "tx"`},
		"a transaction without end":  {receipt(payout.Receipt{Status: payout.Sent, TxID: strings.Repeat("x", 257)}), `Receipt.TxID "xxx`},
		"less than no confirmations": {receipt(payout.Receipt{Status: payout.Sent, TxID: "tx", Confirmations: -1}), "Receipt.Confirmations -1"},
		"a note without end":         {receipt(payout.Receipt{Note: strings.Repeat("x", 257)}), `Receipt.Note "xxx`},
		"too many commands":          {func(o *payout.Observation) { o.Commands = make([]payout.Command, 65) }, "Commands 65: must be at most 64"},
		"a command without a number": {func(o *payout.Observation) { o.Commands = make([]payout.Command, 1) }, "command 0: payout: invalid: Command.Seq 0"},
		"commands out of order":      {func(o *payout.Observation) { o.Commands = []payout.Command{{Seq: 5}, {Seq: 4}} }, "command 1: payout: invalid: Command.Seq 4"},
	} {
		t.Run(name, func(t *testing.T) {
			seen := payout.Observation{At: start}
			r.change(&seen)
			after, d, err := engine(t, nil).Step(state, seen)
			require.ErrorIs(t, err, payout.ErrInvalid)
			require.ErrorContains(t, err, r.want)
			require.Empty(t, cmp.Diff(state, after))
			require.Empty(t, cmp.Diff(payout.Decision{}, d))
		})
	}
}

// A command that was answered is not obeyed again.
func TestStepIgnoresOldCommands(t *testing.T) {
	state := payout.State{Since: start, At: start, NextAt: start.Add(time.Hour), LastSeq: 3}
	after, d, err := engine(t, nil).Step(state, payout.Observation{At: start, Commands: []payout.Command{{Seq: 3, By: "ann", Do: payout.Halt}}})
	require.NoError(t, err)
	require.Empty(t, d.Answers)
	require.False(t, after.Paused)
}

// Settled by nobody, batches pile up to a limit, and then no more are planned.
func TestLiveBatchesAreLimited(t *testing.T) {
	state := payout.State{Since: start, At: start, NextAt: start}
	for i := range 100 {
		state.Live = append(state.Live, payout.Live{ID: strings.Repeat("x", i+1), Total: dec("1"), Phase: payout.Stuck})
	}
	seen := payout.Observation{At: start, Debts: debts("ann A 2")}
	_, d, err := engine(t, nil).Step(state, seen)
	require.NoError(t, err)
	require.Equal(t, payout.Crowded, d.Reason)
	require.Nil(t, d.Planned)
	state.Live = state.Live[1:]
	_, d, err = engine(t, nil).Step(state, seen)
	require.NoError(t, err)
	require.Equal(t, payout.PaysAll, d.Reason)
}

// Who is paid, how much and by which pool makes a batch, and nothing else.
func TestBatchSum(t *testing.T) {
	b := payout.Batch{
		Pool: "pool", Generation: 1, Total: dec("3"),
		Lines:   []payout.Line{{Account: "ann", Address: "A", Amount: dec("1")}, {Account: "bob", Address: "A", Amount: dec("2")}},
		Outputs: []payout.Output{{Address: "A", Amount: dec("3")}},
	}
	same := b
	same.ID, same.Total = "any", dec("3.000")
	require.Equal(t, b.Sum(), same.Sum())
	require.Len(t, b.Sum(), 64)
	seen := map[string]bool{b.Sum(): true}
	for _, change := range []func(*payout.Batch){
		func(b *payout.Batch) { b.Pool = "other" },
		func(b *payout.Batch) { b.Generation = 2 },
		func(b *payout.Batch) { b.Outputs = []payout.Output{{Address: "B", Amount: dec("3")}} },
		func(b *payout.Batch) { b.Outputs = []payout.Output{{Address: "A", Amount: dec("4")}} },
		func(b *payout.Batch) { b.Lines = b.Lines[:1] },
		func(b *payout.Batch) { b.Total = dec("4") },
	} {
		changed := b
		change(&changed)
		require.False(t, seen[changed.Sum()])
		seen[changed.Sum()] = true
	}
}
