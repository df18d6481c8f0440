package wire

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/reward"
)

// health answers GET /health: whether the database does.
func (s *Server) health(r *http.Request) answer {
	ctx, cancel := context.WithTimeout(r.Context(), time.Second)
	defer cancel()
	if _, err := s.pool.Ledger().Booked(ctx); err != nil {
		return no(http.StatusServiceUnavailable, "the pool cannot reach its database").later(5 * time.Second)
	}
	return yes("ok")
}

// exchanges answers GET /exchanges.
func (s *Server) exchanges(*http.Request) answer {
	all := map[string]map[string]any{}
	for _, m := range s.pool.Snapshot().Config.Markets {
		if all[m.Exchange] == nil {
			all[m.Exchange] = map[string]any{}
		}
		all[m.Exchange][m.Unit] = map[string]any{
			"reward": number(m.Reward), "target": number(m.Target),
			"ask": bookOf(m.Ask), "bid": bookOf(m.Bid), // each with its own ratio
		}
	}
	return answer{code: http.StatusOK, body: all}
}

// bookOf shows one side of a market: its ratio, and beside it its ranks.
func bookOf(b reward.Book) map[string]any {
	book := map[string]any{}
	for _, r := range b.Ranks {
		book[r.Name] = map[string]number{"ratio": number(r.Ratio), "tolerance": number(r.Tolerance)}
	}
	book["ratio"] = number(b.Ratio)
	return book
}

// cache keeps an answer for a moment: many ask, and it costs several reads of the
// database.
type cache struct {
	mu   sync.Mutex
	at   time.Time
	made any
}

const cachedFor = 2 * time.Second

// get returns what was made lately, or makes it.
func (c *cache) get(now time.Time, produce func() (any, error)) (any, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if age := now.Sub(c.at); c.made != nil && age >= 0 && age < cachedFor {
		return c.made, nil
	}
	made, err := produce()
	if err != nil {
		return nil, err
	}
	c.made, c.at = made, now
	return made, nil
}
