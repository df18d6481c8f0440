package rest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// told declares how others tell what they know.
func (s *server) told(g *api.Group) {
	const all = "All of a request is kept or none. The source is whoever pushes: a feed of that name must be configured. What is older than what is known is refused."
	api.Add(g, "pushMicrostructure", api.Doc{Summary: "Tell what book and tape say", Detail: all}, push(s, microstructure))
	api.Add(g, "pushAuctions", api.Doc{Summary: "Tell what is known of auctions", Detail: all}, push(s, auction))
	api.Add(g, "pushMakers", api.Doc{Summary: "Tell how market makers stand", Detail: all}, push(s, maker))
	api.Add(g, "pushBonds", api.Doc{Summary: "Tell what instruments are", Detail: all}, push(s, bond))
	api.Add(g, "pushRisks", api.Doc{Summary: "Tell what is known of risks", Detail: all + " A push takes the place of all that was known of an instrument's risks."}, push(s, risks))
	api.Add(g, "pushOutcomes", api.Doc{Summary: "Tell what became of sales", Detail: "All of a request is kept or none. Each sale counts once, by its id."}, s.outcomes)
}

// Batch is what somebody tells of several instruments.
type Batch[T any] struct {
	Items []T `json:"items" required:"false" nullable:"false" doc:"1 to 100, one for each instrument. Must be there."`
}

type pushIn[T any] struct{ Body Batch[T] }

// Told says that all of it was kept.
type Told struct {
	Stamp
	Source string `json:"source"`
	Kept   int    `json:"kept"`
}

// push returns the operation that keeps what part makes of each item.
func push[T any](s *server, part func(source string, at Place, item T) (sql.Instrument, error)) func(context.Context, access.Caller, *pushIn[T]) (*api.Reply[Told], error) {
	return func(ctx context.Context, caller access.Caller, in *pushIn[T]) (*api.Reply[Told], error) {
		items := in.Body.Items
		if err := s.source(caller, len(items)); err != nil {
			return nil, err
		}
		instruments := make([]sql.Instrument, len(items))
		seen := map[market.ISIN]int{}
		for i, item := range items {
			at := Place{s, fmt.Sprintf("body.items[%d]", i)}
			one, err := part(caller.Name, at, item)
			if err != nil {
				return nil, err
			}
			if first, again := seen[one.ISIN]; again {
				return nil, malformed(at.field+".isin", string(one.ISIN), fmt.Sprintf("must be there once, and is in items[%d] too", first))
			}
			seen[one.ISIN] = i
			instruments[i] = one
		}
		if err := s.service.Put(ctx, instruments); err != nil {
			return nil, refused(err)
		}
		return &api.Reply[Told]{Body: Told{s.stamp(), caller.Name, len(items)}}, nil
	}
}

// source refuses whoever is no feed, and more or less than one may tell at once.
func (s *server) source(caller access.Caller, items int) error {
	for _, f := range s.service.Config().Feeds {
		if f.Push && f.Name == caller.Name {
			return several("body.items", items)
		}
	}
	return api.Fail(http.StatusForbidden, api.Forbidden, "%s: must be the name of a feed with push: true", caller.Name)
}

// refused is the 422 for what cannot be true.
func refused(err error) error {
	if translator.Malformed(err) && !errors.Is(err, market.ErrCrossed) {
		return api.Fail(http.StatusUnprocessableEntity, api.Invalid, "%v", err)
	}
	return err
}

// Place is where in a request something is.
type Place struct {
	server *server
	field  string
}

func (p Place) isin(text string) (market.ISIN, error) {
	return p.server.isin(p.field+".isin", text)
}

// faceValue is a face value, and where it is in an item.
type faceValue struct {
	field string
	is    Number
}

// sizes refuses face values below 0.
func (p Place) sizes(all ...faceValue) error {
	for _, size := range all {
		if d := decimal.Decimal(size.is); d.IsNegative() {
			return malformed(p.field+"."+size.field, d.String(), "must be >= 0")
		}
	}
	return nil
}

// micros is a time as it is kept.
func micros(t api.Time) time.Time { return time.Time(t).UTC().Truncate(time.Microsecond) }

// Microstructure is what book and tape say of an instrument.
type Microstructure struct {
	At           api.Time `json:"timestamp" doc:"When it was so."`
	ISIN         string   `json:"isin" maxLength:"64"`
	Bid          Number   `json:"bid" doc:"> 0, in per cent of face value."`
	Ask          Number   `json:"ask" doc:"At least bid."`
	BidSize      Number   `json:"bid_size" doc:"Face value at the touch, >= 0."`
	AskSize      Number   `json:"ask_size" doc:"Face value at the touch, >= 0."`
	Depth        Number   `json:"l2_depth_qty" doc:"Face value that is visible on both sides, >= 0."`
	Levels       int      `json:"l2_levels" minimum:"0" doc:"That depth is spread over."`
	Trades       int      `json:"trades_count" minimum:"0" doc:"Within the window."`
	VWAP         Number   `json:"vwap" doc:"Within the window; 0 is none."`
	Volume       Number   `json:"volume_face" doc:"Traded within the window, >= 0."`
	LastTradeAge uint32   `json:"time_since_last_trade_s" doc:"Seconds before timestamp."`
	Window       uint32   `json:"window_s,omitempty" doc:"Seconds that trades, vwap and volume cover; a day, doubted, if it is not said."`
}

func microstructure(source string, at Place, m Microstructure) (sql.Instrument, error) {
	isin, err := at.isin(m.ISIN)
	if err == nil {
		err = at.sizes(faceValue{"bid_size", m.BidSize}, faceValue{"ask_size", m.AskSize}, faceValue{"l2_depth_qty", m.Depth}, faceValue{"volume_face", m.Volume})
	}
	is := market.Microstructure{
		At: micros(m.At), ISIN: isin, Bid: decimal.Decimal(m.Bid), Ask: decimal.Decimal(m.Ask),
		BidSize: decimal.Decimal(m.BidSize), AskSize: decimal.Decimal(m.AskSize), Depth: decimal.Decimal(m.Depth),
		Levels: m.Levels, Trades: m.Trades, VWAP: decimal.Decimal(m.VWAP), Volume: decimal.Decimal(m.Volume),
		LastTradeAge: time.Duration(m.LastTradeAge) * time.Second, Window: time.Duration(m.Window) * time.Second,
	}
	return sql.Instrument{ISIN: isin, Book: &sql.Known[market.Microstructure]{Source: source, At: is.At, Is: is}}, err
}

// Auction is what is known of the next auction of an instrument.
type Auction struct {
	At         api.Time    `json:"timestamp" doc:"When it was so."`
	ISIN       string      `json:"isin" maxLength:"64"`
	ID         string      `json:"auction_id" minLength:"1" maxLength:"256"`
	Lots       int         `json:"lots_offered" minimum:"0"`
	Bids       int         `json:"bids_count" minimum:"0"`
	Demand     [][2]Number `json:"demand_curve_points" nullable:"false" maxItems:"1000" doc:"Price, and what bidders would take at it on top of the other points."`
	Clearing   Number      `json:"clearing_price_estimate" doc:"> 0."`
	NextWindow api.Time    `json:"next_window"`
}

func auction(source string, at Place, a Auction) (sql.Instrument, error) {
	isin, err := at.isin(a.ISIN)
	is := market.Auction{
		At: micros(a.At), ISIN: isin, ID: a.ID, Lots: a.Lots, Bids: a.Bids, Clearing: decimal.Decimal(a.Clearing), NextWindow: micros(a.NextWindow),
	}
	for i, p := range a.Demand {
		if err == nil {
			err = at.sizes(faceValue{fmt.Sprintf("demand_curve_points[%d]", i), p[1]})
		}
		is.Demand = append(is.Demand, market.DemandPoint{Price: decimal.Decimal(p[0]), Size: decimal.Decimal(p[1])})
	}
	return sql.Instrument{ISIN: isin, Auction: &sql.Known[market.Auction]{Source: source, At: is.At, Is: is}}, err
}

// Maker is how an instrument's market maker stands.
type Maker struct {
	At              api.Time  `json:"timestamp" doc:"When it was so."`
	ISIN            string    `json:"isin" maxLength:"64"`
	Online          bool      `json:"mm_online"`
	Inventory       [3]Number `json:"mm_inventory_band" doc:"Low, target and high, in face value, rising."`
	MinSpread       Number    `json:"mm_min_spread_bps"`
	LastQuoteSpread Number    `json:"last_quote_spread_bps"`
	Quotes          int       `json:"quotes_last_24h" minimum:"0"`
}

func maker(source string, at Place, m Maker) (sql.Instrument, error) {
	isin, err := at.isin(m.ISIN)
	for i, edge := range m.Inventory {
		if err == nil {
			err = at.sizes(faceValue{fmt.Sprintf("mm_inventory_band[%d]", i), edge})
		}
	}
	is := market.Maker{
		At: micros(m.At), ISIN: isin, Online: m.Online, MinSpreadBps: decimal.Decimal(m.MinSpread), LastQuoteSpreadBps: decimal.Decimal(m.LastQuoteSpread), Quotes24h: m.Quotes,
		Inventory: market.Inventory{Low: decimal.Decimal(m.Inventory[0]), Target: decimal.Decimal(m.Inventory[1]), High: decimal.Decimal(m.Inventory[2])},
	}
	return sql.Instrument{ISIN: isin, Maker: &sql.Known[market.Maker]{Source: source, At: is.At, Is: is}}, err
}

// Bond is what an instrument is. What is left out is not known.
type Bond struct {
	At        api.Time `json:"timestamp" doc:"When it was so."`
	ISIN      string   `json:"isin" maxLength:"64"`
	Rating    string   `json:"rating,omitempty" maxLength:"256"`
	Tenor     string   `json:"tenor,omitempty" maxLength:"256" doc:"Bucket, as the exit policy names it."`
	Class     string   `json:"issuer_class,omitempty" maxLength:"256" doc:"As the exit policy names it."`
	Coupon    *Number  `json:"coupon_rate,omitempty" doc:"Per cent per year."`
	Maturity  string   `json:"maturity_date,omitempty" format:"date" example:"2031-06-30"`
	IssueSize *Number  `json:"issue_size,omitempty" doc:"Face value."`
}

func bond(source string, at Place, b Bond) (sql.Instrument, error) {
	isin, err := at.isin(b.ISIN)
	if err != nil {
		return sql.Instrument{}, err
	}
	if err := at.sizes(faceValue{"issue_size", Number(or(b.IssueSize))}); err != nil {
		return sql.Instrument{}, err
	}
	is := market.Bond{Rating: b.Rating, Tenor: b.Tenor, IssuerClass: b.Class, CouponPct: or(b.Coupon), IssueSize: or(b.IssueSize)}
	if b.Maturity != "" {
		if is.Maturity, err = time.Parse(time.DateOnly, b.Maturity); err != nil {
			return sql.Instrument{}, malformed(at.field+".maturity_date", b.Maturity, "must be a date such as 2031-06-30")
		}
	}
	return sql.Instrument{ISIN: isin, Bond: &sql.Known[market.Bond]{Source: source, At: micros(b.At), Is: is}}, nil
}

// Sale is what became of a sale.
type Sale struct {
	ID               string   `json:"id" minLength:"1" maxLength:"200" doc:"Of the sale: it counts once."`
	ISIN             string   `json:"isin" maxLength:"64"`
	At               api.Time `json:"as_of" doc:"Of the translation that it followed."`
	Path             string   `json:"path" enum:"market_maker,auction,rfq_batch,tokenized_p2p" doc:"That was taken."`
	Advised          string   `json:"advised,omitempty" enum:"market_maker,auction,rfq_batch,tokenized_p2p" doc:"That came first; nothing if there was none."`
	Size             Number   `json:"trade_size" doc:"Face value, > 0."`
	PredictedFill    Number   `json:"fill_probability" doc:"That the translation gave for the path, 0 to 1."`
	PredictedMinutes Number   `json:"expected_time_to_exit_minutes" doc:"That the translation gave for the path, > 0."`
	Filled           bool     `json:"filled"`
	Minutes          Number   `json:"minutes" doc:"Until it was filled, or given up, > 0."`
}

// clockSkew is how far ahead of ours a clock may be, as it is for books, auctions
// and makers.
const clockSkew = 5 * time.Second

func (s *server) outcomes(ctx context.Context, caller access.Caller, in *pushIn[Sale]) (*api.Reply[Told], error) {
	items := in.Body.Items
	if err := s.source(caller, len(items)); err != nil {
		return nil, err
	}
	now := s.service.Now()
	sales := make([]sql.Sale, len(items))
	for i, o := range items {
		at := Place{s, fmt.Sprintf("body.items[%d]", i)}
		isin, err := at.isin(o.ISIN)
		if err != nil {
			return nil, err
		}
		if size := decimal.Decimal(o.Size); !size.IsPositive() {
			return nil, malformed(at.field+".trade_size", size.String(), "must be > 0")
		}
		if time.Time(o.At).After(now.Add(clockSkew)) {
			rule := fmt.Sprintf("must be at most %v after the server's clock, which says %s", clockSkew, now.Format(time.RFC3339Nano))
			return nil, impossible(at.field+".as_of", time.Time(o.At).Format(time.RFC3339Nano), rule)
		}
		sales[i] = sql.Sale{ISIN: isin, Outcome: risk.Outcome{ID: o.ID, Advised: market.Path(o.Advised), Outcome: market.Outcome{
			At: micros(o.At), Path: market.Path(o.Path), Size: decimal.Decimal(o.Size),
			PredictedFill: decimal.Decimal(o.PredictedFill), PredictedMinutes: decimal.Decimal(o.PredictedMinutes),
			Filled: o.Filled, Minutes: decimal.Decimal(o.Minutes),
		}}}
	}
	switch err := s.service.Report(ctx, caller.Name, sales); {
	case errors.Is(err, evenkeel.ErrConflict):
		return nil, api.Fail(http.StatusConflict, CodeReported, "%v", err)
	case err != nil:
		return nil, refused(err)
	}
	return &api.Reply[Told]{Body: Told{s.stamp(), caller.Name, len(items)}}, nil
}
