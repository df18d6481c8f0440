package reward

import "github.com/shopspring/decimal"

// Decision is one round, complete enough to be paid and shown without looking
// at anything else.
type Decision struct {
	Round  uint64
	Reason Reason

	Orders  []Outcome `json:",omitempty"` // one for each sighting, in their order
	Markets []Tally   `json:",omitempty"` // one for each market, in the order of the Config

	Paid         decimal.Decimal // sum of all credits
	Balance      decimal.Decimal // left in the grant account
	RunwayRounds decimal.Decimal // full rounds that the balance pays for, a whole number
}

// Reason says what became of a round.
type Reason string

// Every decision carries exactly one of these.
const (
	Paid       Reason = "paid"
	Unearned   Reason = "unearned"    // no order had a share in any reward
	GrantShort Reason = "grant_short" // the balance does not cover the round: nobody is paid, rather than some
	RoundDone  Reason = "round_done"  // this round was decided before: its orders wait for the next
)

// Outcome is what one sighting earned, or why it did not.
type Outcome struct {
	ID      uint64
	Account string
	Verdict Verdict
	Rank    string          // "" unless it was ranked
	Share   decimal.Decimal // of the rank, 0 to 1, rounded half up to 10 decimals
	Amount  decimal.Decimal // credited
}

// Verdict says why a sighting earned what it did.
type Verdict string

// Every outcome carries exactly one of these.
const (
	Credited  Verdict = "credited"  // has its share, even where the rank pays nothing
	Unfunded  Verdict = "unfunded"  // would have been credited, and the grant is short
	Duplicate Verdict = "duplicate" // the same order was seen later in the round
	Unranked  Verdict = "unranked"  // too far from the peg for every rank
	NoMarket  Verdict = "no_market" // exchange or unit is not in the Config
	Stale     Verdict = "stale"     // seen longer than MaxAge ago, or in the future
	Young     Verdict = "young"     // first seen less than MinAge before
	Outbid    Verdict = "outbid"    // others asked less in the auction and met the target, or it asks more than the most that is paid
	Replayed  Verdict = "replayed"  // taken up by an earlier round
)

// Tally is one market in one round. Totals are liquidity in the pegged asset,
// pots are rewards; a pot whose total is 0 stays in the grant account.
type Tally struct {
	Exchange, Unit string
	Reward, Target decimal.Decimal // of the market, as configured; in an auction, the most that it pays and both targets
	Total          decimal.Decimal // of all ranked orders
	Counted        decimal.Decimal // of these, what counts towards the target
	Pot            decimal.Decimal // reward × min(1, counted/target), rounded down: the rest is not spent. Or see [Auction]
	Ask, Bid       BookTally
}

// liquidity returns what each rank offers. A rank is one by its name on the bid
// side, as the ALP server reports it.
func (d Decision) liquidity() []Liquidity {
	var all []Liquidity
	for _, t := range d.Markets {
		for _, bid := range t.Bid.Ranks {
			l := Liquidity{Exchange: t.Exchange, Unit: t.Unit, Rank: bid.Name, Bid: bid.Total}
			for _, ask := range t.Ask.Ranks {
				if ask.Name == bid.Name {
					l.Ask = ask.Total
				}
			}
			all = append(all, l)
		}
	}
	return all
}

// BookTally is one side of a Tally.
type BookTally struct {
	Ratio      decimal.Decimal // as configured; 0 in an auction
	Price      decimal.Decimal `json:",omitzero"` // that an auction cleared at, per unit of liquidity and day
	Total, Pot decimal.Decimal
	Ranks      []RankTally // the tightest first
}

// RankTally is one rank of a BookTally.
type RankTally struct {
	Rank       // as configured
	Total, Pot decimal.Decimal
}
