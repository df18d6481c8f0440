package sample

import (
	"bytes"
	_ "embed"
	"encoding/csv"
	"fmt"
	"math/rand/v2"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

//go:embed nse_bond_trades_day.csv
var day []byte

// Bonds is the sample. One goroutine may read at a time.
type Bonds struct {
	bonds []bond
	told  time.Time // all of them
	moves uint64
	moved time.Time // last
}

// New returns the sample, of which nothing was told yet.
func New() *Bonds { return &Bonds{} }

// How often all bonds are told again, so that they do not get old, and how many of
// those that people watch move at each reading. Each move is written down for ever:
// a server that is left alone with the sample must not fill the disk, so after 10,000
// moves bonds move once a minute only.
const (
	tellEvery = time.Hour
	maxMoves  = 3
	restless  = 10_000
	rest      = time.Minute
)

// Again implements translator.Source.
func (b *Bonds) Again() { b.told = time.Time{} }

// Read returns all bonds the first time and each hour, and otherwise those that have
// moved: a few of those that somebody watches.
func (b *Bonds) Read(now time.Time, watched []market.ISIN) ([]sql.Instrument, []string, error) {
	if b.bonds == nil {
		bonds, err := read()
		if err != nil {
			return nil, nil, err
		}
		b.bonds = bonds
	}
	var told []sql.Instrument
	if b.told.IsZero() || now.Sub(b.told) >= tellEvery {
		b.told = now
		for i := range b.bonds {
			told = append(told, b.bonds[i].instrument(now))
		}
		return told, nil, nil
	}
	if b.moves > restless && now.Sub(b.moved) < rest {
		return nil, nil, nil
	}
	draw := rand.New(rand.NewPCG(b.moves, 0)) //nolint:gosec // it moves made up prices
	draw.Shuffle(len(watched), func(i, j int) { watched[i], watched[j] = watched[j], watched[i] })
	for _, isin := range watched {
		for i := range b.bonds {
			if one := &b.bonds[i]; one.isin == isin && len(told) < maxMoves {
				one.move(draw)
				b.moves++
				b.moved = now
				told = append(told, sql.Instrument{ISIN: isin, Book: one.book(now)})
			}
		}
	}
	return told, nil, nil
}

// read returns the bonds of the day, with what is modelled of each.
func read() ([]bond, error) {
	rows, err := csv.NewReader(bytes.NewReader(day)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("sample: %w", err)
	}
	bonds := make([]bond, 0, len(rows)-1)
	for i, row := range rows[1:] {
		b := bond{isin: market.ISIN(row[0])}
		lakh := decimal.Decimal{}
		for _, n := range []struct {
			text string
			to   *decimal.Decimal
		}{{row[1], &b.vwap}, {row[2], &b.last}, {row[3], &b.yieldPct}, {row[4], &lakh}} {
			if *n.to, err = decimal.NewFromString(n.text); err != nil {
				return nil, fmt.Errorf("sample: line %d: %w", i+2, err)
			}
		}
		b.value = lakh.Mul(decimal.New(100, 3))
		if b.trades, err = strconv.Atoi(row[5]); err != nil {
			return nil, fmt.Errorf("sample: line %d: %w", i+2, err)
		}
		b.imagine()
		bonds = append(bonds, b)
	}
	return bonds, nil
}

// Trade is what was reported of a bond.
type Trade struct {
	ISIN           market.ISIN
	Last, YieldPct decimal.Decimal // per cent
	Value          decimal.Decimal // in rupees
	Trades         int
}

// Day returns what was reported of all bonds, the largest value first.
func Day() ([]Trade, error) {
	bonds, err := read()
	if err != nil {
		return nil, err
	}
	trades := make([]Trade, len(bonds))
	for i, b := range bonds {
		trades[i] = Trade{b.isin, b.last, b.yieldPct, b.value, b.trades}
	}
	return trades, nil
}
