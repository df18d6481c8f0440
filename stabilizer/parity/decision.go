package parity

import "github.com/shopspring/decimal"

// Action is what a decision does about the spread. Transfers go beside it.
type Action string

// The actions of a decision.
const (
	None     Action = "NONE"      // no new block was judged
	Hold     Action = "HOLD"      // blocks were judged, and there is nothing to trade
	Trade    Action = "TRADE"     // send both legs
	DryTrade Action = "DRY_TRADE" // would send them
	Resubmit Action = "RESUBMIT"  // send legs again that certainly never got through, under the same ID
	Retry    Action = "RETRY"     // send the failed leg of a partial arb anew
	Halt     Action = "HALT"      // trading has ended until a reset
)

// Reason says why a decision is what it is.
type Reason string

// Every decision carries exactly one reason. Those from Inventory to Slippage
// also name the limits that shrank a trade.
const (
	Spread Reason = "spread" // it is traded

	Unreachable   Reason = "unreachable"    // a chain cannot be seen
	ChainHalted   Reason = "chain_halted"   // a chain has no new blocks
	Skew          Reason = "skew"           // the blocks are too far apart in time
	PriceInvalid  Reason = "price_invalid"  // a pool or an oracle has no price
	OracleStale   Reason = "oracle_stale"   // older than MaxOracleAge
	OracleDiffers Reason = "oracle_differs" // not one round, or not one price

	Paused     Reason = "paused"
	Shortage   Reason = "shortage" // a balance is below the books
	Pending    Reason = "pending"  // legs are unresolved
	Unsent     Reason = "unsent"   // of the resubmission
	Partial    Reason = "partial"  // one leg is filled, the other failed
	InBand     Reason = "in_band"
	Sustaining Reason = "sustaining"
	Cooldown   Reason = "cooldown"
	Gas        Reason = "gas"

	Inventory Reason = "inventory"
	LaneFull  Reason = "lane_full" // the bridge could not bring it back
	Cap       Reason = "cap"
	Slippage  Reason = "slippage"

	Dust         Reason = "dust"
	Unprofitable Reason = "unprofitable"
	Failures     Reason = "failures"   // halts
	Unbalanced   Reason = "unbalanced" // halts: the books do not add up

	// Of observations without a new block.
	NothingNew     Reason = "nothing_new"
	Restarted      Reason = "restarted"
	Resumed        Reason = "resumed"
	WasReset       Reason = "reset"
	Accepted       Reason = "accepted"
	UnknownCommand Reason = "unknown_command"
)

// AlertCode names what a person should look at.
type AlertCode string

// The alerts.
const (
	Apart           AlertCode = "apart"            // a chain halted or cannot be seen; the detail is the reason
	Held            AlertCode = "held"             // a guard that should not last holds a trade
	NoTrade         AlertCode = "no_trade"         // out of band for longer than AlarmBlocks, and no trade; the detail names the guard
	StuckTransfer   AlertCode = "stuck_transfer"   // overdue; its money stays reserved
	MissedArrival   AlertCode = "missed_arrival"   // overdue, and the balance looks as if it had arrived: was an event omitted?
	ReturnedBehind  AlertCode = "returned_behind"  // a reorg took back what was final
	LegAbandoned    AlertCode = "leg_abandoned"    // a partial arb is left to a person
	BalanceShort    AlertCode = "balance_short"    // below the books
	BalanceSurplus  AlertCode = "balance_surplus"  // above the books for longer than ReconcileAfter
	BufferExhausted AlertCode = "buffer_exhausted" // inventory leaves nothing to trade with
)

// Alert asks for a person's attention. It never changes a decision.
type Alert struct {
	Code   AlertCode
	Detail string // what it concerns, and figures
}

// Side is what is done with Base. The zero Side is invalid.
type Side string

// The sides of a leg.
const (
	Sell Side = "SELL" // where it is dear
	Buy  Side = "BUY"  // where it is cheap
)

// Order is one leg as it is to be sent.
type Order struct {
	ID       string
	Chain    int // 0 or 1, in Config.Chains
	Side     Side
	Size     decimal.Decimal // of Base
	AmountIn decimal.Decimal // of the token sold
	MinOut   decimal.Decimal // of the token bought; less reverts
	Deadline uint64          // last block in which it may execute
	GasGwei  decimal.Decimal // the most that a unit of gas may cost
}

// Decision is the outcome of one step.
type Decision struct {
	Action    Action
	Reason    Reason
	Apart     bool            `json:",omitempty"` // each peg is its own stabilizer's to hold for now
	SpreadBps decimal.Decimal `json:",omitzero"`  // above 0 where the first chain is dearer; when it was measured
	Counts    [2]uint64       // blocks of each chain in a row out of band, on one side
	Blocks    [2]uint64       // heads, after the step
	Command   uint64          // last command consumed
	Orders    []Order         `json:",omitempty"` // with Trade, DryTrade, Resubmit and Retry
	Transfers []Sending       `json:",omitempty"` // to be sent, whatever the action
	Limits    []Reason        `json:",omitempty"` // what shrank the trade
	PnL       decimal.Decimal `json:",omitzero"`  // expected, in units of Base
	Alerts    []Alert         `json:",omitempty"`
}
