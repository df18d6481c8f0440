//go:build unix

package crash_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/internal/pgtest"
	"github.com/evenkeelhq/evenkeel/internal/redistest"
)

// bonds are what is told of in this test.
var bonds = []string{"INE094A08176", "INE155A08191"}

const pairYAML = `
pool: {name: pair, grant_address: BMJ2PJ1TNMwnTYUopQVxBrAPmmJjJjhd96, minimum_payout: 1, round: 1s, max_age: 1h}
listen: 127.0.0.1:0
metrics: off
db: {dsn: %q}
grants: [{approval: first, amount: 1000}]
payout: {every: 24h, retry: 1s, confirmations: 0, payer: file, folder: %q}
prices: {btc: {fixed: 50000}}
exchanges:
  test_exchange:
    btc: {reverse: true, reward: 1, target: 1000, ask: {ratio: 0.5, r: {ratio: 1.0, tolerance: 0.02}}, bid: {ratio: 0.5, r: {ratio: 1.0, tolerance: 0.02}}}
translator:
  redis: %q
  feeds: [{name: first, push: true}, {name: second, push: true}]
access:
  keys:
    - {name: first, roles: [service], sha256: %s}
    - {name: second, roles: [service], sha256: %s}
    - {name: professional, roles: [professional], sha256: %s}
    - {name: retail, roles: [retail], sha256: %s}
`

// pair is two servers over one PostgreSQL and one Redis.
type pair struct {
	t       *testing.T
	program string
	folder  string

	mu      sync.Mutex
	servers [2]*child

	said int // quotes so far
}

func newPair(t *testing.T, redis string) *pair {
	t.Helper()
	p := &pair{t: t, program: build(t, ""), folder: t.TempDir()}
	text := fmt.Sprintf(pairYAML, pgtest.URL(t), filepath.Join(p.folder, "payouts"), redis,
		access.Hash("first"), access.Hash("second"), access.Hash("professional"), access.Hash("retail"))
	require.NoError(t, os.WriteFile(filepath.Join(p.folder, configFile), []byte(text), 0o600))
	for i := range p.servers {
		p.start(i)
	}
	require.NoError(t, eventually(t.Context(), patience, func() error {
		if said := p.servers[0].said(); !strings.Contains(said, "standing by") {
			return fmt.Errorf("whoever came first leads still\n%s", said)
		}
		return nil
	}))
	return p
}

func (p *pair) start(i int) {
	p.t.Helper()
	c, err := launch(context.WithoutCancel(p.t.Context()), p.program, p.folder)
	require.NoError(p.t, err)
	require.NotEmpty(p.t, c.url, c.said())
	p.mu.Lock()
	defer p.mu.Unlock()
	p.servers[i] = c
}

func (p *pair) kill(i int) {
	p.t.Helper()
	p.mu.Lock()
	c := p.servers[i]
	p.mu.Unlock()
	require.NoError(p.t, c.kill())
}

// at returns where one of the two is, or the other if that is dead.
func (p *pair) at(i int) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if c := p.servers[i]; !c.dead() {
		return c.url
	}
	return p.servers[1-i].url
}

// quote tells a server another price of each bond, one that changes how liquid it is.
func (p *pair) quote(i int) {
	p.t.Helper()
	p.said++
	var items []string
	for _, isin := range bonds {
		spread := float64(p.said%7+1) / 10
		items = append(items, fmt.Sprintf(`{"timestamp":%q,"isin":%q,"bid":%.3f,"ask":%.3f,"bid_size":1000000,"ask_size":1000000,
			"l2_depth_qty":%d,"l2_levels":5,"trades_count":20,"vwap":100,"volume_face":5000000,"time_since_last_trade_s":60,"window_s":86400}`,
			time.Now().UTC().Format(time.RFC3339Nano), isin, 100-spread, 100+spread, 100_000*(p.said%5+1)))
	}
	key := []string{"first", "second"}[i]
	p.post(p.at(i), key, `{"items":[`+strings.Join(items, ",")+`]}`)
}

func (p *pair) post(url, key, body string) {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodPost, url+"/api/v1/liquidity-risk/microstructure", strings.NewReader(body))
	require.NoError(p.t, err)
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("X-API-Key", key)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	said, err := io.ReadAll(answer.Body)
	require.NoError(p.t, err)
	require.NoError(p.t, answer.Body.Close())
	require.Equal(p.t, http.StatusOK, answer.StatusCode, string(said))
}

// credited is when the newest round was decided, as a server says; 0 if none was.
func (p *pair) credited(i int) int64 {
	p.t.Helper()
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.at(i)+"/status", nil)
	require.NoError(p.t, err)
	answer, err := http.DefaultClient.Do(request)
	require.NoError(p.t, err)
	defer func() { _ = answer.Body.Close() }()
	var said struct {
		Status  bool
		Message json.RawMessage
	}
	require.NoError(p.t, json.NewDecoder(answer.Body).Decode(&said))
	if !said.Status {
		return 0
	}
	var message struct {
		Meta struct {
			At int64 `json:"last-credit-time"`
		}
	}
	require.NoError(p.t, json.Unmarshal(said.Message, &message))
	return message.Meta.At
}

// agree waits until all followers are as far as one who comes now is told.
func (p *pair) agree(followers []*follower) {
	p.t.Helper()
	require.NoError(p.t, eventually(p.t.Context(), patience, func() error {
		ends := map[string]map[string]uint64{}
		for _, f := range followers {
			last, _, _, wrong := f.where()
			if wrong != nil {
				return wrong
			}
			if len(last) != len(f.topics) {
				return fmt.Errorf("%s follows %v", f.key, last)
			}
			if end := ends[f.key]; end != nil && !maps.Equal(end, last) {
				return fmt.Errorf("%s: at one server %v, at the other %v", f.key, end, last)
			}
			ends[f.key] = last
		}
		for key, end := range ends {
			if fresh := p.fresh(key, followers); !maps.Equal(fresh, end) {
				return fmt.Errorf("%s is at %v, and by the journal at %v", key, end, fresh)
			}
		}
		return nil
	}))
}

// fresh is how far somebody is told to be who comes now.
func (p *pair) fresh(key string, like []*follower) map[string]uint64 {
	p.t.Helper()
	var last map[string]uint64
	for _, f := range like {
		if f.key != key {
			continue
		}
		ctx, cancel := context.WithTimeout(p.t.Context(), patience)
		visitor := newFollower(key, f.at, f.topics)
		done := make(chan struct{})
		go func() { visitor.connection(ctx); close(done) }()
		_ = eventually(ctx, patience, func() error {
			if last, _, _, _ = visitor.where(); len(last) < len(f.topics) {
				return fmt.Errorf("%d of %d", len(last), len(f.topics))
			}
			return nil
		})
		cancel()
		<-done
		break
	}
	return last
}

// Two servers share a database and a bus. Whoever follows a bond at either is told
// each event once and in order, or how it stands, while both are told prices, while
// Redis is killed, and while the servers are; and rounds are decided all the while.
func TestTwoServersTellTheSameAndOutliveEachOther(t *testing.T) {
	redis := redistest.Start(t)
	p := newPair(t, redis.URL)
	p.quote(0)
	var followers []*follower
	for i := range p.servers {
		for _, key := range []string{"professional", "retail"} {
			var topics []string
			for _, isin := range bonds {
				topics = append(topics, "lr."+isin)
				if key == "professional" {
					topics = append(topics, "lr."+isin+".liquidity", "lr."+isin+".exit")
				}
			}
			followers = append(followers, newFollower(key, func() string { return p.at(i) }, topics))
		}
	}
	ctx, stop := context.WithCancel(t.Context())
	var reading sync.WaitGroup
	defer func() { stop(); reading.Wait() }()
	for _, f := range followers {
		reading.Go(func() { f.follow(ctx) })
	}
	p.agree(followers)
	quotes := func(n int) {
		for range n {
			p.quote(p.said % 2)
			pass(150 * time.Millisecond)
		}
	}

	quotes(12)
	p.agree(followers)
	for _, f := range followers {
		_, updates, _, wrong := f.where()
		require.NoError(t, wrong)
		require.Positive(t, updates, "%s is told by the bus what the other server was", f.key)
	}

	redis.Kill()
	quotes(4)
	redis.Restart()
	quotes(4)
	p.agree(followers)
	redis.Restart()
	p.agree(followers)

	for _, i := range []int{1, 0} { // whoever leads since it came last, and once it is back, whoever stands by
		before := p.credited(1 - i)
		p.kill(i)
		quotes(4)
		p.agree(followers)
		require.NoError(t, eventually(t.Context(), patience, func() error {
			if now := p.credited(1 - i); now <= max(before, p.servers[1-i].began.Unix()) {
				return fmt.Errorf("no round since %d: %d", before, now)
			}
			return nil
		}), "the other one decides rounds\n%s", p.servers[1-i].said())
		p.start(i)
		quotes(4)
		p.agree(followers)
	}

	stop()
	reading.Wait()
	for i := range p.servers {
		require.NoError(t, p.servers[i].stop())
	}
	for _, f := range followers {
		_, updates, snapshots, wrong := f.where()
		require.NoError(t, wrong)
		t.Logf("%s: %d updates and %d snapshots over %d connections, in order", f.key, updates, snapshots, f.seen.connections)
	}
	verify := exec.CommandContext(t.Context(), p.program, "verify", "--config", configFile)
	verify.Dir = p.folder
	said, err := verify.CombinedOutput()
	require.NoError(t, err, string(said))
	require.Contains(t, string(said), "lr/: 2 journals")
}
