package venue

import (
	"crypto/sha256"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/exchange"
)

// The orders of a sample: as many as the ALP server's test exchange had, with
// ids and amounts from the same ranges.
const (
	samples      = 10
	sampleIDs    = 260
	sampleAmount = 250
)

// offsetsBps is how far from the peg the orders of a sample stand: on it, within
// the usual ranks, at their edge, and where only the widest rank follows.
var offsetsBps = []int64{0, 20, 100, 105, 106, 300, 1000, 5000, 9000}

// Sample returns orders that nobody placed, around the peg: the same ones for a
// user throughout the minute of now. Asks and bids alternate; the last order is
// one of the others again, so that the round has a duplicate to find.
func Sample(user string, pair exchange.Pair, peg decimal.Decimal, now time.Time) []exchange.Order {
	minute := now.Truncate(time.Minute)
	sum := sha256.Sum256([]byte(user + "\n" + pair.String()))
	draw := rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:]), uint64(minute.Unix())))
	ids := draw.Perm(sampleIDs)
	orders := make([]exchange.Order, samples)
	for i := range orders[:samples-1] {
		o := exchange.Order{
			ID: strconv.Itoa(ids[i]), Pair: pair, Side: exchange.Bid, Status: exchange.Open, PlacedAt: minute.UTC(),
			Amount: decimal.NewFromInt(1 + draw.Int64N(sampleAmount)),
		}
		away := peg.Mul(decimal.New(offsetsBps[draw.IntN(len(offsetsBps))], -4))
		if i%2 == 1 {
			o.Side, away = exchange.Ask, away.Neg()
		}
		o.Price = peg.Sub(away).Truncate(18)
		orders[i] = o
	}
	orders[samples-1] = orders[2*draw.IntN(samples/2-1)+1] // an ask, as its place demands
	return orders
}
