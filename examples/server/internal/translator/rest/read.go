package rest

import (
	"context"
	"net/http"
	"reflect"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
)

func (s *server) reads(g *api.Group) {
	api.Add(g, "liquidityRisk", api.Doc{
		Summary: "How risky and how liquid an instrument is, and how to get out of it",
		Detail:  "mode=fast (the usual) shows the newest translation while it is young, accurate one made now, for professionals and risk managers. detail=summary (the usual) is for everybody, full not for retail. trade_size is the face value to be sold.",
	}, s.translation)
	api.Add(g, "liquidityRiskAudit", api.Doc{
		Summary: "The translation that held at a time, and its record",
		Detail:  "as_of is RFC 3339 in UTC; now without it. trade_size asks what would have been said of that sale. With .csv after the ISIN, or Accept: text/csv, it is a table of all records with a number above after until as_of, at most limit of them: if there are more, the header Link says where it goes on (rel=\"next\"). A table is of what was recorded, so trade_size must not be there.",
		Media:   auditMedia,
	}, s.audit)
	api.Add(g, "instruments", api.Doc{Summary: "The instruments of which something is known, by ISIN"}, s.instruments)
	api.Add(g, "liquidityRiskHealth", api.Doc{Summary: "Whether the translator lives; for operators, how"}, s.health)
}

// Translation is what somebody may see of an instrument: a risk.Body that is written
// already, but for the time of the answer.
type Translation struct {
	Timestamp     time.Time
	before, after []byte // the text around it
}

// Schema implements huma.SchemaProvider: package risk knows nothing of documents.
func (Translation) Schema(r huma.Registry) *huma.Schema {
	r.RegisterTypeAlias(reflect.TypeFor[risk.Number](), reflect.TypeFor[Number]())
	return huma.SchemaFromType(r, reflect.TypeFor[risk.Body]())
}

type translationIn struct {
	Asked
	ISIN      string `path:"isin" maxLength:"64"`
	Mode      string `query:"mode" doc:"fast or accurate."`
	Detail    string `query:"detail" doc:"summary or full."`
	TradeSize string `query:"trade_size" doc:"Face value, > 0." example:"100000"`
}

func (s *server) translation(ctx context.Context, caller access.Caller, in *translationIn) (*api.Reply[Translation], error) {
	isin, err := s.isin("path.isin", in.ISIN)
	if err != nil {
		return nil, err
	}
	mode, err := modeOf("query.mode", in.Mode, translator.FastMode)
	if err != nil {
		return nil, err
	}
	detail, err := detailOf(in.Detail)
	if err != nil {
		return nil, err
	}
	amount, err := size(in.TradeSize)
	if err != nil {
		return nil, err
	}
	who := role(caller)
	if p := s.may(caller, who, mode); p != nil {
		return nil, p
	}
	if _, err := risk.View(risk.Translation{}, who, detail); err != nil {
		return nil, err // before anything is done for whoever may not see it
	}
	look, err := s.newest(ctx, isin, mode)
	if err != nil {
		return nil, err
	}
	q := question{record: look.Hash, role: who, detail: detail}
	if !amount.IsZero() {
		q.size = amount.String()
	}
	t, err := s.answers.to(q, func() (risk.Body, error) {
		t, err := s.service.For(look, s.service.Sale(amount))
		if err != nil {
			return risk.Body{}, err
		}
		return risk.View(t, who, detail)
	})
	if err != nil {
		return nil, err
	}
	if detail != risk.Short {
		if err := s.record(ctx, caller, "read full", string(isin), in.Asked); err != nil {
			return nil, err
		}
	}
	t.Timestamp = s.service.Now()
	return &api.Reply[Translation]{Body: t}, nil
}

// may refuses who asks more, or more often, than the role lets him.
func (s *server) may(caller access.Caller, who risk.Role, mode translator.Mode) *api.Problem {
	if mode == translator.AccurateMode {
		if !caller.Is(access.Professional) && !caller.Is(access.RiskManager) {
			return api.Fail(http.StatusForbidden, api.Forbidden, "query.mode %q: must be fast for %s", mode, who)
		}
		return s.limit("accurate", caller, insisting)
	}
	if who == risk.Retail {
		return s.limit("retail", caller, lookingRetail)
	}
	return nil
}

func (s *server) limit(what string, caller access.Caller, l guard.Limit) *api.Problem {
	if wait := s.guard.Allow(what, caller.Name, l, s.service.Now()); wait > 0 {
		return api.Fail(http.StatusTooManyRequests, api.TooMany, "requests: must be fewer in this time").After(wait)
	}
	return nil
}

func (s *server) newest(ctx context.Context, isin market.ISIN, mode translator.Mode) (translator.Look, error) {
	if mode == translator.AccurateMode {
		return s.service.Accurate(ctx, isin)
	}
	return s.service.Fast(ctx, isin)
}

// Instruments is a page of a list.
type Instruments struct {
	Items []market.ISIN `json:"items" nullable:"false" doc:"By ISIN."`
	Next  market.ISIN   `json:"next,omitempty" doc:"Ask for the next page with after=this; not there on the last."`
}

type instrumentsIn struct {
	Limit int    `query:"limit" default:"100" minimum:"1" maximum:"500"`
	After string `query:"after" maxLength:"64" doc:"Only those after this one."`
}

func (s *server) instruments(ctx context.Context, _ access.Caller, in *instrumentsIn) (*api.Reply[Instruments], error) {
	var after market.ISIN
	if in.After != "" {
		var err error
		if after, err = s.isin("query.after", in.After); err != nil {
			return nil, err
		}
	}
	found, err := s.service.ISINs(ctx, after, in.Limit+1)
	if err != nil {
		return nil, err
	}
	page := Instruments{Items: append([]market.ISIN{}, found[:min(len(found), in.Limit)]...)}
	if len(found) > in.Limit {
		page.Next = page.Items[in.Limit-1]
	}
	return &api.Reply[Instruments]{Body: page}, nil
}

// Health is whether the translator lives, and for operators how.
type Health struct {
	Status    string         `json:"status" enum:"ok"`
	Version   string         `json:"service_version"`
	Timestamp api.Time       `json:"timestamp"`
	Details   *HealthDetails `json:"details,omitempty" doc:"For operators."`
}

// HealthDetails is how it lives, without asking anybody.
type HealthDetails struct {
	Live    int            `json:"live" doc:"Instruments that are kept in memory."`
	Waiting int            `json:"waiting" doc:"Instruments of which something is known that is not translated yet."`
	Jobs    int            `json:"jobs" doc:"Jobs that wait for their turn."`
	Sources []SourceHealth `json:"sources" nullable:"false"`
}

// SourceHealth is how a source that is read was the last time.
type SourceHealth struct {
	Name     string   `json:"name"`
	Problems []string `json:"problems" nullable:"false" doc:"At most 20."`
}

func (s *server) health(_ context.Context, caller access.Caller, _ *struct{}) (*api.Reply[Health], error) {
	h := Health{Status: "ok", Version: s.service.Config().Version, Timestamp: api.Time(s.service.Now())}
	if caller.Is(access.Operator) {
		is := s.service.Health()
		h.Details = &HealthDetails{Live: is.Live, Waiting: is.Waiting, Jobs: is.Jobs, Sources: []SourceHealth{}}
		for _, from := range is.Sources {
			h.Details.Sources = append(h.Details.Sources, SourceHealth{from.Name, append([]string{}, from.Problems...)})
		}
	}
	return &api.Reply[Health]{Body: h}, nil
}

// Stamp is what every answer of the liquidity-risk document begins with.
type Stamp struct {
	Success   bool     `json:"success"`
	Message   string   `json:"message"`
	Timestamp api.Time `json:"timestamp"`
}

func (s *server) stamp() Stamp { return Stamp{true, "Success", api.Time(s.service.Now())} }

// instant reads a time that is not in the future; nothing is now.
func (s *server) instant(field, text string) (time.Time, error) {
	now := s.service.Now()
	if text == "" {
		return now, nil
	}
	var t api.Time
	if err := t.UnmarshalText([]byte(text)); err != nil || time.Time(t).After(now) {
		return time.Time{}, malformed(field, text, "must be an RFC 3339 time in UTC, not in the future")
	}
	return time.Time(t), nil
}
