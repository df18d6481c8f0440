package rest

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/evenkeelhq/evenkeel"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/alps/foresight"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/liquidity"
	"github.com/evenkeelhq/evenkeel/liquidity/chronicle"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

// The codes of this API's problems.
const (
	CodeGated        = "gated"
	CodeKilled       = "kill_switch"
	CodeChanged      = "changed"
	CodeWrongPhase   = "wrong_phase"
	CodeSamePerson   = "same_person"
	CodeNotPermitted = "not_permitted"
	CodeStale        = "stale"
	CodeUnanswered   = "unanswered"
	CodeBusy         = "busy"
)

// refusal makes a problem of an answer that says no; nil of any other.
func refusal(a liquidity.Answer, c liquidity.Command) *api.Problem {
	switch a.Reply {
	case liquidity.Done, liquidity.NeedsSecond:
		return nil
	case liquidity.NoSuchBank:
		return api.Unknown("sovereignBankId", c.Bank)
	case liquidity.NoSuchID:
		return api.Unknown("id", c.ID)
	case liquidity.WrongPhase:
		return api.Fail(http.StatusConflict, CodeWrongPhase, "%s %s: must be in a phase that this can still be said in", c.Do, c.ID)
	case liquidity.Conflict:
		return api.Fail(http.StatusConflict, CodeChanged, "amount %v, version %d: must be those of the action, and it must not have expired or its account changed", c.Amount, c.Version)
	case liquidity.SamePerson:
		return api.Fail(http.StatusForbidden, CodeSamePerson, "%s: must be another person than proposed it", c.By)
	case liquidity.NotPermitted:
		return api.Fail(http.StatusForbidden, CodeNotPermitted, "%s: must be permitted by the configuration", c.Do)
	case liquidity.Gated:
		return gated(a.Reasons, c)
	case liquidity.Malformed:
	}
	return api.Fail(http.StatusUnprocessableEntity, api.Invalid, "%s: must make sense to the engine", c.Do)
}

func gated(reasons []liquidity.Reason, c liquidity.Command) *api.Problem {
	p := api.Fail(http.StatusUnprocessableEntity, CodeGated, "%s %v: kept back by %s", c.Do, c.Amount, strings.Join(words(reasons), ", "))
	if slices.Contains(reasons, liquidity.KillSwitch) {
		p = killed("of the pool or of " + c.Bank)
	}
	for _, r := range reasons {
		p = p.With(api.Fault{Rule: string(r)})
	}
	return p
}

func killed(whose string) *api.Problem {
	return api.Fail(http.StatusLocked, CodeKilled, "kill switch %s: must not be tripped", whose)
}

// Explain says what a service's error is to a client, for api.Options. What is
// nobody's fault but the database's, the client is asked to try again.
func Explain(log *zap.Logger) func(error) *api.Problem {
	return func(err error) *api.Problem {
		switch {
		case errors.Is(err, sql.ErrOlder):
			return api.Fail(http.StatusConflict, CodeStale, "%v", err)
		case errors.Is(err, evenkeel.ErrConflict):
			return api.Fail(http.StatusUnprocessableEntity, api.KeyReused, "Idempotency-Key: must be another for another request")
		case errors.Is(err, foresight.ErrBusy):
			return api.Fail(http.StatusServiceUnavailable, CodeBusy, "%v", err).After(foresight.Patience)
		case errors.Is(err, alps.ErrUnanswered):
			log.Warn("liquidity: unanswered", zap.Error(err))
			return api.Fail(http.StatusServiceUnavailable, CodeUnanswered, "written down and not answered yet: ask again with the same Idempotency-Key").After(2 * time.Second)
		case errors.Is(err, alps.ErrNoLeader):
			log.Warn("liquidity: no leader", zap.Error(err))
			return api.Away("the server that leads")
		case errors.Is(err, evenkeel.ErrBroken), errors.Is(err, evenkeel.ErrInvalid), errors.Is(err, liquidity.ErrInvalid), errors.Is(err, chronicle.ErrInvalid):
			return nil // our own fault
		case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
			return nil // nobody's: the API has words for these
		}
		log.Error("liquidity: request", zap.Error(err))
		return api.Away("the database")
	}
}
