package alp

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/exchange/transport"
)

// Number is an exact number as the server writes it, quoted or not.
type Number = transport.Number

// Registration asks for an account at the pool.
type Registration struct {
	User     string `json:"user"`    // public part of the exchange's API key
	Address  string `json:"address"` // where rewards are paid to
	Exchange string `json:"exchange"`
	Unit     string `json:"unit"`

	// A hardened server wants a fresh proof that the key is the registrant's;
	// any other one ignores it.
	Req  *Request `json:"req,omitempty"`
	Sign string   `json:"sign,omitempty"`
}

// Submission is a signed request for the user's open orders, for the server to
// send to the exchange.
type Submission struct {
	User     string   `json:"user"`
	Req      *Request `json:"req"`
	Sign     string   `json:"sign"` // secret until it has been used: never log it
	Exchange string   `json:"exchange"`
	Unit     string   `json:"unit"`
}

// Request is the part of an exchange.Proof that its signature covers.
type Request struct {
	Params   map[string]string `json:"params"`
	Headers  map[string]string `json:"headers"`
	IssuedAt time.Time         `json:"issued_at"`
}

// NewSubmission carries a proof to the pool's market of that exchange and unit.
func NewSubmission(p exchange.Proof, venue, unit string) Submission {
	return Submission{
		User: p.Key, Sign: p.Signature, Exchange: venue, Unit: unit,
		Req: &Request{Params: p.Params, Headers: p.Headers, IssuedAt: p.IssuedAt},
	}
}

// Proof is the inverse of [NewSubmission]: what to verify at the adapter of that
// name, for a pair that the server chooses. A Submission without Req proves
// nothing, and the Verifier refuses it.
func (s Submission) Proof(adapter string, pair exchange.Pair) exchange.Proof {
	p := exchange.Proof{Exchange: adapter, Key: s.User, Pair: pair, Signature: s.Sign}
	if s.Req != nil {
		p.Params, p.Headers, p.IssuedAt = s.Req.Params, s.Req.Headers, s.Req.IssuedAt
	}
	return p
}

// Market is what the pool pays for one unit at one exchange, per round.
type Market struct {
	Reward Number `json:"reward"` // when the target is met
	Target Number `json:"target"` // liquidity of both sides, in the pegged asset
	Ask    Book   `json:"ask"`
	Bid    Book   `json:"bid"`
}

// Book is one side of a market. On the wire its ranks stand beside its ratio.
type Book struct {
	Ratio Number          // part of the market's reward
	Ranks map[string]Rank // by name
}

// Rank is a band around the peg.
type Rank struct {
	Ratio     Number `json:"ratio"`     // part of the side's reward
	Tolerance Number `json:"tolerance"` // widest deviation, above 0 to 1
}

// UnmarshalJSON takes every member but the ratio for a rank.
func (b *Book) UnmarshalJSON(text []byte) error {
	var members transport.Entries[json.RawMessage]
	if err := json.Unmarshal(text, &members); err != nil {
		return err
	}
	*b = Book{Ranks: map[string]Rank{}}
	for _, m := range members {
		if m.Key == "ratio" {
			if err := json.Unmarshal(m.Value, &b.Ratio); err != nil {
				return err
			}
			continue
		}
		var rank Rank
		if err := json.Unmarshal(m.Value, &rank); err != nil {
			return fmt.Errorf("rank %.64q: %w", m.Key, err)
		}
		b.Ranks[m.Key] = rank
	}
	return nil
}

// Side returns the book of that side.
func (m Market) Side(s exchange.Side) Book {
	if s == exchange.Ask {
		return m.Ask
	}
	return m.Bid
}

// Status is the pool as of its last round.
type Status struct {
	Meta struct {
		LastCredit Number `json:"last-credit-time"` // unix seconds
		NextPayout Number `json:"next-payout-time"` // unix seconds
		Users      Number `json:"number-of-users"`
		Active     Number `json:"number-of-users-active"`
		Orders     Number `json:"number-of-orders"`
	} `json:"meta"`
	Prices Prices `json:"prices"`
}

// The values of Order.Credited.
const (
	Waiting   = 0  // for its round
	Credited  = 1  // took part in a round
	Duplicate = -1 // was seen again later in the same round
)

// Order is one sighting of one of the user's orders.
type Order struct {
	ID          Number        `json:"id"` // of the sighting
	OrderID     string        `json:"order_id"`
	Exchange    string        `json:"exchange"`
	Unit        string        `json:"unit"`
	Side        exchange.Side `json:"side"`
	Rank        string        `json:"rank"` // "" fits none
	Amount      Number        `json:"order_amount"`
	Price       Number        `json:"order_price"`
	ServerPrice Number        `json:"server_price"`
	Deviation   Number        `json:"deviation"`
	Tolerance   Number        `json:"tolerance"`
	Credited    int           `json:"credited"`
	Credit      *Credit       `json:"credit_info"` // of a credited one
}

// Credit is how an order's share came about.
type Credit struct {
	At               Number `json:"credited_time"`
	PercentageOfRank Number `json:"percentage_of_rank"` // 0 to 100
	Amount           Number `json:"credit_amount"`
	UnitTotal        Number `json:"unit_total_liquidity"`
	UnitTarget       Number `json:"unit_target"`
	UnitReward       Number `json:"unit_reward"`
	CalculatedReward Number `json:"calculated_unit_reward"` // UnitReward × min(1, UnitTotal/UnitTarget)
	SideRatio        Number `json:"side_ratio"`
	SideReward       Number `json:"side_reward"`
	RankTotal        Number `json:"rank_total_liquidity"`
	RankRatio        Number `json:"rank_ratio"`
	RankReward       Number `json:"rank_reward"`
}

// Stats is what a user has earned.
type Stats struct {
	Total   Number  `json:"total_reward"`   // of all credits
	Current Number  `json:"current_reward"` // not yet paid out
	History []Round `json:"history"`        // newest first, rounds in which anybody earned
}

// Round is what a user had in one round.
type Round struct {
	At       Number `json:"round_time"`
	Provided Number `json:"provided"`
	Reward   Number `json:"reward"`
}

// Prices is, by unit, what one costs in the pegged asset, and the inverse of that.
type Prices map[string][]Number

func (p Prices) validate() error {
	for unit, both := range p {
		if len(both) != 2 || !both[0].IsPositive() {
			return fmt.Errorf("%w: price of %.64q: must be two numbers > 0", transport.ErrBadAnswer, unit)
		}
	}
	return nil
}
