package market

import (
	"cmp"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/internal/valid"
)

// Stress is a change of the world, by multiples of what it is now. Start from
// [Calm].
type Stress struct {
	SpreadTimes decimal.Decimal `json:"spread_times"` // of bid and ask around the mid, 0 to 1000
	DepthTimes  decimal.Decimal `json:"depth_times"`  // of the book, the touch included, 0 to 1000
	VolumeTimes decimal.Decimal `json:"volume_times"` // of volume and trades, 0 to 1000; trades round down
	SigmaTimes  decimal.Decimal `json:"sigma_times"`  // of volatility, > 0 to 1000
	MakerGone   bool            `json:"mm_gone"`
	AuctionGone bool            `json:"auction_gone"`
}

// Calm changes nothing.
func Calm() Stress {
	return Stress{SpreadTimes: one, DepthTimes: one, VolumeTimes: one, SigmaTimes: one}
}

// PegBreak is what USDC/USDT went through on 12 March 2023 against the 18th: the
// spread 3.7 times as wide (Corwin and Schultz's estimate from minutes, 3.51 to
// 0.955 bps) and an order's impact 20 times as large (Kyle's lambda, 4.13 to
// 0.204 bps per million), which is a twentieth of the depth. Volume is left as
// it is, though it rose, and volatility is taken to move as the spread did. The
// maker goes offline, as makers do.
func PegBreak() Stress {
	return Stress{
		SpreadTimes: decimal.New(37, -1), DepthTimes: hundredths(5), VolumeTimes: one, SigmaTimes: decimal.New(37, -1),
		MakerGone: true,
	}
}

func (st Stress) validate() error {
	times := func(field string, d decimal.Decimal) rule {
		return rule{valid.NotNegative(d) && d.LessThanOrEqual(decimal.New(maxVol, 0)), "Stress." + field, d, "must be 0 to 1000"}
	}
	return check(
		times("SpreadTimes", st.SpreadTimes), times("DepthTimes", st.DepthTimes),
		times("VolumeTimes", st.VolumeTimes), times("SigmaTimes", st.SigmaTimes),
		rule{st.SigmaTimes.IsPositive(), "Stress.SigmaTimes", st.SigmaTimes, "must be > 0"},
	)
}

// Apply returns the snapshot under stress, and leaves s as it is. A spread so wide
// that nothing would be bid is an [ErrInvalid], as is anything malformed.
func (st Stress) Apply(s Snapshot) (Snapshot, error) {
	if err := cmp.Or(s.Validate(), st.validate()); err != nil {
		return Snapshot{}, err
	}
	b := &s.Book // s is a copy
	mid := b.Mid()
	half := b.Ask.Sub(b.Bid).Mul(st.SpreadTimes).Mul(decimal.New(5, -1))
	if half.GreaterThanOrEqual(mid) {
		return Snapshot{}, invalid("Stress.SpreadTimes", st.SpreadTimes, fmt.Sprintf("must leave a bid at a mid of %s", mid))
	}
	b.Bid, b.Ask = mid.Sub(half).Round(places), mid.Add(half).Round(places)
	for _, size := range []*decimal.Decimal{&b.BidSize, &b.AskSize, &b.Depth} {
		*size = size.Mul(st.DepthTimes).Truncate(places)
	}
	b.Volume = b.Volume.Mul(st.VolumeTimes).Truncate(places)
	b.Trades = int(whole(b.Trades).Mul(st.VolumeTimes).IntPart())
	now := s.Conditions.SigmaTimes
	if now.IsZero() {
		now = one
	}
	s.Conditions.SigmaTimes = now.Mul(st.SigmaTimes).Truncate(places)
	if st.MakerGone && s.Maker != nil {
		offline := *s.Maker
		offline.Online = false
		s.Maker = &offline
	}
	if st.AuctionGone {
		s.Auction = nil
	}
	return s, s.Validate()
}
