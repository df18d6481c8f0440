package translator

import (
	"context"
	"iter"
	"time"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// Ports is everything that a Service touches.
type Ports struct {
	Store       evenkeel.Store
	Inbox       evenkeel.Inbox
	Instruments Instruments
	// Publisher tells people of what changed, instrument by instrument in the order
	// of the journal; nil tells nobody.
	Publisher risk.Publisher
	// Forget drops what is kept of answered requests, a part of it at a time; nil
	// where another service does so.
	Forget func(ctx context.Context, before time.Time) (more bool, err error)
}

// Instruments keeps what others tell. *sql.Instruments does.
type Instruments interface {
	Put(ctx context.Context, instruments []sql.Instrument) error
	Instrument(ctx context.Context, isin market.ISIN) (sql.Instrument, error)
	ISINs(ctx context.Context, after market.ISIN, limit int) ([]market.ISIN, error)
	Report(ctx context.Context, source string, sales []sql.Sale) error
	Sales(ctx context.Context, isin market.ISIN) iter.Seq2[risk.Outcome, error]
}

// PortsOf returns the ports that are kept in db.
func PortsOf(db *sql.DB, publisher risk.Publisher) Ports {
	return Ports{
		Store: db.Store(), Inbox: db.Inbox(), Instruments: db.Instruments(),
		Publisher: publisher, Forget: db.Requests().Forget,
	}
}

// silence is a publisher that tells nobody.
type silence struct{}

// Publish implements risk.Publisher.
func (silence) Publish(context.Context, evenkeel.Stamp, risk.Decision) error { return nil }

// feed is a risk.Feed of what others told.
type feed struct{ told Instruments }

// unknown is who says what nobody said.
const unknown = "nobody"

func evidenceOf(bond *sql.Known[market.Bond]) risk.Evidence {
	return risk.Evidence{Source: bond.Source, At: bond.At}
}

// Inputs implements risk.Feed.
func (f feed) Inputs(ctx context.Context, isin market.ISIN, now time.Time) (risk.Inputs, error) {
	one, err := f.told.Instrument(ctx, isin)
	if err != nil {
		return risk.Inputs{}, err
	}
	if one.Book == nil {
		return risk.Inputs{}, ErrNoBook
	}
	in := risk.Inputs{
		Snapshot: market.Snapshot{Now: now, Book: one.Book.Is},
		Sources:  risk.Sources{Book: one.Book.Source, Bond: risk.Evidence{Source: unknown, At: one.Book.At}},
	}
	if k := one.Auction; k != nil {
		in.Snapshot.Auction, in.Sources.Auction = &k.Is, k.Source
	}
	if k := one.Maker; k != nil {
		in.Snapshot.Maker, in.Sources.Maker = &k.Is, k.Source
	}
	if k := one.Bond; k != nil {
		in.Snapshot.Bond, in.Sources.Bond = k.Is, evidenceOf(k)
	}
	if k := one.Facts; k != nil {
		in.Facts = k.Is
	}
	return in, nil
}
