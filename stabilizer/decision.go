package stabilizer

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Action is what a decision asks its world to do.
type Action string

// The actions of a decision. Only Trade, Resubmit, Cancel and Retry touch the
// chain.
const (
	None     Action = "NONE"      // no block was judged
	Hold     Action = "HOLD"      // a block was judged, and there is nothing to do
	Trade    Action = "TRADE"     // send Order
	DryTrade Action = "DRY_TRADE" // would send Order
	Resubmit Action = "RESUBMIT"  // send Order again, at the same nonce, at its present gas price
	Cancel   Action = "CANCEL"    // consume Order's nonce
	Retry    Action = "RETRY"     // send the second leg of an order, alone
	Halt     Action = "HALT"      // trading has ended until a reset
)

// Reason says why a decision is what it is.
type Reason string

// Every decision carries exactly one reason. Those from NoOvershoot to Slippage
// also name the limits that shrank a trade.
const (
	Rebalance Reason = "rebalance"

	Duplicate      Reason = "duplicate"       // the head, again
	StaleBlock     Reason = "stale_block"     // an ancestor of the head, again
	LateBlock      Reason = "late_block"      // a block that was skipped, too late to count
	ReorgTooDeep   Reason = "reorg_too_deep"  // halts
	ParentMismatch Reason = "parent_mismatch" // not a child of the block before: feed from the fork

	PriceInvalid     Reason = "price_invalid"
	OracleStale      Reason = "oracle_stale"
	OracleDivergence Reason = "oracle_divergence"
	Warmup           Reason = "warmup" // fewer prices than the TWAP needs

	Paused     Reason = "paused"
	Depeg      Reason = "depeg" // halts
	Pending    Reason = "pending"
	Stuck      Reason = "stuck"
	LegPending Reason = "leg_pending" // the second leg is due
	InBand     Reason = "in_band"
	Sustaining Reason = "sustaining"
	CatchingUp Reason = "catching_up" // the block is not the newest
	Cooldown   Reason = "cooldown"
	Gas        Reason = "gas"

	PoolFar      Reason = "pool_far" // the pool is off by more than HaltBps, the market is not
	NoOvershoot  Reason = "no_overshoot"
	BlockCap     Reason = "block_cap"
	WindowCap    Reason = "window_cap"
	Inventory    Reason = "inventory"
	InventoryMax Reason = "inventory_max"
	Slippage     Reason = "slippage"

	Dust           Reason = "dust"
	Unprofitable   Reason = "unprofitable"
	NoPrivateRoute Reason = "no_private_route"
	LossBudget     Reason = "loss_budget" // halts
	TxFailures     Reason = "tx_failures" // halts

	// Of observations without a block.
	NothingNew     Reason = "nothing_new"
	Restarted      Reason = "restarted"
	Resumed        Reason = "resumed"
	WasReset       Reason = "reset"
	UnknownCommand Reason = "unknown_command"
	Filled         Reason = "filled"
	WasReverted    Reason = "reverted"
	WasCancelled   Reason = "cancelled"
	HasExpired     Reason = "expired"
	WasNotSent     Reason = "unsent"     // also of the block that sends it again
	UnknownTx      Reason = "unknown_tx" // a receipt that concerns nothing of ours
)

// Phase is where an engine stands.
type Phase string

// The phases, each of which hides those after it.
const (
	PhaseHalted  Phase = "HALTED"
	PhasePaused  Phase = "PAUSED"
	PhasePending Phase = "PENDING" // an intent is unresolved
	PhaseWarmup  Phase = "WARMUP"
	PhaseEngaged Phase = "ENGAGED" // we have traded and continue to ThetaExitBps
	PhaseWatch   Phase = "WATCH"   // out of band
	PhaseIdle    Phase = "IDLE"
)

// AlertCode names what a person should look at.
type AlertCode string

// The alerts.
const (
	CantileverShortfall AlertCode = "cantilever_shortfall" // trades of this size cannot keep up with the flow
	Held                AlertCode = "held"                 // a guard that should not last holds a trade
	NoTrade             AlertCode = "no_trade"             // out of band for longer than AlarmBlocks, and no trade; the detail names the guard
	LegUnfinished       AlertCode = "leg_unfinished"       // the inventory stands in the anchor
	PoolFarOff          AlertCode = "pool_far_off"         // the pool is far from a market that is not
)

// Alert asks for a person's attention. It never changes a decision.
type Alert struct {
	Code   AlertCode
	Detail string // the reason of the guard, or figures
}

// Side is what is done with Base. The zero Side is invalid.
type Side string

// The sides of a trade.
const (
	Sell Side = "SELL" // above the target
	Buy  Side = "BUY"  // below it
)

// Leg is a swap through one pool. As text it is "cUSDT>XAU@private".
type Leg struct {
	In, Out string
	Public  bool
}

// ParseLeg reads a Leg's text. The error wraps [ErrInvalid].
func ParseLeg(s string) (Leg, error) {
	tokens, venue, found := strings.Cut(s, "@")
	in, out, arrow := strings.Cut(tokens, ">")
	if !found || !arrow || in == "" || out == "" || in == out || venue != "private" && venue != "public" {
		return Leg{}, fmt.Errorf("%w: Leg %.80q: must be IN>OUT@private or IN>OUT@public", ErrInvalid, s)
	}
	return Leg{In: in, Out: out, Public: venue == "public"}, nil
}

// String returns the text of the leg.
func (l Leg) String() string {
	if l.Public {
		return l.In + ">" + l.Out + "@public"
	}
	return l.In + ">" + l.Out + "@private"
}

// MarshalText returns [Leg.String].
func (l Leg) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText is [ParseLeg].
func (l *Leg) UnmarshalText(text []byte) error {
	leg, err := ParseLeg(string(text))
	if err == nil {
		*l = leg
	}
	return err
}

// Order is a trade as it is to be sent. Sent again under the same ID it differs
// in its gas price only.
type Order struct {
	ID        string // pair:block:hash:seq, the intent's name for good
	Side      Side
	Size      decimal.Decimal // of Base
	AmountIn  decimal.Decimal // of the token sold
	MinOut    decimal.Decimal // of the token bought; less reverts
	MinOutBps decimal.Decimal // MinOut as a part of what AmountIn is worth at the pool's price, 10,000 being all
	Route     []Leg
	Deadline  uint64          // last block in which it may execute
	GasGwei   decimal.Decimal // the most that a unit of gas may cost
	Bump      decimal.Decimal // what GasGwei is raised by, 1 for a first try
	Public    bool            `json:",omitempty"` // may pass through the public mempool
}

// Decision is the outcome of one step.
type Decision struct {
	Action  Action
	Reason  Reason
	State   Phase
	Count   uint64          // blocks in a row out of band, on one side
	Block   uint64          // head, after the step
	Command uint64          // last command consumed
	TWAPBps decimal.Decimal // deviations, when the block was measured
	SpotBps decimal.Decimal
	Order   *Order          `json:",omitempty"` // with Trade, DryTrade, Resubmit, Cancel and Retry
	Limits  []Reason        `json:",omitempty"` // what shrank the trade
	PnL     decimal.Decimal `json:",omitzero"`  // expected, in units of Base, when profit is guarded or budgeted
	Alerts  []Alert         `json:",omitempty"`
}
