//go:build unix

package crash_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/config"
)

// plan is what a world is made of.
type plan struct {
	payer     config.Payer
	dsn       string        // "" is a SQLite file of its own
	veterans  int           // providers who are owed 10 each when the server starts
	providers int           // who come then
	pause     time.Duration // between two of their visits
	maxBatch  int           // a batch pays so much, so that there are several
}

// world is a pool's database and folder, and all that is outside of its server.
type world struct {
	plan
	folder  string
	cfg     config.Config
	market  *market
	wallet  *wallet
	people  []*provider
	judged  int                    // batches that only people could judge
	address atomic.Pointer[string] // where the server is; nil is nowhere
}

const (
	configFile = "pool.yaml"
	granted    = 1_000_000
)

const poolYAML = `
pool: {name: crash, grant_address: BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96, minimum_payout: 0, round: 1s, max_age: 1h}
listen: 127.0.0.1:0
metrics: off
paper: %s
db: {dsn: %q}
grants: [{approval: first, amount: %d}]
payout: {every: 1m, retry: 1s, max_batch: %d, confirmations: 1, payer: %s}
report: true
rpc: {user: %s, pass: %s, host: 127.0.0.1, port: %s}
prices: {btc: {fixed: %s}, ppc: {fixed: %s}}
exchanges:
  test_exchange:
    btc: {reverse: true, reward: %d, target: 1000, ask: {ratio: 0.5, r: {ratio: 1.0, tolerance: 0.02}}, bid: {ratio: 0.5, r: {ratio: 1.0, tolerance: 0.02}}}
    ppc: {reverse: true, reward: 30, target: 1000, ask: {ratio: 0.5, r: {ratio: 1.0, tolerance: 0.02}}, bid: {ratio: 0.5, r: {ratio: 1.0, tolerance: 0.02}}}
`

// newWorld founds a pool in an empty folder.
func newWorld(ctx context.Context, folder string, p plan) (*world, error) {
	if p.dsn == "" {
		p.dsn = "sqlite:" + filepath.Join(folder, "pool.db")
	}
	m, err := newMarket()
	if err != nil {
		return nil, err
	}
	w := &world{plan: p, folder: folder, market: m, wallet: newWallet()}
	text := fmt.Sprintf(poolYAML, m.server.URL, p.dsn, granted, p.maxBatch, p.payer,
		walletUser, walletPass, w.wallet.port(), units["btc"], units["ppc"], 10*p.veterans)
	path := filepath.Join(folder, configFile)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return nil, err
	}
	if w.cfg, err = config.Read(path, config.Override{}); err != nil {
		return nil, err
	}
	for i := range p.providers {
		provider := &provider{user: fmt.Sprint("new", i), address: address(1000 + i), units: []string{"btc"}, pause: p.pause, world: w}
		if i == 0 {
			provider.units = append(provider.units, "ppc") // two accounts, one address
		}
		if err := m.open(provider.user); err != nil {
			return nil, err
		}
		w.people = append(w.people, provider)
	}
	return w, w.found(ctx)
}

func (w *world) close() {
	w.market.server.Close()
	w.wallet.server.Close()
}

// start launches a server, lets the providers know where it is, and returns how
// long it took to be ready. It may be dead by then.
func (w *world) start(ctx context.Context, program string, env ...string) (*child, time.Duration, error) {
	c, err := launch(ctx, program, w.folder, env...)
	if err != nil || c.url == "" {
		return c, 0, err
	}
	w.address.Store(&c.url)
	err = eventually(ctx, patience, func() error {
		if c.dead() {
			return nil
		}
		return healthy(ctx, c.url)
	})
	return c, time.Since(c.began), err
}

func healthy(ctx context.Context, url string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/health", nil)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err == nil && !strings.Contains(string(body), `"success":true`) {
		err = errors.New(string(body))
	}
	return err
}

// serves waits until the server keeps orders of every provider.
func (w *world) serves(ctx context.Context, c *child) error {
	before := make([]int, len(w.people))
	for i, p := range w.people {
		_, kept := p.told()
		before[i] = len(kept)
	}
	return eventually(ctx, patience, func() error {
		if c.dead() {
			return fmt.Errorf("the server died of itself: %w\n%s", c.err, c.said())
		}
		for i, p := range w.people {
			if _, kept := p.told(); len(kept) == before[i] {
				return fmt.Errorf("no order of %s is kept", p.user)
			}
		}
		return healthy(ctx, c.url)
	})
}

// work has the providers at work while do runs.
func (w *world) work(ctx context.Context, do func() error) error {
	working, rest := context.WithCancel(ctx)
	defer rest()
	var group errgroup.Group
	for _, p := range w.people {
		group.Go(func() error { return p.live(working) })
	}
	err := do()
	rest()
	return errors.Join(err, group.Wait())
}
