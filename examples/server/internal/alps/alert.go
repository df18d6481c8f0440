package alps

import (
	"slices"
	"sync"
	"time"

	"github.com/evenkeelhq/evenkeel/liquidity"
)

// Alert is something that people have to look at.
type Alert struct {
	liquidity.Alert
	First, At time.Time // when it came first, and last
	Times     int
}

// maxAlerts is how many are remembered. What matters of them is also in the log,
// the journal and the state of the switches.
const maxAlerts = 200

// alerts remembers the newest. Its zero value is ready to use, by many at once.
type alerts struct {
	mu     sync.Mutex
	newest []Alert // oldest first
}

// add takes in alerts; one that comes again and again is one.
func (a *alerts) add(at time.Time, came []liquidity.Alert) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, alert := range came {
		known := Alert{Alert: alert, First: at}
		if i := slices.IndexFunc(a.newest, func(k Alert) bool { return k.Alert == alert }); i >= 0 {
			known = a.newest[i]
			a.newest = slices.Delete(a.newest, i, i+1)
		}
		known.At, known.Times = at, known.Times+1
		a.newest = append(a.newest, known)
	}
	if over := len(a.newest) - maxAlerts; over > 0 {
		a.newest = slices.Delete(a.newest, 0, over)
	}
}

func (a *alerts) all() []Alert {
	a.mu.Lock()
	defer a.mu.Unlock()
	all := slices.Clone(a.newest)
	slices.Reverse(all)
	return all
}
