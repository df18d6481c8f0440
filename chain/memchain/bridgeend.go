package memchain

import (
	"fmt"
	"slices"
	"time"

	"github.com/holiman/uint256"

	"github.com/evenkeelhq/evenkeel/chain"
)

// bridgeEnd is a bridge's contract on one chain.
type bridgeEnd struct {
	bridge   *Bridge
	chain    *Chain
	address  chain.Address
	lanes    map[chain.Address]*lane // by the token here
	messages map[string]*message     // that departed here, in any branch
	order    []*message              // the same, oldest first, but for those that nothing can change any more
}

// lane is a token as it leaves and comes.
type lane struct {
	token, other *Token
	out, in      limiter
	left, came   Cell[level]
}

// message is a transfer. Its cells belong to the chain on which they are
// written.
type message struct {
	id      string
	source  *bridgeEnd
	holder  [2]chain.Address // by end
	token   chain.Address
	amount  uint256.Int
	latency time.Duration

	departed Cell[event] // on the source
	returned Cell[event] // on the source
	arrived  Cell[event] // on the other chain
}

// event is something that happened to a message. The zero event did not.
type event struct {
	block  uint64
	at     time.Time
	amount uint256.Int
}

var _ Contract = (*bridgeEnd)(nil)

// Call implements [Contract]: it departs what [BridgeClient.Send] encoded.
func (e *bridgeEnd) Call(env Env, data []byte) ([]byte, error) {
	order, err := decodeDeparture(data)
	if err != nil {
		return nil, err
	}
	lane := e.lanes[order.token]
	if lane == nil {
		return nil, e.refuse("no lane for token %s", order.token)
	}
	m := e.messages[order.id]
	if m != nil && m.departed.Load().block > 0 {
		return nil, e.refuse("%s departed before", order.id)
	}
	if _, exact := rescale(order.amount, lane.token.decimals, lane.other.decimals); !exact {
		return nil, e.refuse("%s of %d digits would lose some of its %d", order.amount.Dec(), lane.other.decimals, lane.token.decimals)
	}
	if err := lane.out.pass(env, &lane.left, order.amount); err != nil {
		return nil, err
	}
	if err := lane.token.Burn(env.As(order.holder[e.index()]), order.amount); err != nil {
		return nil, err
	}
	if m == nil {
		m = &message{id: order.id, source: e, holder: order.holder, token: order.token, amount: order.amount}
		e.messages[order.id] = m
		e.order = append(e.order, m)
	}
	e.bridge.mu.Lock()
	m.latency = e.bridge.latency
	e.bridge.mu.Unlock()
	m.departed.Store(env, event{env.Block().Number, env.Block().Time, order.amount})
	return nil, nil
}

func (e *bridgeEnd) index() int {
	if e == e.bridge.ends[0] {
		return 0
	}
	return 1
}

func (e *bridgeEnd) refuse(format string, args ...any) error {
	return fmt.Errorf("bridge "+e.address.String()+": "+format, args...)
}

// departures returns what departed in the chain as it stands, oldest first. It
// forgets what was paid before the oldest block that can be taken back.
func (e *bridgeEnd) departures() []*message {
	dest := e.bridge.other(e).chain
	e.chain.mu.Lock()
	e.order = slices.DeleteFunc(e.order, func(m *message) bool { return past(&m.returned, e.chain) })
	order := slices.Clone(e.order)
	e.chain.mu.Unlock()

	dest.mu.Lock()
	order = slices.DeleteFunc(order, func(m *message) bool { return past(&m.arrived, dest) })
	dest.mu.Unlock()

	e.chain.mu.Lock()
	defer e.chain.mu.Unlock()
	e.order = slices.Clone(order)
	return slices.DeleteFunc(order, func(m *message) bool { return m.departed.Load().block == 0 })
}

// past reports whether an event is too old for its chain to take back.
func past(e *Cell[event], c *Chain) bool {
	block := e.Load().block
	return block > 0 && block < c.oldest
}

// payOut mints what a message from the other end carries.
func (e *bridgeEnd) payOut(m *message, broken bool) Tx {
	return Tx{From: e.address, Do: func(env Env) error {
		if m.arrived.Load().block > 0 && !broken {
			return e.refuse("%s was paid out before", m.id)
		}
		lane := m.source.lanes[m.token]
		here := e.lanes[lane.other.address]
		amount, _ := rescale(m.amount, lane.token.decimals, lane.other.decimals)
		var fee uint256.Int
		fee.MulDivOverflow(&amount, uint256.NewInt(e.bridge.options.FeeBps), uint256.NewInt(10_000))
		amount.Sub(&amount, &fee)
		if err := here.in.pass(env, &here.came, amount); err != nil {
			return err
		}
		if m.arrived.Load().block == 0 {
			m.arrived.Store(env, event{env.Block().Number, env.Block().Time, amount})
		}
		return here.token.Mint(env, m.holder[e.index()], amount)
	}}
}

// payBack mints what departed here.
func (e *bridgeEnd) payBack(m *message) Tx {
	return Tx{From: e.address, Do: func(env Env) error {
		if m.returned.Load().block > 0 || m.departed.Load().block == 0 {
			return e.refuse("%s cannot be paid back", m.id)
		}
		m.returned.Store(env, event{env.Block().Number, env.Block().Time, m.amount})
		return e.lanes[m.token].token.Mint(env, m.holder[e.index()], m.amount)
	}}
}

// departure is a transfer as the bridge's contract is called with it.
type departure struct {
	id     string
	token  chain.Address
	amount uint256.Int
	holder [2]chain.Address
}

// encode writes a departure as bytes of this bridge's own kind.
func (d departure) encode() []byte {
	amount := d.amount.Bytes32()
	b := append([]byte("send"), d.token[:]...)
	b = append(b, d.holder[0][:]...)
	b = append(b, d.holder[1][:]...)
	b = append(b, amount[:]...)
	return append(b, d.id...)
}

func decodeDeparture(data []byte) (departure, error) {
	var d departure
	const fixed = 4 + 3*20 + 32
	if len(data) <= fixed || string(data[:4]) != "send" {
		return d, fmt.Errorf("bridge: call data of %d bytes: must be a departure", len(data))
	}
	copy(d.token[:], data[4:])
	copy(d.holder[0][:], data[24:])
	copy(d.holder[1][:], data[44:])
	d.amount.SetBytes(data[64:fixed])
	d.id = string(data[fixed:])
	return d, nil
}
