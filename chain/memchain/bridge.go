package memchain

import (
	"fmt"
	"sync"
	"time"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// BridgeOptions are a bridge's properties; zero is usable.
type BridgeOptions struct {
	Latency       time.Duration // from the block of departure to the first block that may pay out
	Confirmations uint64        // blocks of the source, the departure's included, before that; 0 means 1
	FeeBps        uint64        // kept of each transfer, below 10,000
}

// Link lets a token pass, as what it is on either chain.
type Link struct {
	Tokens    [2]*Token      // on the bridge's first and second chain
	Capacity  [2]uint256.Int // leaving that chain; 0 is no limit. What arrives may be a tenth more, as CCIP has it
	PerMinute [2]uint256.Int
}

// Bridge burns tokens on one chain and mints them on another, when the host says
// so: [Bridge.Deliver] gives the transactions that pay out, to be mined like any
// other. So a reorg takes them back, and what was held, refunded or delivered in
// another order is the host's script.
//
// Its methods are safe for concurrent use.
type Bridge struct {
	options BridgeOptions
	ends    [2]*bridgeEnd

	mu       sync.Mutex
	latency  time.Duration
	held     map[string]bool
	refunded map[string]bool
}

// NewBridge deploys a bridge between two chains. The error wraps
// chain.ErrInvalid.
func NewBridge(a, b *Chain, o BridgeOptions) (*Bridge, error) {
	switch {
	case a.id == b.id:
		return nil, fmt.Errorf("%w: chain %d: must differ from the other", chain.ErrInvalid, a.id)
	case o.Latency < 0:
		return nil, fmt.Errorf("%w: Latency %v: must be >= 0", chain.ErrInvalid, o.Latency)
	case o.FeeBps >= 10_000:
		return nil, fmt.Errorf("%w: FeeBps %d: must be below 10000", chain.ErrInvalid, o.FeeBps)
	}
	o.Confirmations = max(o.Confirmations, 1)
	bridge := &Bridge{options: o, latency: o.Latency, held: make(map[string]bool), refunded: make(map[string]bool)}
	for i, c := range []*Chain{a, b} {
		end := &bridgeEnd{bridge: bridge, chain: c, lanes: make(map[chain.Address]*lane), messages: make(map[string]*message)}
		end.address = c.Deploy(end)
		bridge.ends[i] = end
	}
	return bridge, nil
}

// Link adds a token. The error wraps chain.ErrInvalid.
func (b *Bridge) Link(l Link) error {
	if l.Tokens[0] == nil || l.Tokens[1] == nil {
		return fmt.Errorf("%w: Tokens: must be two", chain.ErrInvalid)
	}
	for i, end := range b.ends {
		out := limiter{capacity: l.Capacity[i], perMinute: l.PerMinute[i]}
		in := limiter{capacity: tenthMore(l.Capacity[1-i]), perMinute: tenthMore(l.PerMinute[1-i])}
		token, other := l.Tokens[i], l.Tokens[1-i]
		// Inbound is counted in the units of the chain that pays.
		in.capacity, _ = rescale(in.capacity, other.decimals, token.decimals)
		in.perMinute, _ = rescale(in.perMinute, other.decimals, token.decimals)
		at := end.chain.Head().Time
		end.chain.mu.Lock()
		end.lanes[token.address] = &lane{
			token: token, other: other, out: out, in: in,
			left: Cell[level]{value: level{out.capacity, at}}, came: Cell[level]{value: level{in.capacity, at}},
		}
		end.chain.mu.Unlock()
	}
	return nil
}

// SetLatency is how long what departs from now on takes. Less than before lets
// it overtake.
func (b *Bridge) SetLatency(d time.Duration) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.latency = d
}

// Hold keeps a transfer from being paid out, for as long as it lasts.
func (b *Bridge) Hold(id string, on bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.held[id] = on
}

// Refund pays a transfer back where it came from, in one of the next blocks
// there, unless it is paid out before.
func (b *Bridge) Refund(id string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refunded[id] = true
}

// InFlight returns the transfers that departed from a chain and have been paid
// neither out nor back, oldest first.
func (b *Bridge) InFlight(from uint64) []string {
	source := b.end(from)
	if source == nil {
		return nil
	}
	var ids []string
	for _, m := range source.departures() {
		if !b.paid(m) {
			ids = append(ids, m.id)
		}
	}
	return ids
}

// Deliver returns the transactions that pay out and back what is due on a chain
// at that time, for its next block.
func (b *Bridge) Deliver(to uint64, at time.Time) []Tx {
	dest := b.end(to)
	if dest == nil {
		return nil
	}
	var txs []Tx
	for _, m := range b.other(dest).departures() {
		if b.due(m, at) && !b.paid(m) {
			txs = append(txs, dest.payOut(m, false))
		}
	}
	for _, m := range dest.departures() {
		if b.returning(m) && !b.paid(m) {
			txs = append(txs, dest.payBack(m))
		}
	}
	return txs
}

// Replay returns the transaction that pays a transfer out once more. The bridge
// refuses it if it was paid before; a broken bridge, which looks at nothing,
// does not.
func (b *Bridge) Replay(id string, broken bool) (Tx, error) {
	for i, end := range b.ends {
		end.chain.mu.Lock()
		m := end.messages[id]
		end.chain.mu.Unlock()
		if m != nil {
			return b.ends[1-i].payOut(m, broken), nil
		}
	}
	return Tx{}, fmt.Errorf("replay %s: %w", id, chain.ErrNotFound)
}

func (b *Bridge) end(id uint64) *bridgeEnd {
	for _, end := range b.ends {
		if end.chain.id == id {
			return end
		}
	}
	return nil
}

func (b *Bridge) other(end *bridgeEnd) *bridgeEnd {
	if end == b.ends[0] {
		return b.ends[1]
	}
	return b.ends[0]
}

// due reports whether a departure is final enough, old enough and let go.
func (b *Bridge) due(m *message, at time.Time) bool {
	source := m.source.chain
	source.mu.Lock()
	left := m.departed.Load()
	deep := left.block > 0 && source.head+1 >= left.block+b.options.Confirmations
	source.mu.Unlock()
	b.mu.Lock()
	defer b.mu.Unlock()
	return deep && !b.held[m.id] && !b.refunded[m.id] && !at.Before(left.at.Add(m.latency))
}

func (b *Bridge) returning(m *message) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.refunded[m.id]
}

// paid reports whether a transfer was paid out or back.
func (b *Bridge) paid(m *message) bool {
	source, dest := m.source.chain, b.other(m.source).chain
	source.mu.Lock()
	back := m.returned.Load().block > 0
	source.mu.Unlock()
	dest.mu.Lock()
	defer dest.mu.Unlock()
	return back || m.arrived.Load().block > 0
}

// level is what a limiter had left, and when.
type level struct {
	room uint256.Int
	at   time.Time
}

// limiter is a token bucket; one without a capacity limits nothing.
type limiter struct{ capacity, perMinute uint256.Int }

// at returns what may pass now.
func (l limiter) at(was level, now time.Time) uint256.Int {
	if l.capacity.IsZero() {
		return *new(uint256.Int).SetAllOne()
	}
	var grown uint256.Int
	elapsed := uint256.NewInt(uint64(max(now.Sub(was.at).Milliseconds(), 0)))
	if _, overflow := grown.MulDivOverflow(&l.perMinute, elapsed, uint256.NewInt(60_000)); overflow {
		return l.capacity
	}
	if _, overflow := grown.AddOverflow(&grown, &was.room); overflow || grown.Gt(&l.capacity) {
		return l.capacity
	}
	return grown
}

// pass takes amount out of what a limiter has left, or refuses.
func (l limiter) pass(env Env, cell *Cell[level], amount uint256.Int) error {
	if l.capacity.IsZero() {
		return nil
	}
	now := env.Block().Time
	room := l.at(cell.Load(), now)
	if room.Lt(&amount) {
		return fmt.Errorf("%w: %s passes, %s wanted", chain.ErrLaneFull, room.Dec(), amount.Dec())
	}
	room.Sub(&room, &amount)
	cell.Store(env, level{room, now})
	return nil
}

func tenthMore(v uint256.Int) uint256.Int {
	var tenth uint256.Int
	tenth.Div(&v, uint256.NewInt(10))
	return *v.Add(&v, &tenth)
}

// rescale turns an amount of one number of digits into another, and reports
// whether nothing was lost.
func rescale(v uint256.Int, from, to uint8) (uint256.Int, bool) {
	ten := uint256.NewInt(10)
	if from <= to {
		var factor uint256.Int
		factor.Exp(ten, uint256.NewInt(uint64(to-from)))
		_, overflow := v.MulOverflow(&v, &factor)
		return v, !overflow
	}
	var factor, rest uint256.Int
	factor.Exp(ten, uint256.NewInt(uint64(from-to)))
	v.DivMod(&v, &factor, &rest)
	return v, rest.IsZero()
}
