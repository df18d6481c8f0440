package market

import "github.com/shopspring/decimal"

// MinutesToExit is the translator's estimate of the time that a sale of size
// takes by path, 1 to 1440 minutes, given an index:
//
//	index        from 80 on 15, from 60 30, from 40 60, from 20 180, below 480
//	path         maker 0, auction 120 (60 while its window is open), RFQ 60, P2P 240
//	size         min(2, size/1,000,000) times 15, or 45 below an index of 60
//	conditions   volatility above 0.3 30, market closed 480, news 60
//
// It jumps where a level begins: at 79.99 it says 30 where at 80 it says 15. A
// [Route] has the time of the route itself. size is >= 0.
func MinutesToExit(index decimal.Decimal, path Path, size decimal.Decimal, c Conditions) decimal.Decimal {
	_, base := band(index)
	total := base.Add(pathMinutes(path, c))
	each := decimal.New(45, 0)
	if index.GreaterThanOrEqual(decimal.New(60, 0)) {
		each = decimal.New(15, 0)
	}
	total = total.Add(decimal.Min(two, size.DivRound(million, places)).Mul(each))
	if c.Volatility.GreaterThan(decimal.New(3, -1)) {
		total = total.Add(decimal.New(30, 0))
	}
	if c.Closed {
		total = total.Add(decimal.New(480, 0))
	}
	if c.News {
		total = total.Add(decimal.New(60, 0))
	}
	return clip(total, one, decimal.New(1440, 0))
}

func pathMinutes(path Path, c Conditions) decimal.Decimal {
	switch path {
	case ByAuction:
		if c.AuctionOpen {
			return decimal.New(60, 0)
		}
		return decimal.New(120, 0)
	case ByRFQ:
		return decimal.New(60, 0)
	case ByP2P:
		return decimal.New(240, 0)
	default:
		return decimal.Decimal{}
	}
}
