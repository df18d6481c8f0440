package page_test

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/coder/websocket/wsjson"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/page"
	"github.com/evenkeelhq/evenkeel/risk/topic"
)

type object = map[string]any

// The topics of the liquid bond.
var (
	mainTopic   = topic.Topic{ISIN: liquid}.String()
	alertsTopic = topic.Topic{ISIN: liquid, Part: topic.Alerts}.String()
)

// The bonds of the translator below: one for each thing that can be said.
const (
	liquid  = "INE094A08176" // two ways out, two closed
	stuck   = "INE556F08KZ3" // all closed at most sizes
	unknown = "INE163N08289" // too little data
	plain   = "INE776C08075" // as the seed document shows a summary, no more
	absent  = "INE242A08551" // nobody has heard of it
)

// The keys that it knows.
const (
	retail       = "retail-key" // summaries alone
	professional = "professional-key"
)

var sample = []page.Bond{
	{ISIN: liquid, Last: dec("100.0553"), YieldPct: dec("6.7"), Value: dec("5000000000"), Trades: 1},
	{ISIN: stuck, Last: dec("99.3932"), YieldPct: dec("6.88"), Value: dec("3250000000"), Trades: 2},
	{ISIN: unknown, Last: dec("101.4306"), YieldPct: dec("7.15"), Value: dec("3200000000"), Trades: 2},
	{ISIN: plain, Last: dec("100.0000"), YieldPct: dec("10.5"), Value: dec("3150000000"), Trades: 2},
	{ISIN: absent, Last: dec("102.4409"), YieldPct: dec("6.62"), Value: dec("2983800000"), Trades: 1},
}

// translator is a small one that speaks REST and WebSocket as the real one does.
type translator struct {
	*httptest.Server
	t *testing.T

	mu     sync.Mutex
	deaf   bool // it has no socket
	away   bool // it answers nothing
	asked  []string
	said   []object // by pages, over sockets
	opened []*websocket.Conn
	index  float64
	now    object         // what of the liquid bond is other than at first
	ends   map[string]int // topic: number of its last event
}

func newTranslator(t *testing.T) *translator {
	t.Helper()
	tr := &translator{t: t, index: 78.2, now: object{}, ends: map[string]int{mainTopic: 41, alertsTopic: 7}}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/liquidity-risk/{isin}", tr.rest)
	mux.HandleFunc("POST /api/v1/liquidity-risk/portfolio", tr.portfolio)
	mux.HandleFunc("GET /ws/liquidity-risk", tr.socket)
	h, err := page.Handler(page.Options{Bonds: sample, Keys: []page.Key{{Label: "retail", Key: retail}, {Label: "professional", Key: professional, Full: true}, {Label: "nobody", Key: "wrong"}}}, mux)
	require.NoError(t, err)
	tr.Server = httptest.NewServer(h)
	t.Cleanup(func() {
		tr.hangUp()
		tr.Close()
	})
	return tr
}

func (tr *translator) set(change func()) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	change()
}

// questions returns what was asked over REST so far.
func (tr *translator) questions() []string {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return append([]string(nil), tr.asked...)
}

func (tr *translator) rest(w http.ResponseWriter, r *http.Request) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	tr.asked = append(tr.asked, r.URL.RequestURI())
	size, err := strconv.ParseFloat(r.URL.Query().Get("trade_size"), 64)
	full := r.URL.Query().Get("detail") == "full"
	key := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	switch isin := r.PathValue("isin"); {
	case tr.away:
		w.Header().Set("Retry-After", "1")
		problem(w, http.StatusServiceUnavailable, "the translator does not answer: try again")
	case key != retail && key != professional:
		problem(w, http.StatusUnauthorized, "must be a key or a token that is known here")
	case full && key == retail:
		problem(w, http.StatusForbidden, "full is not for retail")
	case err != nil || size <= 0 || r.URL.Query().Get("mode") != "fast":
		problem(w, http.StatusBadRequest, "trade_size must be > 0")
	case isin == absent:
		problem(w, http.StatusNotFound, "isin "+isin+": must be one that you may see")
	default:
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(tr.body(isin, size, full))
	}
}

func problem(w http.ResponseWriter, code int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(code)
	_ = json.NewEncoder(w).Encode(object{"type": "about:blank", "status": code, "detail": detail})
}

// from says where a part of a full body comes from.
func from(source string, part object) object {
	part["source"], part["as_of"], part["citations"], part["model_version"] = source, "2024-12-01T10:00:00Z", []string{"trades of 2024-11-29"}, "market-index@1"
	return part
}

// body is a translation for a sale of size.
func (tr *translator) body(isin string, size float64, full bool) object {
	if isin == plain && !full {
		return seedSummary()
	}
	b := object{
		"success": true, "message": "Success", "timestamp": "2024-12-01T10:00:00Z", "isin": isin, "as_of": "2024-12-01T10:00:00Z", "trade_size": size,
		"risk_summary": scores(full), "liquidity_profile": tr.profile(isin, full), "exit_recommendations": routes(isin, size, full),
		"retail_narrative": "This bond presents a moderate overall risk profile.\n\nFrom a liquidity perspective, this bond has good market activity.\n\nKey considerations:\n• Credit quality: high\n• Expected price impact: 12.4 basis points",
		"risk_warnings":    []string{}, "confidence_overall": 0.82, "data_freshness": "real_time", "inputs_hash": "a1b2c3d4e5f60718",
		"caveats": []string{"These assessments are informational and no advice to trade.", "Market conditions can change rapidly."},
	}
	if isin == liquid {
		maps.Copy(b, tr.now)
	} else {
		b["risk_warnings"], b["data_freshness"] = []string{"No way out of this position is open now"}, "stale"
	}
	if full {
		b = from("evenkeel", b)
		b["professional_summary"] = "RISK ASSESSMENT\nOverall score: 42.5/100 (medium)\n\nLIQUIDITY PROFILE\nIndex 78.2 (good), spread 24.8 bps\n\nEXIT PATHWAYS\n1. Market Maker Quote (primary)\n2. Fractional Auction (secondary)"
		b["bond_metadata"] = from("modelled from seed 1", object{
			"rating": "AA", "tenor": "5-10Y", "issuer_class": "corporate", "coupon_rate": 7.5, "maturity_date": "2033-03-15", "issue_size": nil,
		})
		b["model_versions"] = object{"liquidity_index": "1", "exit_recommender": "1", "risk_scoring": "1", "translation": "1"}
	}
	return b
}

func scores(full bool) object {
	r := object{"overall_score": 42.5, "level": "medium", "overall_range": object{"low": 35.1, "high": 55}, "confidence": 0.85, "missing": []string{"interest_coverage"}}
	if !full {
		return r
	}
	var categories []object
	for i, name := range []string{"Liquidity", "Credit", "Interest Rate", "Refinancing", "Leverage", "Governance", "Legal", "ESG"} {
		c := object{"name": name + " Risk", "score_0_100": 12 + 9*i, "level": []string{"low", "medium", "medium", "high"}[i/2], "probability_note": "Mostly from rating, 12.0 points", "weight": 0.125, "confidence": 0.8}
		if name == "Legal" {
			c["score_0_100"], c["level"], c["probability_note"] = nil, "insufficient", "Not known: open cases"
		}
		categories = append(categories, from("modelled from rating", c))
	}
	r["categories"] = categories
	return from("evenkeel", r)
}

func (tr *translator) profile(isin string, full bool) object {
	p := object{"liquidity_index": tr.index, "liquidity_level": "good", "spread_bps": 24.8, "expected_time_to_exit_minutes": 15}
	switch isin {
	case unknown:
		p = object{"liquidity_index": nil, "liquidity_level": "insufficient", "spread_bps": nil, "expected_time_to_exit_minutes": nil, "missing": []string{"volume_window"}}
	case stuck:
		p["liquidity_index"], p["liquidity_level"] = 12.5, "illiquid"
	}
	if full {
		p["mid_price"], p["doubts"] = 100.625, []string{"window_unstated"}
		p["components"] = []object{
			{"name": "spread", "score": 50.3, "weight": 0.3},
			{"name": "depth", "score": 100, "weight": 0.25},
			{"name": "turnover", "score": 99.9, "weight": 0.25},
			{"name": "volume", "score": 61, "weight": 0.2},
			{"name": "mm_adjustment", "score": -3, "weight": 1},
		}
		p = from("NSE trades of the day", p)
	}
	return p
}

// routes are open up to their caps, and those of the stuck bond up to very little.
// A summary has less of each.
func routes(isin string, size float64, full bool) []object {
	most := map[string]float64{liquid: 800_000, plain: 800_000, stuck: 60_000}[isin]
	maker := object{"path": "market_maker", "priority": "unavailable", "refusals": []object{{"reason": "rating_cap", "limit": most, "text": "above the cap"}}, "max_size": most}
	if size <= most {
		maker = object{
			"path": "market_maker", "priority": "primary", "fill_probability": 0.82, "expected_time_to_exit_minutes": 30, "expected_spread_bps": 25,
			"fill_probability_low": 0.71, "fill_probability_high": 0.9, "fill_probability_n": 40,
			"time_p50_minutes": 15, "time_p90_minutes": 50, "max_size": most,
		}
		if full {
			maker["expected_price"], maker["net_price"] = 100.625, 100.5-size/1e7
			maker["time_basis"], maker["constraints"] = "recorded", []string{"inventory_limit"}
		}
	}
	auction := object{"path": "auction", "priority": "unavailable", "refusals": []object{{"reason": "no_auction", "limit": 0, "text": "none"}}, "max_size": 0}
	if isin == liquid && size <= 4e6 {
		auction = object{"path": "auction", "priority": "secondary", "fill_probability": 0.7, "expected_time_to_exit_minutes": 420, "expected_spread_bps": 24.8, "time_p50_minutes": 300, "time_p90_minutes": 1620, "max_size": 4e6}
		if full {
			auction["expected_price"], auction["net_price"] = 100.25, 100.25
			auction["time_basis"], auction["opens"] = "modelled", "2024-12-01T14:00:00Z"
		}
	}
	all := []object{
		maker, auction,
		{"path": "rfq_batch", "priority": "unavailable", "refusals": []object{{"reason": "window_closed", "limit": 120, "text": "too far ahead"}}, "max_size": 0, "opens": "2024-12-02T10:00:00Z"},
		{"path": "tokenized_p2p", "priority": "unavailable", "refusals": []object{{"reason": "tenor_restriction", "limit": 0, "text": "barred"}, {"reason": "min_lot", "limit": 2.5e6, "text": "too small"}}},
	}
	slices.SortStableFunc(all, func(a, b object) int { return order(a) - order(b) })
	if isin == unknown {
		all = nil
	}
	listed := []object{}
	for _, r := range all {
		if full {
			r = from("modelled depth and quotes", r)
		} else {
			delete(r, "opens")
		}
		listed = append(listed, r)
	}
	return listed
}

// order puts what is open first.
func order(route object) int {
	if route["priority"] == "unavailable" {
		return 1
	}
	return 0
}

// portfolio leaves bonds within days, the stuck one never.
func (tr *translator) portfolio(w http.ResponseWriter, r *http.Request) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	var asked struct {
		Holdings []struct {
			ISIN string  `json:"isin"`
			Size float64 `json:"trade_size"`
		} `json:"holdings"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil || tr.away {
		problem(w, http.StatusServiceUnavailable, "the translator does not answer: try again")
		return
	}
	exit := object{"days": 3, "horizon_days": 30, "cost": 3250, "cost_bps": 29.6}
	value, sold := 0.0, 0.0
	positions, bottlenecks := []object{}, []object{{"isin": liquid, "reason": "own_limits", "text": liquid + ": sold out on day 3. Makers, auctions and its own book take 400,000 of it a day."}}
	for _, h := range asked.Holdings {
		p := object{"isin": h.ISIN, "trade_size": h.Size, "value": h.Size, "days": 3, "cost": 100, "cost_bps": 20, "left": 0}
		value += h.Size
		if h.ISIN == stuck {
			p["days"], p["left"], exit["days"] = nil, h.Size, nil
			bottlenecks = append([]object{{"isin": stuck, "reason": "no_buyers", "text": stuck + ": 70,000 is left. Nothing that could be counted on is open."}}, bottlenecks...)
		} else {
			sold += h.Size
		}
		positions = append(positions, p)
	}
	exit["value"], exit["sold_value"] = value, sold
	body := object{
		"success": true, "joint_exit": exit, "positions": positions, "bottlenecks": bottlenecks,
		"routes":           []object{{"path": "own_book", "share": 0.6, "cost": 1000}, {"path": "market_maker", "share": 0.3, "cost": 1000}, {"path": "auction", "share": 0.1, "cost": 1250}},
		"retail_narrative": "You can leave all of it.\n\nWhat holds you up:\n• " + liquid + "\n\nWhat this rests on:\n• You sell at most 20.0% of what usually trades in a day.\n\nThis is information, not advice.",
	}
	if r.URL.Query().Get("detail") == "full" {
		body["schedule"] = []object{{"day": 1, "isin": liquid, "path": "own_book", "trade_size": 400000, "cost_bps": 20, "cost": 800}, {"day": 2, "isin": liquid, "path": "auction", "trade_size": 600000, "cost_bps": 37.3, "cost": 2236}}
		body["schedule_length"] = 2
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}

// seedSummary is the summary response of the seed document.
func seedSummary() object {
	return object{
		"success": true, "message": "Success", "timestamp": "2024-12-01T10:00:00Z", "isin": plain, "as_of": "2024-12-01T10:00:00Z",
		"risk_summary":         object{"overall_score": 42.5, "confidence": 0.85},
		"liquidity_profile":    object{"liquidity_index": 78.2, "spread_bps": 25.0, "liquidity_level": "good", "expected_time_to_exit_minutes": 30.0},
		"exit_recommendations": []object{{"path": "market_maker", "priority": "primary", "fill_probability": 0.82, "expected_time_to_exit_minutes": 15.0, "expected_spread_bps": 25.0}},
		"retail_narrative":     "This bond presents a moderate overall risk profile...", "confidence_overall": 0.82, "data_freshness": "real_time",
	}
}

// socket hears pages. It tells one that subscribes how things stand, unless it says
// that it has seen all there is.
func (tr *translator) socket(w http.ResponseWriter, r *http.Request) {
	tr.mu.Lock()
	deaf := tr.deaf
	tr.mu.Unlock()
	if deaf {
		http.Error(w, "no socket here", http.StatusNotFound)
		return
	}
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // its answer says why
	}
	tr.set(func() { tr.opened = append(tr.opened, conn) })
	for {
		var said object
		if wsjson.Read(r.Context(), conn, &said) != nil {
			return
		}
		tr.set(func() { tr.said = append(tr.said, said) })
		for _, of := range topicsOf(said) {
			end := tr.end(of)
			tr.send(r.Context(), object{"type": "ack", "action": said["action"], "topic": of, "seq": end, "ts": "2024-12-01T10:00:00Z"})
			if said["action"] == "subscribe" && said["resume_from_seq"] == nil {
				tr.send(r.Context(), object{"type": "snapshot", "topic": of, "seq": end, "prev_seq": end, "ts": "2024-12-01T10:00:00Z", "payload": object{"isin": of[3 : 3+len(liquid)]}})
			}
		}
	}
}

// topicsOf returns the topics that a page names, each of which is answered by itself.
func topicsOf(said object) []string {
	var named []string
	if one, ok := said["topic"].(string); ok {
		named = append(named, one)
	}
	several, _ := said["topics"].([]any)
	for _, one := range several {
		named = append(named, fmt.Sprint(one))
	}
	return named
}

func (tr *translator) end(of string) int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return tr.ends[of]
}

// topicOf returns the topic that tells of a kind of event: alerts have their own.
func topicOf(kind string) string {
	if kind == "alert" {
		return alertsTopic
	}
	return mainTopic
}

// tell sends an event of the liquid bond to every page, as the real one could.
// Events of all topics are numbered together.
func (tr *translator) tell(kind string, payload object) {
	var before, seq int
	of := topicOf(kind)
	tr.set(func() {
		before, seq = tr.ends[of], max(tr.ends[mainTopic], tr.ends[alertsTopic])+1
		tr.ends[of] = seq
	})
	payload["isin"] = liquid
	frame := object{
		"type": kind, "topic": of, "seq": seq, "prev_seq": before, "ts": "2024-12-01T10:01:00Z", "payload": payload,
		"meta": object{"data_freshness": "fresh", "confidence": 0.8},
	}
	held(tr.t, namesOf(tr.t, frame), namesOfEvent(tr.t, kind))
	tr.send(tr.t.Context(), frame)
}

// change has the liquid bond become other than it was, and tells of it.
func (tr *translator) change(kind string, payload object, narrative string) {
	tr.set(func() {
		maps.Copy(tr.now, payload)
		maps.Copy(tr.now, object{"retail_narrative": narrative, "as_of": "2024-12-01T10:01:00Z", "data_freshness": "fresh", "confidence_overall": 0.8})
	})
	tr.tell(kind, payload)
}

// warning is the payload of an alert.
func warning() object {
	return object{"alert_type": "liquidity_warning", "message": "Market maker offline <b>", "severity": "warning", "timestamp": "2024-12-01T10:04:00Z"}
}

// send tells every page that is there.
func (tr *translator) send(ctx context.Context, frame object) {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, conn := range tr.opened {
		_ = wsjson.Write(ctx, conn, frame) // who has gone misses it
	}
}

// hangUp closes every socket.
func (tr *translator) hangUp() {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	for _, conn := range tr.opened {
		_ = conn.CloseNow()
	}
	tr.opened = nil
}

// waitFor returns the first thing that pages have said since so many, with all of
// what is wanted in it.
func (tr *translator) waitFor(since int, wanted object) object {
	tr.t.Helper()
	var found object
	require.Eventually(tr.t, func() bool {
		tr.mu.Lock()
		defer tr.mu.Unlock()
		for _, said := range tr.said[since:] {
			if !slices.ContainsFunc(slices.Collect(maps.Keys(wanted)), func(name string) bool { return said[name] != wanted[name] }) {
				found = said
				return true
			}
		}
		return false
	}, patience, 10*time.Millisecond, "%v", wanted)
	return found
}

func (tr *translator) heard() int {
	tr.mu.Lock()
	defer tr.mu.Unlock()
	return len(tr.said)
}
