package rest

import (
	"context"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

func (s *server) portfolios(g *api.Group) {
	api.Add(g, "portfolio", api.Doc{
		Summary: "What it takes to leave several instruments at once",
		Detail: "Their own books, and what they share: makers and auctions. detail=summary (the usual) is for everybody, full not for retail. " +
			"maker_per_day and auction_per_day are what makers and auctions take in a day over all instruments; without them, as much as of the one of which they take most.",
	}, s.portfolio)
}

// Portfolio is what somebody may see of a portfolio.
type Portfolio risk.PortfolioBody

// Schema implements huma.SchemaProvider, as [Translation] does.
func (Portfolio) Schema(r huma.Registry) *huma.Schema {
	r.RegisterTypeAlias(reflect.TypeFor[risk.Number](), reflect.TypeFor[Number]())
	return huma.SchemaFromType(r, reflect.TypeFor[risk.PortfolioBody]())
}

// Holding is how much somebody holds of an instrument.
type Holding struct {
	ISIN string `json:"isin" maxLength:"64" example:"INE094A08176"`
	Size Number `json:"trade_size" doc:"Face value, > 0." example:"100000"`
}

// usualDays is the time within which somebody wants to leave who does not say.
const usualDays = 30

type portfolioIn struct {
	Asked
	Detail string `query:"detail" doc:"summary or full."`
	Body   struct {
		Holdings      []Holding `json:"holdings" nullable:"false" doc:"1 to 100, one for each instrument."`
		Days          *int      `json:"horizon_days,omitempty" doc:"Within which, 1 to 250; 30 without it."`
		MakerPerDay   *Number   `json:"maker_per_day,omitempty" doc:"Face value, >= 0."`
		AuctionPerDay *Number   `json:"auction_per_day,omitempty" doc:"Face value, >= 0."`
	}
}

func (s *server) portfolio(ctx context.Context, caller access.Caller, in *portfolioIn) (*api.Reply[Portfolio], error) {
	detail, err := detailOf(in.Detail)
	if err != nil {
		return nil, err
	}
	held, err := s.holdings(in.Body.Holdings)
	if err != nil {
		return nil, err
	}
	how, err := in.leaving()
	if err != nil {
		return nil, err
	}
	who := role(caller)
	if _, err := risk.View(risk.Translation{}, who, detail); err != nil {
		return nil, err // before anything is done for whoever may not see it
	}
	p, err := s.service.Leave(ctx, held, how)
	if err != nil {
		return nil, refused(err)
	}
	if detail != risk.Short {
		names := make([]string, len(held))
		for i, h := range held {
			names[i] = string(h.ISIN)
		}
		if err := s.record(ctx, caller, "read portfolio", strings.Join(names, " "), in.Asked); err != nil {
			return nil, err
		}
	}
	body, err := risk.ViewPortfolio(p, who, detail)
	body.Timestamp = s.service.Now()
	return &api.Reply[Portfolio]{Body: Portfolio(body)}, err
}

// holdings reads what somebody holds.
func (s *server) holdings(said []Holding) ([]translator.Holding, error) {
	if err := several("body.holdings", len(said)); err != nil {
		return nil, err
	}
	seen := map[market.ISIN]bool{}
	held := make([]translator.Holding, len(said))
	for i, h := range said {
		field := fmt.Sprintf("body.holdings[%d]", i)
		isin, err := s.isin(field+".isin", h.ISIN)
		size := decimal.Decimal(h.Size)
		switch {
		case err != nil:
			return nil, err
		case seen[isin]:
			return nil, malformed(field+".isin", h.ISIN, "must be there once")
		case !size.IsPositive():
			return nil, malformed(field+".trade_size", size.String(), "must be > 0")
		}
		seen[isin] = true
		held[i] = translator.Holding{ISIN: isin, Size: size}
	}
	return held, nil
}

// leaving reads how somebody wants to leave.
func (in *portfolioIn) leaving() (risk.Leaving, error) {
	how := risk.Leaving{Days: usualDays}
	if d := in.Body.Days; d != nil {
		how.Days = *d
		if *d < 1 || *d > risk.MaxLeavingDays {
			return how, malformed("body.horizon_days", fmt.Sprint(*d), "must be 1 to 250")
		}
	}
	for _, limit := range []struct {
		field string
		said  *Number
		to    *decimal.NullDecimal
	}{{"body.maker_per_day", in.Body.MakerPerDay, &how.MakerPerDay}, {"body.auction_per_day", in.Body.AuctionPerDay, &how.AuctionPerDay}} {
		if limit.said == nil {
			continue
		}
		*limit.to = decimal.NewNullDecimal(decimal.Decimal(*limit.said))
		if limit.to.Decimal.IsNegative() {
			return how, malformed(limit.field, limit.to.Decimal.String(), "must be >= 0")
		}
	}
	return how, nil
}
