package rest

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/translator/audit"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// server answers for one service.
type server struct {
	service *translator.Service
	trail   *audit.Journal
	guard   *guard.Guard
	answers *answers
}

// Declare declares the API of a service in a. Who reads what not everybody may is
// written to trail. What the service's errors mean to a client, [Explain] knows: give
// it to api.Options.
func Declare(a *api.API, service *translator.Service, trail *audit.Journal) {
	s := &server{service, trail, guard.New(), new(answers)}
	g := a.Under(Prefix, "Liquidity and risk of instruments", Rules())
	s.reads(g)
	s.portfolios(g)
	s.works(g)
	s.told(g)
}

// The codes of this API's problems.
const (
	CodeNothing  = "nothing_to_translate"
	CodeTooEarly = "before_first_record"
	CodeOther    = "other_engine"
	CodeBusy     = "busy"
	CodeStale    = "stale"
	CodeCrossed  = "crossed_book"
	CodeReported = "reported_otherwise"
)

// Explain says what a service's error is to a client; nil if it is none of the
// service's own.
func Explain(err error) *api.Problem {
	switch {
	case errors.Is(err, translator.ErrUnknown):
		return api.Fail(http.StatusNotFound, api.NotFound, "%v", err)
	case errors.Is(err, translator.ErrNoInputs):
		return api.Fail(http.StatusConflict, CodeNothing, "%v", err)
	case errors.Is(err, translator.ErrTooEarly):
		return api.Fail(http.StatusConflict, CodeTooEarly, "%v", err)
	case errors.Is(err, translator.ErrOtherEngine):
		return api.Fail(http.StatusConflict, CodeOther, "%v", err)
	case errors.Is(err, translator.ErrBusy), errors.Is(err, audit.ErrBusy):
		return api.Fail(http.StatusServiceUnavailable, CodeBusy, "%v", err).After(2 * time.Second)
	case errors.Is(err, risk.ErrForbidden):
		return api.Fail(http.StatusForbidden, api.Forbidden, "%v", err)
	case errors.Is(err, sql.ErrOlder):
		return api.Fail(http.StatusConflict, CodeStale, "%v", err)
	case errors.Is(err, market.ErrCrossed):
		return api.Fail(http.StatusUnprocessableEntity, CodeCrossed, "%v", err)
	}
	return nil
}

// malformed is the 400 for a parameter that is none.
func malformed(field, value, rule string) *api.Problem {
	return faulty(http.StatusBadRequest, api.Malformed, field, value, rule)
}

// impossible is the 422 for what cannot be true.
func impossible(field, value, rule string) *api.Problem {
	return faulty(http.StatusUnprocessableEntity, api.Invalid, field, value, rule)
}

func faulty(status int, code, field, value, rule string) *api.Problem {
	return api.Fail(status, code, "%s %.64q: %s", field, value, rule).
		With(api.Fault{Field: field, Value: value[:min(len(value), 64)], Rule: rule})
}

// isin reads an ISIN.
func (s *server) isin(field, text string) (market.ISIN, error) {
	isin, err := market.ParseISIN(text, s.service.Config().Strict)
	if err != nil {
		rule := "must be an ISIN: two capital letters, nine capital letters or digits, and a digit"
		if s.service.Config().Strict {
			rule += ", the check digit"
		}
		return "", malformed(field, text, rule)
	}
	return isin, nil
}

// size reads a trade size; nothing is the usual one.
func size(text string) (decimal.Decimal, error) {
	if text == "" {
		return decimal.Decimal{}, nil
	}
	var d api.Decimal
	if err := d.UnmarshalText([]byte(text)); err != nil || !decimal.Decimal(d).IsPositive() {
		return decimal.Decimal{}, malformed("query.trade_size", text, "must be a plain number > 0, with at most 18 digits and 18 decimals")
	}
	return decimal.Decimal(d), nil
}

// modeOf reads a mode; nothing is the usual one.
func modeOf(field, text string, usual translator.Mode) (translator.Mode, error) {
	switch mode := translator.Mode(text); mode {
	case "":
		return usual, nil
	case translator.FastMode, translator.AccurateMode:
		return mode, nil
	}
	return "", malformed(field, text, "must be fast or accurate")
}

// detailOf reads how much somebody wants to see; nothing is the summary.
func detailOf(text string) (risk.Detail, error) {
	switch detail := risk.Detail(text); detail {
	case "":
		return risk.Short, nil
	case risk.Short, risk.Full:
		return detail, nil
	case risk.Audit: // has an operation of its own
	}
	return "", malformed("query.detail", text, "must be summary or full")
}

// maxAtOnce is how many instruments one request may be about.
const maxAtOnce = 100

// several refuses a list of none, and of more than one request may be about.
func several(field string, n int) error {
	switch {
	case n == 0:
		return malformed(field, "", "must have at least one")
	case n > maxAtOnce:
		return api.Fail(http.StatusRequestEntityTooLarge, api.TooLarge, "%s of %d: must be at most %d", field, n, maxAtOnce)
	}
	return nil
}

// role returns what somebody is to package risk: the one that may see most.
func role(caller access.Caller) risk.Role {
	for _, hat := range []struct {
		is    access.Role
		views risk.Role
	}{
		{access.RiskManager, risk.RiskManager},
		{access.Compliance, risk.Compliance},
		{access.Admin, risk.Compliance},
		{access.Professional, risk.Professional},
		{access.Retail, risk.Retail},
	} {
		if caller.Is(hat.is) {
			return hat.views
		}
	}
	return ""
}

// Asked is embedded by an input whose request is written down.
type Asked struct{ request string }

// Resolve implements huma.Resolver.
func (a *Asked) Resolve(ctx huma.Context) []error {
	at := ctx.URL()
	a.request = ctx.Method() + " " + at.RequestURI()
	return nil
}

// record writes down that somebody reads what not everybody may, before he does.
func (s *server) record(ctx context.Context, caller access.Caller, action string, object string, a Asked) error {
	return s.trail.Write(ctx, s.service.Now(), audit.Of(caller.Actor, action, object, a.request))
}
