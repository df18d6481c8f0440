package market

import (
	"time"

	"github.com/shopspring/decimal"
)

// Profile is how liquid an instrument is, for a sale of a size.
type Profile struct {
	ISIN      ISIN            `json:"isin"`
	At        time.Time       `json:"as_of"`
	Size      decimal.Decimal `json:"size"`
	Mid       decimal.Decimal `json:"mid_price"`
	SpreadBps decimal.Decimal `json:"spread_bps"`
	Index     Index           `json:"liquidity_index"`
	Freshness Freshness       `json:"data_freshness"`
	// DepthScore is the translator's, 0 to 100: visible depth to volume, with points
	// for levels.
	DepthScore decimal.Decimal `json:"depth_score"`
	// TurnoverRank is where the turnover stands among its peers.
	TurnoverRank Rank `json:"turnover_rank"`
	// Minutes are those of [MinutesToExit], path by path.
	Minutes []PathMinutes `json:"time_to_exit"`
	// VolumeMinutes is the time that a maker would take for all of the traded
	// volume on an ordinary day, which is how the translator compares instruments. Not
	// valid if the index is [Insufficient].
	VolumeMinutes decimal.NullDecimal `json:"volume_time_to_exit_minutes"`
	Doubts        []Doubt             `json:"doubts"`
}

// PathMinutes is the time to exit by a path.
type PathMinutes struct {
	Path    Path                `json:"path"`
	Minutes decimal.NullDecimal `json:"minutes"` // not valid if the index is [Insufficient]
}

// Rank is a place among peers.
type Rank struct {
	Percentile decimal.NullDecimal `json:"percentile"` // 0 to 100, not valid without peers
	N          int                 `json:"n"`          // peers
}

// RankOf returns where value stands among peers: the percentage that is below
// it, with half of those that equal it, to 4 decimals.
func RankOf(value decimal.Decimal, peers []decimal.Decimal) Rank {
	if len(peers) == 0 {
		return Rank{}
	}
	halves := 0
	for _, p := range peers {
		halves += 1 + value.Cmp(p)
	}
	const percentilePlaces = 4
	percentile := whole(halves*50).DivRound(whole(len(peers)), percentilePlaces)
	return Rank{decimal.NewNullDecimal(percentile), len(peers)}
}

// NewProfile returns the profile of a snapshot for a sale of size. turnovers are
// those of peers, or the instrument's own of earlier days: volume by issue size.
// Malformed input is an [ErrInvalid].
func NewProfile(model IndexModel, s Snapshot, size decimal.Decimal, turnovers []decimal.Decimal) (Profile, error) {
	index, err := model.Index(s, size)
	if err != nil {
		return Profile{}, err
	}
	p := Profile{
		ISIN: s.Book.ISIN, At: s.Now, Size: size,
		Mid: s.Book.Mid(), SpreadBps: s.Book.SpreadBps(),
		Index: index, Freshness: FreshnessOf(s.Now.Sub(s.Book.At)),
		DepthScore:    seedDepthScore(s.Book),
		VolumeMinutes: index.minutes(ByMaker, s.Book.Volume, Conditions{}),
		Doubts:        s.doubts(),
	}
	if s.Bond.IssueSize.IsPositive() {
		p.TurnoverRank = RankOf(s.Book.Volume.DivRound(s.Bond.IssueSize, places), turnovers)
	}
	for _, path := range Paths() {
		p.Minutes = append(p.Minutes, PathMinutes{path, index.minutes(path, size, s.Conditions)})
	}
	return p, nil
}

// minutes is [MinutesToExit] where there is an index to tell it by.
func (i Index) minutes(path Path, size decimal.Decimal, c Conditions) decimal.NullDecimal {
	if i.Level == Insufficient {
		return decimal.NullDecimal{}
	}
	return decimal.NewNullDecimal(MinutesToExit(i.Value, path, size, c))
}
