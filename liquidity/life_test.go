package liquidity_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// story is a life: what is observed, tick by tick, and what is decided.
type story struct {
	change func(*liquidity.Config)
	ticks  []tick
	books  string // of the provider glp in the end
}

var stories = map[string]story{
	"a bank below its floor is filled to the target, once": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "10s", says: "a1/0 pending", want: "a1 submitted; b in_flight_covers"},
		{at: "20s", says: "a1/0 settled", want: "a1 settled; b in_flight_covers"},
		{at: "30s", banks: "b 1100/1000", want: "b ratio_in_band"},
	}},
	"the edges belong to the band": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "a 1000/1000; b 999.99/1000; c 1300/1000; d 1300.01/1000", want: "a1 reserved; a ratio_in_band; b INJECT 100.01; c ratio_in_band; d no WITHDRAW 100.01: dwell_not_met+nothing_outstanding; send a1/0 100.01 glp"},
	}},
	"what is wanted is rounded up to a unit, and what is taken back down": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000.001; c 1400/1000.001", want: "a1 reserved; b INJECT 150.01; c no WITHDRAW 199.99: dwell_not_met+nothing_outstanding; send a1/0 150.01 glp"},
	}},
	"sovereign risk raises the target, and never beyond the upper one": {
		change: func(c *liquidity.Config) { c.SRITarget = dec("0.5") },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "a 950/1000 sri=10; b 950/1000 sri=100", want: "a1 reserved; a2 reserved; a INJECT 205; b INJECT 250; send a2/0 205 glp; send a1/0 250 glp"},
		},
	},
	"the minimum is enough": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "a 1095/1000 p=0.3; b 1095.01/1000 p=0.3", want: "a1 reserved; a INJECT 5; b no INJECT 4.99: below_minimum; send a1/0 5 glp"},
	}},
	"what is in flight counts for the budget of its bank and for its CBDC limit": {
		change: func(c *liquidity.Config) { c.Cooldown, c.ApproveFrom = 0, dec("0") },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 600/1000; c 600/1000 cbdc=100", want: "a1 reserved; a2 reserved; b INJECT 500; c INJECT 100 clipped_cbdc_flow; send a1/0 500 glp; send a2/0 100 glp"},
			{at: "1s", banks: "b 100/1000; c 500/1000 cbdc=150", want: "a3 reserved; a4 reserved; b INJECT 100 clipped_budget_window+clipped_budget_bank; c INJECT 50 clipped_cbdc_flow; send a3/0 100 glp; send a4/0 50 glp"},
			{at: "2s", banks: "b 100/1000; c 400/1000 cbdc=150", want: "b no INJECT 400: in_flight_limit+budget_bank_exhausted; c no INJECT 550: in_flight_limit+cbdc_flow_exhausted"},
		},
	},
	"a short budget is shared like a short pool": {
		change: func(c *liquidity.Config) { c.Budget, c.Fairness = dec("100"), liquidity.ProRata },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "a 950/1000; b 950/1000; c 900/1000", want: "a1 reserved; a2 reserved; a3 reserved; a INJECT 30 clipped_pro_rata; b INJECT 30 clipped_pro_rata; c INJECT 40 clipped_pro_rata; send a2/0 30 glp; send a3/0 30 glp; send a1/0 40 glp"},
		},
	},
	"what is on its way in may be there already: it makes no excess": {
		change: func(c *liquidity.Config) { c.Dwell, c.ReverseCooldown = 0, 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 1290/1000", want: "a1 settled; b ratio_in_band"},
			{at: "2m", banks: "b 1300.01/1000", want: "a2 reserved; b WITHDRAW 100.01; send a2/0 100.01 glp"},
			{at: "3m", banks: "b 1350/1000", want: "b ratio_in_band"},
		},
	},
	"a settled injection counts until a later position shows it": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "2h", says: "a1/0 settled", banks: "b 950/1000 age=30m", want: "a1 settled; b in_flight_covers"},
		{at: "2h1m", banks: "b 950/1000 age=2m", want: "b in_flight_covers"},
		{at: "2h2m", banks: "b 950/1000 age=1m", want: "a2 reserved; b INJECT 150; send a2/0 150 glp"},
	}},
	"an unsent transfer is sent again under the same ID, and given up in the end": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "5s", says: "a1/0 unsent", want: "b in_flight_covers"},
		{at: "10s", says: "a1/0 unsent", want: "b in_flight_covers; send a1/0 150 glp"},
		{at: "5m", says: "a1/0 unsent", want: "b in_flight_covers; void a1/0"},
		{at: "5m5s", says: "a1/0 unsent", want: "b in_flight_covers"},
		{at: "5m10s", says: "a1/0 unsent", want: "b in_flight_covers; void a1/0"},
		{at: "5m20s", says: "a1/0 failed", want: "a1 failed; a2 reserved; b INJECT 150; send a2/0 150 glp"},
	}},
	"nobody answers for a transfer: it is unknown and its bank waits, not the other": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "2m", banks: "b 500/1000; c 950/1000", want: "a1 unknown no_answer; a2 reserved; b no INJECT 450: unknown_outcome+cooldown; c INJECT 150; send a2/0 150 glp"},
		{at: "3m", says: "a1/0 unknown", want: "b no INJECT 450: unknown_outcome+cooldown; c in_flight_covers"},
		{at: "4h", says: "a2/0 settled", banks: "b 500/1000; c 1100/1000", want: "a2 settled; b no INJECT 450: unknown_outcome; c ratio_in_band"},
		{at: "4h1m", says: "a1/0 settled", want: "a1 settled; a3 awaiting_approval; b INJECT 450?; c ratio_in_band"},
	}},
	"two people say what became of an unknown transfer": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "2m", does: "ann declare_failed b a1/0", want: "needs_second_person; a1 unknown no_answer; b in_flight_covers"},
		{at: "3m", does: "ann declare_failed b a1/0; ann declare_failed b a1/0; bob declare_settled b a1/0", want: "needs_second_person; needs_second_person; needs_second_person; b in_flight_covers"},
		{at: "4m", does: "ann declare_settled b a1/0; ann declare_settled b a1/0; ann declare_settled b none", want: "done; not_in_its_phase; no_such_id; a1 settled; b in_flight_covers"},
	}},
	"one of two providers fails: what is good stays and the rest follows at once": {ticks: []tick{
		{at: "0s", pool: "glp 100; two 200", banks: "b 800/1000", want: "a1 reserved; b INJECT 300; send a1/0 200 two; send a1/1 100 glp"},
		{at: "10s", says: "a1/0 failed; a1/1 settled", want: "a1 settled partial; a2 reserved; b INJECT 200; send a2/0 200 two"},
		{at: "20s", says: "a2/0 settled", banks: "b 500/1000", want: "a2 settled; b no INJECT 400: cooldown+pool_floor_exhausted"},
		{at: "30s", banks: "b 500/1000", pool: "glp 800; two 800", want: "b no INJECT 600: cooldown"},
	}},
	"an action of four tenths of the budget waits for a person": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 700/1000", want: "a1 awaiting_approval; b INJECT 400?"},
		{at: "1m", does: "bob approve b a1 399; bob approve b a1 400 7; bob approve c a1; engine approve b a1", want: "conflict; conflict; no_such_bank; malformed; b no INJECT 400: approval_pending+cooldown"},
		{at: "2m", does: "bob approve b a1; ann approve b a1", want: "done; not_in_its_phase; a1 reserved; b in_flight_covers; send a1/0 400 glp"},
		{at: "3m", says: "a1/0 settled", want: "a1 settled; b in_flight_covers"},
	}},
	"an approval comes too late": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 700/1000", want: "a1 awaiting_approval; b INJECT 400?"},
		{at: "30m1s", does: "bob approve b a1", want: "conflict; a1 failed approval_expired; b no INJECT 400: approval_pending+cooldown"},
		{at: "31m", does: "bob approve b a1", want: "malformed; b no INJECT 400: cooldown"},
	}},
	"an approval is void once the bank's account has changed, and only then": {
		change: func(c *liquidity.Config) { c.Cooldown = 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 950/1000", want: "a1 reserved; a2 reserved; b INJECT 150; c INJECT 150; send a1/0 150 glp; send a2/0 150 glp"},
			{at: "10s", does: "ann inject b 20; ann inject c 20", want: "needs_second_person; needs_second_person; a3 awaiting_approval; a4 awaiting_approval; b in_flight_covers; c in_flight_covers"},
			{at: "20s", says: "a1/0 settled", does: "bob approve c a4; bob approve b a3", want: "done; conflict; a1 settled; a4 reserved; a3 failed account_changed; b in_flight_covers; c in_flight_covers; send a4/0 20 glp"},
		},
	},
	"a manual injection needs a reason, a second person and open gates": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 1150/1000", want: "b ratio_in_band"},
		{at: "1s", does: "ann inject b 20", want: "needs_second_person; a1 awaiting_approval; b ratio_in_band"},
		{at: "2s", does: "ann approve b a1; ann break_glass b a1; bob approve b a1", want: "approver_is_maker; not_permitted; done; a1 reserved; b ratio_in_band; send a1/0 20 glp"},
		{at: "3s", says: "a1/0 settled", does: "ann inject b 20; ann inject nobody 20", want: "gated cooldown; no_such_bank; a1 settled; b ratio_in_band"},
		{at: "2h", does: "ann inject b 501; ann inject b 4; ann inject b 20.001; ann withdraw b 20", want: "gated clipped_per_action_cap; gated below_minimum; malformed; gated cooldown+dwell_not_met; b ratio_in_band"},
		{at: "3h", banks: "b 1350/1000", does: "ann withdraw b 20", want: "gated cooldown+dwell_not_met; b no WITHDRAW 150: cooldown+dwell_not_met"},
		{at: "8h", banks: "b 1350/1000", does: "ann withdraw b 20", want: "needs_second_person; a2 awaiting_approval; b no WITHDRAW 150: approval_pending+cooldown"},
	}},
	"glass is broken by one person, and everybody hears it": {
		change: func(c *liquidity.Config) { c.BreakGlass = true },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 1150/1000", does: "ann inject b 20", want: "needs_second_person; a1 awaiting_approval; b ratio_in_band"},
			{at: "1s", does: "ann break_glass b a1", want: "done; a1 reserved; b ratio_in_band; send a1/0 20 glp; ALERT break_glass b"},
		},
	},
	"the maker rejects what he made": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 1150/1000", does: "ann inject b 20", want: "needs_second_person; a1 awaiting_approval; b ratio_in_band"},
		{at: "1s", does: "ann reject b a1; ann reject b a1", want: "done; not_in_its_phase; a1 failed rejected ann; b ratio_in_band"},
	}},
	"anyone stops all and two people start again": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", does: "eve trip all", want: "done; b no INJECT 150: kill_switch"},
		{at: "1m", does: "ann reset; ann reset", want: "needs_second_person; needs_second_person; b no INJECT 150: kill_switch"},
		{at: "2m", does: "eve trip; bob reset", want: "done; needs_second_person; b no INJECT 150: kill_switch"},
		{at: "3m", does: "ann reset", want: "done; a1 reserved; b INJECT 150; send a1/0 150 glp"},
	}},
	"a stop keeps back what is not yet sent, and it is made void": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 950/1000", want: "a1 reserved; a2 reserved; b INJECT 150; c INJECT 150; send a1/0 150 glp; send a2/0 150 glp"},
		{at: "10s", does: "eve trip b", says: "a1/0 unsent; a2/0 unsent", want: "done; b in_flight_covers; c in_flight_covers; send a2/0 150 glp"},
		{at: "5m", says: "a1/0 unsent; a2/0 settled", want: "a2 settled; b in_flight_covers; c in_flight_covers; void a1/0"},
		{at: "5m10s", says: "a1/0 failed", want: "a1 failed; b no INJECT 150: kill_switch; c no INJECT 150: cooldown"},
	}},
	"a held bank is left out of the plan": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", does: "ann hold b", want: "done; b no INJECT 150: manual_hold"},
		{at: "1s", does: "ann release b", want: "done; a1 reserved; b INJECT 150; send a1/0 150 glp"},
	}},
	"stale, missing and unbelievable data move no money": {
		change: func(c *liquidity.Config) { c.MaxJump, c.MaxAge = dec("0.2"), time.Minute },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 1100/1000; c 950/1000 age=61s; d 0/0; e 950/1000 age=-61s", want: "b ratio_in_band; c no INJECT 150: stale_data; d no_obligations; e no INJECT 150: stale_data"},
			{at: "1m", banks: "b 600/1000", want: "b no INJECT 500: jump_unconfirmed; d no_data"},
			{at: "1m1s", banks: "b 600/1000 age=1s", want: "b no INJECT 500: jump_unconfirmed; d no_data"},
			{at: "2m", banks: "b 900/1000", want: "a1 reserved; b INJECT 200; d no_data; send a1/0 200 glp"},
			{at: "3m", banks: "b 910/1000", want: "b in_flight_covers; d no_data"},
			{at: "4m", banks: "b 950/1000 age=2m1s", want: "a1 unknown no_answer; b in_flight_covers; d no_data"},
		},
	},
	"a jump that is seen twice is believed": {
		change: func(c *liquidity.Config) { c.MaxJump = dec("0.2") },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 1100/1000; c 1100/1000", want: "b ratio_in_band; c ratio_in_band"},
			{at: "1m", banks: "b 600/1000; c 600/1000", want: "b no INJECT 500: jump_unconfirmed; c no INJECT 500: jump_unconfirmed"},
			{at: "2m", banks: "b 610/1000; c 800/1000", want: "a1 awaiting_approval; b INJECT 490?; c no INJECT 300: jump_unconfirmed"},
		},
	},
	"a source whose clock goes back is not trusted any more": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 1100/1000; c 1100/1000", want: "b ratio_in_band; c ratio_in_band"},
		{at: "1m", banks: "b 950/1000 age=61s; c 950/1000", want: "a1 reserved; b no INJECT 150: kill_switch; c INJECT 150; send a1/0 150 glp; ALERT clock_went_back b"},
	}},
	"too much is withdrawn when the times are calm, and its interest with it": {
		change: func(c *liquidity.Config) { c.RateBps, c.Term = dec("500"), 100*24*time.Hour },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 1400/1000 queue=0.5", want: "a1 settled; b no WITHDRAW 200: cooldown+congestion_not_falling+dwell_not_met"},
			{at: "2h", banks: "b 1400/1000 queue=0.5", want: "b no WITHDRAW 200: cooldown+congestion_not_falling+dwell_not_met"},
			{at: "3h", banks: "b 1400/1000 queue=0.4", want: "b no WITHDRAW 200: cooldown"},
			{at: "6h", banks: "b 1400/1000", want: "a2 reserved; b WITHDRAW 150 clipped_outstanding; send a2/0 150+0.01 glp"},
			{at: "6h1m", says: "a2/0 settled", banks: "b 1249/1000", want: "a2 settled; b ratio_in_band"},
		},
	},
	"a loan that is due is returned by itself, and again if that fails": {
		change: func(c *liquidity.Config) { c.RateBps, c.Term, c.Mode = dec("3650"), time.Hour, liquidity.Live },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 1100/1000", want: "a1 settled; b ratio_in_band"},
			{at: "1h", banks: "b 1100/1000", want: "b ratio_in_band"},
			{at: "1h1m", want: "a2 reserved; a3 reserved; b INJECT 150.01; send a2/0 150+0.01 glp; send a3/0 150.01 glp"},
			{at: "1h2m", says: "a2/0 failed; a3/0 settled", want: "a2 failed; a3 settled; b ratio_in_band"},
			{at: "2h", banks: "b 1250.01/1000", want: "b ratio_in_band"},
			{at: "2h1m", want: "a4 reserved; b ratio_in_band; send a4/0 150+0.02 glp"},
			{at: "2h2m", says: "a4/0 settled; a5/0 settled", banks: "b 1100/1000 age=1s", want: "a4 settled; a5 reserved; a6 reserved; b INJECT 299.99 clipped_budget_bank; send a5/0 150.01+0.01 glp; send a6/0 299.99 glp"},
		},
	},
	"money that comes back is booked back": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "1m", says: "a1/0 settled", banks: "b 1100/1000", want: "a1 settled; b ratio_in_band"},
		{at: "2h", says: "a1/0 reversed", banks: "b 950/1000", want: "a1 reversed; a2 reserved; b INJECT 150; send a2/0 150 glp"},
	}},
	"money that comes back after its loan was repaid in part stops the bank": {
		change: func(c *liquidity.Config) { c.ReverseCooldown, c.Dwell = 0, 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 1310/1000", want: "a1 settled; a2 reserved; b WITHDRAW 110; send a2/0 110 glp"},
			{at: "2m", banks: "b 1310/1000", want: "b ratio_in_band"},
			{at: "3m", says: "a2/0 settled", banks: "b 1200/1000", want: "a2 settled; b ratio_in_band"},
			{at: "4m", says: "a1/0 reversed", want: "b ratio_in_band; ALERT reversed_after_repayment b"},
			{at: "5m", does: "ann reset b; bob reset b", want: "needs_second_person; done; b ratio_in_band"},
		},
	},
	"a repayment that comes back is owed again": {
		change: func(c *liquidity.Config) { c.ReverseCooldown, c.Dwell, c.RateBps = 0, time.Hour, dec("365") },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 1310/1000", want: "a1 settled; b no WITHDRAW 110: dwell_not_met"},
			{at: "2h", banks: "b 1400/1000", want: "a2 reserved; b WITHDRAW 150 clipped_outstanding; send a2/0 150+0.01 glp"},
			{at: "2h1m", says: "a2/0 settled", banks: "b 1249/1000", want: "a2 settled; b ratio_in_band"},
			{at: "2h2m", says: "a2/0 reversed", want: "a2 reversed; b ratio_in_band"},
		},
	},
	"a transfer that moved another amount stops its bank": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "1m", says: "a1/0 settled 149.99", want: "a1 unknown; b in_flight_covers; ALERT wrong_amount b"},
		{at: "2m", says: "a1/0 settled", want: "a1 settled; b in_flight_covers"},
	}},
	"a provider that fails is left out until a probe succeeds": {
		change: func(c *liquidity.Config) { c.BreakerFailures, c.MaxFailures = 2, 9 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 900/1000", want: "a1 reserved; a2 reserved; b INJECT 150; c INJECT 200; send a2/0 150 glp; send a1/0 200 glp"},
			{at: "1s", says: "a1/0 failed; a2/0 failed", want: "a2 failed; a1 failed; b no INJECT 150: limit_mismatch; c no INJECT 200: limit_mismatch; ALERT breaker_open"},
			{at: "5m", want: "b no INJECT 150: limit_mismatch; c no INJECT 200: limit_mismatch"},
			{at: "5m1s", banks: "b 950/1000; c 900/1000", want: "a3 reserved; b no INJECT 150: limit_mismatch; c INJECT 200; send a3/0 200 glp"},
			{at: "5m2s", says: "a3/0 settled", want: "a3 settled; a4 reserved; b INJECT 150; c in_flight_covers; send a4/0 150 glp"},
		},
	},
	"a bank whose actions fail in a row is stopped": {
		change: func(c *liquidity.Config) { c.BreakerFailures, c.MaxFailures = 9, 2 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1s", says: "a1/0 failed", want: "a1 failed; a2 reserved; b INJECT 150; send a2/0 150 glp"},
			{at: "2s", says: "a2/0 failed", want: "a2 failed; b no INJECT 150: kill_switch; ALERT failing b"},
		},
	},
	"a success in between begins the count anew, of a bank and of a provider": {
		change: func(c *liquidity.Config) { c.BreakerFailures, c.MaxFailures, c.Cooldown = 2, 2, 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1s", says: "a1/0 failed", want: "a1 failed; a2 reserved; b INJECT 150; send a2/0 150 glp"},
			{at: "2s", says: "a2/0 settled", want: "a2 settled; b in_flight_covers"},
			{at: "3s", banks: "b 900/1000", want: "a3 reserved; b INJECT 200; send a3/0 200 glp"},
			{at: "4s", says: "a3/0 failed", want: "a3 failed; a4 reserved; b INJECT 200; send a4/0 200 glp"},
		},
	},
	"a loan that is due asks nobody": {
		change: func(c *liquidity.Config) { c.ApproveFrom, c.Term = dec("100"), time.Hour },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 awaiting_approval; b INJECT 150?"},
			{at: "1s", does: "bob approve b a1", want: "done; a1 reserved; b in_flight_covers; send a1/0 150 glp"},
			{at: "2s", says: "a1/0 settled", want: "a1 settled; b in_flight_covers"},
			{at: "1h2s", banks: "b 1200/1000", want: "a2 reserved; b ratio_in_band; send a2/0 150 glp"},
		},
	},
	"money that comes back while its loan is being repaid stops the bank": {
		change: func(c *liquidity.Config) { c.ReverseCooldown, c.Dwell = 0, 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 1310/1000", want: "a1 settled; a2 reserved; b WITHDRAW 110; send a2/0 110 glp"},
			{at: "2m", says: "a1/0 reversed", want: "b ratio_in_band; ALERT reversed_after_repayment b"},
		},
	},
	"what a manual injection lacks is left to people": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 1100/1000", does: "ann inject b 20", want: "needs_second_person; a1 awaiting_approval; b ratio_in_band"},
		{at: "1s", does: "bob approve b a1", want: "done; a1 reserved; b ratio_in_band; send a1/0 20 glp"},
		{at: "2s", says: "a1/0 failed", banks: "b 950/1000", want: "a1 failed; b no INJECT 150: cooldown"},
	}},
	"an approval comes just in time": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 700/1000", want: "a1 awaiting_approval; b INJECT 400?"},
		{at: "30m", want: "b no INJECT 400: approval_pending+cooldown"},
		{at: "30m", does: "bob approve b a1", want: "done; a1 reserved; b in_flight_covers; send a1/0 400 glp"},
	}},
	"what is final at once still counts until a later position shows it": {
		change: func(c *liquidity.Config) { c.Finality, c.Cooldown = 0, 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", says: "a1/0 settled", banks: "b 950/1000 age=30s", want: "a1 settled; b in_flight_covers"},
			{at: "2m", banks: "b 950/1000 age=80s", want: "b in_flight_covers"},
			{at: "3m", banks: "b 1100/1000", want: "b ratio_in_band"},
		},
	},
	"a provider that takes out what is lent stops all": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "1s", pool: "glp 5000 redeemed=4850", says: "a1/0 settled", want: "a1 settled; b in_flight_covers"},
		{at: "2s", pool: "glp 5000 redeemed=4850.01", want: "b no INJECT 150: kill_switch+cooldown+pool_floor_exhausted; ALERT overdrawn"},
		{at: "3s", pool: "glp 4999 redeemed=4850", want: "b no INJECT 150: kill_switch+cooldown+pool_floor_exhausted; ALERT total_fell"},
	}},
	"a loan that is lost is written off by two people": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
		{at: "1s", says: "a1/0 settled", does: "ann write_off b a1/0; ann write_off b a1/0; bob write_off b a1/0; bob write_off b a1/0", want: "needs_second_person; needs_second_person; done; no_such_id; a1 settled; b in_flight_covers"},
	}},
	"a predicted breach is met early, with a licence and its own budget": {ticks: []tick{
		{at: "0s", pool: "glp 5000", banks: "b 1020/1000 p=0.3; c 1020/1000 p=0.3 unlicensed; d 1020/1000 p=0.29; e 9000/10000 p=0.9; f 10200/10000 p=0.3", want: "a1 awaiting_approval; a2 reserved; a3 reserved; b INJECT 80; c ratio_in_band+prediction_unlicensed; d ratio_in_band; e INJECT 500? clipped_per_action_cap; f INJECT 120 clipped_per_action_cap+clipped_budget_predictive; send a2/0 80 glp; send a3/0 120 glp"},
		{at: "1s", want: "b ratio_in_band; c ratio_in_band+prediction_unlicensed; d ratio_in_band; e no INJECT 2000: approval_pending+cooldown; f no INJECT 680: cooldown+budget_predictive_exhausted"},
	}},
	"sovereign risk, FX and CBDC limits speak": {
		change: func(c *liquidity.Config) {
			c.SRITarget, c.SRICap, c.FXCalm, c.FXHalt, c.ApproveFrom = dec("0.05"), dec("0.8"), dec("10"), dec("20"), dec("0")
			c.Budget, c.BankBudget = dec("0"), dec("0")
		},
		ticks: []tick{
			{at: "0s", pool: "glp 50000", banks: "a 950/1000 sri=100; b 600/1000 sri=50; c 600/1000 fx=19; d 600/1000 fx=20; e 600/1000 cbdc=0; f 600/1000 cbdc=7", want: "a1 reserved; a2 reserved; a3 reserved; a4 reserved; a INJECT 100 clipped_sri; b INJECT 300 clipped_per_action_cap+clipped_sri; c INJECT 50 clipped_fx_volatility; d no INJECT 500: fx_volatile; e no INJECT 500: cbdc_flow_exhausted; f INJECT 7 clipped_cbdc_flow; send a4/0 100 glp; send a1/0 300 glp; send a2/0 50 glp; send a3/0 7 glp"},
		},
	},
	"a loan is secured or there is none": {
		change: func(c *liquidity.Config) { c.Secured, c.HaircutBps = true, dec("2000") },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 950/1000 pledge=100; d 950/1000 pledge=1000", want: "a1 reserved; a2 reserved; b no INJECT 150: no_collateral; c INJECT 80 clipped_collateral; d INJECT 150; send a1/0 80 glp; send a2/0 150 glp"},
			{at: "2h", says: "a1/0 settled; a2/0 settled", banks: "c 900/1000 pledge=100", want: "a1 settled; a2 settled; b no_data; c no INJECT 120: no_collateral; d no_data"},
		},
	},
	"what is in flight is secured first": {
		change: func(c *liquidity.Config) { c.Secured, c.Cooldown = true, 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000 pledge=200", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1s", banks: "b 800/1000 pledge=200", want: "a2 reserved; b INJECT 50 clipped_collateral; send a2/0 50 glp"},
		},
	},
	"the shortest bank comes first when the pool is short": {ticks: []tick{
		{at: "0s", pool: "glp 300", banks: "a 9500/10000; b 950/1000; c 900/1000; d 950/1000", want: "a1 reserved; a2 reserved; a INJECT 90 clipped_per_action_cap+clipped_pool_floor; b no INJECT 150: pool_floor_exhausted; c INJECT 200; d no INJECT 150: pool_floor_exhausted; send a2/0 90 glp; send a1/0 200 glp"},
	}, change: func(c *liquidity.Config) { c.PoolFloor = dec("10") }},
	"or each gets the same part of what it needs": {ticks: []tick{
		{at: "0s", pool: "glp 310", banks: "a 9500/10000; b 950/1000; c 900/1000; d 950/1000 age=2h", want: "a1 reserved; a2 reserved; a3 reserved; a INJECT 176.47 clipped_per_action_cap+clipped_pro_rata; b INJECT 52.94 clipped_pro_rata; c INJECT 70.58 clipped_pro_rata; d no INJECT 150: stale_data; send a2/0 176.47 glp; send a3/0 52.94 glp; send a1/0 70.58 glp"},
	}, change: func(c *liquidity.Config) { c.PoolFloor, c.Fairness = dec("10"), liquidity.ProRata }},
	"providers lend within their limits": {ticks: []tick{
		{at: "0s", pool: "glp 1000 max=100; two 1000 min=60 max=90; x 900 down", banks: "b 950/1000", want: "a1 reserved; b INJECT 100 clipped_provider_limit; send a1/0 100 glp"},
	}},
	"no provider takes such an amount": {ticks: []tick{
		{at: "0s", pool: "glp 1000 min=600; two 50 min=60", banks: "b 950/1000", want: "b no INJECT 150: limit_mismatch+below_minimum"},
		{at: "1s", pool: "glp 1000 down; two 50 down", want: "b no INJECT 150: limit_mismatch"},
	}},
	"payments that could settle against each other are tried first": {
		change: func(c *liquidity.Config) { c.OffsetWait = time.Minute },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "a 950/1000; b 950/1000; c 800/1000", queue: "a b 2000; b a 2000; c a 2000; a c 2000; a nobody 7000", want: "offset p1+p2+p3+p4; a1 reserved; a no INJECT 150: offset_first; b no INJECT 150: offset_first; c INJECT 300; send a1/0 300 glp"},
			{at: "59s", queue: "a b 2000; b a 2000", want: "offset p1+p2; a no INJECT 150: offset_first; b no INJECT 150: offset_first; c in_flight_covers"},
			{at: "1m", queue: "a b 2000; b a 2000", want: "offset p1+p2; a2 reserved; a3 reserved; a INJECT 150; b INJECT 150; c in_flight_covers; send a2/0 150 glp; send a3/0 150 glp"},
		},
	},
	"a shadow remembers what it would have done, and is judged": {
		change: func(c *liquidity.Config) { c.Mode = liquidity.Shadow },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 950/1000", want: "b INJECT 150; c INJECT 150"},
			{at: "1m", want: "b no INJECT 150: cooldown; c no INJECT 150: cooldown"},
			{at: "1h", banks: "b 950/1000; c 1050/1000", want: "b INJECT 150; c ratio_in_band"},
		},
	},
	"so many actions an hour and no more": {
		change: func(c *liquidity.Config) { c.MaxPerHour, c.Cooldown, c.MaxInFlight = 2, 0, 1 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "1m", banks: "b 800/1000", want: "b no INJECT 150: in_flight_limit"},
			{at: "2m", says: "a1/0 settled", want: "a1 settled; a2 reserved; b INJECT 150; send a2/0 150 glp"},
			{at: "3m", says: "a2/0 settled", banks: "b 900/1000", want: "a2 settled; b in_flight_covers"},
			{at: "59m", banks: "b 900/1000", want: "b no INJECT 200: too_many_actions"},
			{at: "1h", banks: "b 900/1000", want: "a3 reserved; b INJECT 200; send a3/0 200 glp"},
		},
	},
	"below the hard floor what was taken is given back at once": {
		change: func(c *liquidity.Config) { c.Dwell = 0 },
		ticks: []tick{
			{at: "0s", pool: "glp 5000", banks: "b 950/1000", want: "a1 reserved; b INJECT 150; send a1/0 150 glp"},
			{at: "6h", says: "a1/0 settled", banks: "b 1400/1000", want: "a1 settled; a2 reserved; b WITHDRAW 150 clipped_outstanding; send a2/0 150 glp"},
			{at: "6h1m", banks: "b 1400/1000", want: "b ratio_in_band"},
			{at: "6h2m", says: "a2/0 settled", banks: "b 950/1000", want: "a2 settled; a3 reserved; b INJECT 300; send a3/0 300 glp"},
			{at: "6h3m", banks: "b 900/1000", want: "b in_flight_covers"},
			{at: "6h4m", banks: "b 899.99/1000", want: "a3 unknown no_answer; b in_flight_covers"},
		},
	},
}

func TestLife(t *testing.T) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) {
			l := &life{t: t, e: engine(t, s.change), names: map[string]string{}}
			for _, k := range s.ticks {
				require.Equal(t, k.want, l.tick(k), k.at)
				require.NoError(t, audited(l.state))
			}
			if s.books != "" {
				require.Equal(t, s.books, l.books("glp"))
			}
		})
	}
}

// Books that somebody has changed stop all, whatever it is that does not add up.
func TestBrokenBooksStopAll(t *testing.T) {
	for name, breaks := range map[string]func(*liquidity.State){
		"money has appeared":          func(s *liquidity.State) { s.Funds[0].Free = s.Funds[0].Free.Add(dec("0.01")) },
		"interest was never received": func(s *liquidity.State) { s.Funds[0].Interest = dec("1") },
		"a loan has grown":            func(s *liquidity.State) { s.Accounts[0].Loans[0].Outstanding = dec("151") },
		"a loan is gone":              func(s *liquidity.State) { s.Accounts[0].Loans = nil },
		"a reservation is gone":       func(s *liquidity.State) { s.Accounts[1].Actions = nil },
		"a loss and a gain are made up": func(s *liquidity.State) {
			s.Funds[0].Losses, s.Funds[0].Free = dec("-1"), s.Funds[0].Free.Add(dec("1"))
		},
		"the whole book is gone": func(s *liquidity.State) { s.Funds = nil },
	} {
		t.Run(name, func(t *testing.T) {
			l := &life{t: t, e: engine(t, nil), names: map[string]string{}}
			l.tick(tick{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 950/1000"})
			l.tick(tick{at: "1s", says: "a1/0 settled"})
			require.False(t, l.state.Kill.Tripped)
			breaks(&l.state)
			got := l.tick(tick{at: "2s", banks: "b 1100/1000; c 950/1000; d 950/1000"})
			require.Contains(t, got, "ALERT books_broken")
			require.NotContains(t, got, "send")
			require.True(t, l.state.Kill.Tripped)
		})
	}
}

// What a shadow would have done is judged by what came without it.
func TestTheShadowIsJudged(t *testing.T) {
	l := &life{t: t, e: engine(t, func(c *liquidity.Config) { c.Mode = liquidity.Shadow }), names: map[string]string{}}
	l.tick(tick{at: "0s", pool: "glp 5000", banks: "b 950/1000; c 950/1000; d 900/1000"})
	require.Equal(t, liquidity.Score{}, l.state.Score)
	l.tick(tick{at: "59m59s", banks: "b 950/1000; c 1000/1000; d 900/1000 age=2h"})
	require.Equal(t, liquidity.Score{}, l.state.Score)
	l.tick(tick{at: "1h", banks: "b 950/1000; c 1000/1000; d 900/1000 age=2h"})
	want := liquidity.Score{Needed: 1, NeededAmount: dec("150"), Spared: 1, SparedAmount: dec("150")}
	require.Empty(t, cmp.Diff(want, l.state.Score))
	require.Empty(t, l.state.Funds[0].Lent.IntPart(), "nothing has moved")
}

// A bank that nobody speaks of for a moment keeps its cooldown, and is forgotten
// when nothing depends on it any more.
func TestABankIsForgottenInTime(t *testing.T) {
	l := &life{t: t, e: engine(t, nil), names: map[string]string{}}
	l.tick(tick{at: "0s", pool: "glp 5000", banks: "b 700/1000; c 1100/1000"})
	require.Equal(t, "done; a1 failed rejected ann; b no_data; c no_data", l.tick(tick{at: "1m", banks: ";", does: "ann reject b a1"}))
	require.Equal(t, "b no INJECT 500: cooldown; c no_data", l.tick(tick{at: "2m", banks: "b 600/1000"}))
	require.Equal(t, "b no_data", l.tick(tick{at: "24h", banks: ";"}))
	require.Equal(t, "done; b no_data", l.tick(tick{at: "24h1m", does: "ann hold b"}))
	require.Equal(t, "done; b no_data", l.tick(tick{at: "48h", does: "ann release b"}))
	require.Empty(t, l.tick(tick{at: "48h1m"}))
}
