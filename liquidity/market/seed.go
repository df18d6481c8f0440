package market

import (
	"cmp"
	"crypto/sha256"
	"time"

	"github.com/shopspring/decimal"
)

// SeedModel is the index of the liquidity-risk translator as it was written down
// and built:
//
//	spread    0.30   max(0, 100 - 2 spread in bps)
//	depth     0.25   min(100, 1000 depth/volume)
//	turnover  0.25   max(0, 100 - hours since the last trade)
//	volume    0.20   min(100, 20 volume/1,000,000)
//
// plus points for an auction and for a maker, and the sum cut to 0 to 100. It
// takes no notice of the size of a sale, and trading less raises its depth:
// [CalibratedModel] is what to decide by. Without volume there is no index: the
// neutral 50 that the translator gives is kept as Value, and Level says
// Insufficient. Exact to 18 decimals. The zero SeedModel is ready to use, and
// safe for concurrent use.
type SeedModel struct{}

var _ IndexModel = SeedModel{}

// seedIdentity changes with any number below.
const seedIdentity = "market-seed@1"

// Identity is [IndexModel.Identity]; there is nothing to configure.
func (SeedModel) Identity() (engine string, config [32]byte) {
	return seedIdentity, sha256.Sum256([]byte("{}"))
}

// Index is [IndexModel.Index].
func (SeedModel) Index(s Snapshot, size decimal.Decimal) (Index, error) {
	if err := cmp.Or(s.Validate(), checkSize(size)); err != nil {
		return Index{}, err
	}
	index := Index{Value: decimal.New(50, 0), Level: Insufficient, Confidence: seedConfidence(s)}
	if s.Book.Volume.IsZero() {
		index.Missing = []string{"volume_face"}
		return index, nil
	}
	index.Components = seedComponents(s)
	var sum decimal.Decimal
	for _, c := range index.Components {
		sum = sum.Add(c.Score.Mul(c.Weight))
	}
	index.Value = clip(sum, decimal.Decimal{}, hundred)
	index.Level = LevelOf(index.Value)
	return index, nil
}

func seedComponents(s Snapshot) []Component {
	b := s.Book
	age := decimal.New(int64(b.LastTradeAge), 0).DivRound(hour, places)
	components := []Component{
		{Spread, decimal.Max(decimal.Decimal{}, hundred.Sub(b.SpreadBps().Mul(two))), hundredths(30)},
		{Depth, depthPerVolume(b, b.Volume), hundredths(25)},
		{Turnover, decimal.Max(decimal.Decimal{}, hundred.Sub(age)), hundredths(25)},
		{Volume, decimal.Min(hundred, decimal.New(20, 0).Mul(b.Volume).DivRound(million, places)), hundredths(20)},
	}
	if s.Auction != nil {
		components = append(components, Component{AuctionAdjustment, auctionPoints(*s.Auction), one})
	}
	if s.Maker != nil {
		components = append(components, Component{MakerAdjustment, makerPoints(*s.Maker), one})
	}
	return components
}

func depthPerVolume(b Microstructure, volume decimal.Decimal) decimal.Decimal {
	return decimal.Min(hundred, decimal.New(1000, 0).Mul(b.Depth).DivRound(volume, places))
}

// auctionPoints are at most 20 for bids and 10 either way for the slope of
// demand. The slope depends on the unit of size, which is the seed's doing.
func auctionPoints(a Auction) decimal.Decimal {
	points := decimal.Min(decimal.New(20, 0), whole(2*a.Bids))
	if slope, ok := a.slope(); ok {
		ten := decimal.New(10, 0)
		points = points.Add(clip(slope.Mul(hundred), ten.Neg(), ten))
	}
	return points
}

// makerPoints are -30 offline, else at most 15 either way for the spread and 10
// for quotes.
func makerPoints(m Maker) decimal.Decimal {
	if !m.Online {
		return decimal.New(-30, 0)
	}
	fifteen := decimal.New(15, 0)
	tight := decimal.New(50, 0).Sub(m.LastQuoteSpreadBps).Mul(decimal.New(5, -1))
	quotes := decimal.Min(decimal.New(10, 0), decimal.New(int64(m.Quotes24h), -1))
	return clip(tight, fifteen.Neg(), fifteen).Add(quotes)
}

func seedConfidence(s Snapshot) decimal.Decimal {
	tenths := int64(8)
	if s.Book.LastTradeAge > time.Hour {
		tenths -= 2
	}
	for _, more := range []bool{s.Auction != nil, s.Maker != nil, s.Book.SpreadBps().LessThan(decimal.New(50, 0))} {
		if more {
			tenths++
		}
	}
	return decimal.Min(one, decimal.New(tenths, -1))
}

// seedDepthScore is depth beside the index, with points for levels, 0 to 100.
func seedDepthScore(b Microstructure) decimal.Decimal {
	levels := decimal.Min(decimal.New(20, 0), whole(2*b.Levels))
	return decimal.Min(hundred, depthPerVolume(b, decimal.Max(b.Volume, one)).Add(levels))
}
