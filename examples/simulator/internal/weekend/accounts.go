package weekend

import (
	"github.com/holiman/uint256"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/chain"
)

// group is everyone whose result is told as one.
type group struct {
	name     string
	accounts []chain.Address
}

// The groups, in the order of stage.groups.
const (
	defenders = iota
	privatePools
	providers
	panicked
	arbitrageurs
	admitted
	everyoneElse
)

// groups are all who hold tokens.
func (st *stage) groups() []group {
	at := func(venues []*venue) (accounts []chain.Address) {
		for _, v := range venues {
			accounts = append(accounts, v.Address())
		}
		return accounts
	}
	return []group{
		defenders:    {"the stabilizer and its vault", []chain.Address{st.defence.Address(), treasury, keeper}},
		privatePools: {"its private pools", at(st.private[:])},
		providers:    {"liquidity providers of the public pools", append(at(st.public[:]), makers)},
		panicked:     {"the panicking crowd", []chain.Address{crowd}},
		arbitrageurs: {"arbitrageurs", []chain.Address{arbitrage}},
		admitted:     {"the admitted arbitrageur (mesh)", []chain.Address{insider}},
		everyoneElse: {"the rest of the market", []chain.Address{outside}},
	}
}

// wealth is what each group holds of each token.
type wealth [][assets]uint256.Int

func (st *stage) count() wealth {
	groups := st.groups()
	w := make(wealth, len(groups))
	for i, g := range groups {
		for a, token := range st.tokens {
			for _, account := range g.accounts {
				balance := token.Balance(account)
				w[i][a].Add(&w[i][a], &balance)
			}
		}
	}
	return w
}

// results values what each group has more than before at the outside prices of
// now, to the last unit of 1e-26, so that they sum to exactly zero.
func (st *stage) results(before wealth) []Party {
	after := st.count()
	parties := make([]Party, len(after))
	for i, g := range st.groups() {
		parties[i].Name = g.name
		for a := range st.tokens {
			change := units(after[i][a]).Sub(units(before[i][a]))
			parties[i].Result = parties[i].Result.Add(change.Mul(st.worth[a].Decimal()))
		}
	}
	return parties
}

// conserved compares what all accounts hold with what was minted at the start.
func (st *stage) conserved() []Tokens {
	after := st.count()
	tokens := make([]Tokens, len(st.tokens))
	for a := range st.tokens {
		var sum uint256.Int
		for i := range after {
			sum.Add(&sum, &after[i][a])
		}
		off := decimal.NewFromBigInt(sum.ToBig(), 0).Sub(decimal.NewFromBigInt(st.minted[a].ToBig(), 0))
		tokens[a] = Tokens{Token: asset(a).String(), UnitsOff: off.String()}
	}
	return tokens
}

// profit is the result of those who arbitrage.
func profit(parties []Party) decimal.Decimal {
	return parties[arbitrageurs].Result.Add(parties[admitted].Result)
}
