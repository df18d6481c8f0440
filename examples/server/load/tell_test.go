//go:build linux

package load_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"
)

// update is one of an instrument's book: when it was told, and when it was heard of
// first. Times count from when the teller began, in nanoseconds; 0 is not yet.
type update struct{ due, sent, answered, heard atomic.Int64 }

// teller tells of one instrument, whose mid price says which update somebody hears of.
type teller struct {
	isin    string
	n       int // of the instrument
	began   time.Time
	updates []update
	said    [16]*said // the newest that were read
}

const firstMid = 1_000_000 // in 0.0001

// tell sends update i, and waits until the server has taken it.
func (w *teller) tell(ctx context.Context, p *program, i int) error {
	mid, half := firstMid+i, 300+10*(i%40) // so that the spread is another than a moment ago, which people are told
	body := fmt.Sprintf(`{"items":[{"timestamp":%q,"isin":%q,"bid":%s,"ask":%s,"bid_size":500000,"ask_size":600000,"l2_depth_qty":4000000,
		"l2_levels":10,"trades_count":40,"vwap":100,"volume_face":9000000,"time_since_last_trade_s":600,"window_s":86400}]}`,
		time.Now().UTC().Format(time.RFC3339Nano), w.isin, places(mid-half), places(mid+half))
	w.updates[i].sent.Store(int64(time.Since(w.began)))
	err := p.post(ctx, w.n+i, "microstructure", body)
	w.updates[i].answered.Store(int64(time.Since(w.began)))
	return err
}

// introduce tells what the instrument is, so that an answer has all its parts.
func (w *teller) introduce(ctx context.Context, p *program) error {
	now := time.Now().UTC().Format(time.RFC3339Nano)
	for _, about := range [][2]string{
		{"bonds", `"rating":"AA","tenor":"3-5Y","issuer_class":"corporate","coupon_rate":8.1,"maturity_date":"2031-06-30","issue_size":500000000`},
		{"makers", `"mm_online":true,"mm_inventory_band":[100000,500000,900000],"mm_min_spread_bps":20,"last_quote_spread_bps":45,"quotes_last_24h":120`},
		{"auctions", `"auction_id":"a","lots_offered":10,"bids_count":12,"demand_curve_points":[[100.1,400000],[100,900000],[99.9,2000000]],"clearing_price_estimate":100,"next_window":"` + time.Now().Add(4*time.Hour).UTC().Format(time.RFC3339) + `"`},
	} {
		if err := p.post(ctx, w.n, about[0], fmt.Sprintf(`{"items":[{"timestamp":%q,"isin":%q,%s}]}`, now, w.isin, about[1])); err != nil {
			return err
		}
	}
	return w.tell(ctx, p, 0)
}

// which returns the update that a payload is of; false for none.
func (w *teller) which(payload []byte) (*update, bool) {
	_, after, ok := bytes.Cut(payload, []byte(`"mid_price":`))
	end := bytes.IndexAny(after, ",}")
	if !ok || end < 0 {
		return nil, false
	}
	mid, err := strconv.ParseFloat(string(after[:end]), 64)
	i := int(mid*10_000+.5) - firstMid
	if err != nil || i < 0 || i >= len(w.updates) {
		return nil, false
	}
	return &w.updates[i], true
}

// hear notes that somebody hears of an update by now, and returns how long after
// it was due.
func (w *teller) hear(u *update, now time.Time) time.Duration {
	at := int64(now.Sub(w.began))
	for was := u.heard.Load(); was == 0 || at < was; was = u.heard.Load() {
		if u.heard.CompareAndSwap(was, at) {
			break
		}
	}
	return time.Duration(at - u.due.Load())
}

// places writes a number of 0.0001.
func places(n int) string { return fmt.Sprintf("%d.%04d", n/10_000, n%10_000) }

// from is a client at each feed's own address.
func from() (all [feeds]http.Client) {
	for n := range all {
		all[n].Transport = &http.Transport{DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
			return dialFrom(ctx, 20_000+n, address)
		}}
	}
	return all
}

// post tells the server something of instruments, as the nth feed.
func (p *program) post(ctx context.Context, n int, what, body string) error {
	as := source(n)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+p.address+"/api/v1/liquidity-risk/"+what, bytes.NewReader([]byte(body)))
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+as)
	r.Header.Set("Content-Type", "application/json")
	answer, err := p.feeds[n%feeds].Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s as %s: %d: %.300s", what, as, answer.StatusCode, text)
	}
	return err
}
