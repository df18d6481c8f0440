//go:build unix

package crash_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/shopspring/decimal"
)

// Of the wallet.
const (
	walletUser = "pool"
	walletPass = "none of a log's business"
	walletCoin = "100000" // what each coin is worth: one pays any batch
	blockEvery = 300 * time.Millisecond
	takesLong  = 300 * time.Millisecond // a sendmany, also for one who is dead before it is done
)

// wallet is a bitcoind that outlives the server: it pays what it is told to, and
// remembers all of it. It has coins without end, numbered, and takes the first
// that is free, so that what is signed for one batch can be signed for another.
type wallet struct {
	server *httptest.Server

	mu     sync.Mutex
	sent   []payment
	locked map[int]bool // coins
	spent  map[int]bool
}

// payment is a transaction of the wallet.
type payment struct {
	Coin    int
	Outputs []object // {address: amount}
	comment string
	at      time.Time
}

type object = map[string]any

func newWallet() *wallet {
	w := &wallet{locked: map[int]bool{}, spent: map[int]bool{}}
	w.server = httptest.NewServer(w)
	return w
}

func (w *wallet) port() string {
	at, err := url.Parse(w.server.URL)
	if err != nil {
		panic(err)
	}
	return at.Port()
}

// payments returns what was sent, by transaction.
func (w *wallet) payments() map[string]payment {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := map[string]payment{}
	for _, p := range w.sent {
		all[p.id()] = p
	}
	return all
}

// last returns how many payments there are, and when the last was sent.
func (w *wallet) last() (n int, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n = len(w.sent); n > 0 {
		at = w.sent[n-1].at
	}
	return n, at
}

// hex is the payment as the wallet passes it around.
func (p payment) hex() string {
	text, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(text)
}

func (p payment) id() string {
	sum := sha256.Sum256([]byte(p.hex()))
	return hex.EncodeToString(sum[:])
}

func parsePayment(raw any) (p payment) {
	text, err := hex.DecodeString(fmt.Sprint(raw))
	if err == nil {
		err = json.Unmarshal(text, &p)
	}
	if err != nil {
		panic(err)
	}
	return p
}

// paid sums what went to each address.
func (p payment) paid() map[string]decimal.Decimal {
	sums := map[string]decimal.Decimal{}
	for _, o := range p.Outputs {
		for address, amount := range o {
			sums[address] = sums[address].Add(decimal.RequireFromString(fmt.Sprint(amount)))
		}
	}
	return sums
}

// confirmations count the blocks since.
func (p payment) confirmations() int { return int(time.Since(p.at) / blockEvery) }

// refusal is the wallet's no.
type refusal struct {
	code    int
	message string
}

func (r *refusal) Error() string { return r.message }

// ServeHTTP answers one call. What it cannot understand is a bug of ours, and a
// panic.
func (w *wallet) ServeHTTP(to http.ResponseWriter, r *http.Request) {
	if user, pass, ok := r.BasicAuth(); !ok || user != walletUser || pass != walletPass {
		to.WriteHeader(http.StatusUnauthorized)
		return
	}
	var call struct {
		ID     any
		Method string
		Params []any
	}
	var result any
	no := &refusal{-32700, "Parse error"} // as nud says to a probe
	if json.NewDecoder(r.Body).Decode(&call) == nil {
		if call.Method == "sendmany" {
			pass(takesLong)
		}
		result, no = w.do(call.Method, call.Params)
	}
	answer := object{"id": call.ID, "result": result, "error": nil}
	if no != nil {
		answer["error"] = object{"code": no.code, "message": no.message}
	}
	_ = json.NewEncoder(to).Encode(answer) // who asked may be dead
}

func (w *wallet) do(method string, params []any) (any, *refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch method {
	case "getbalance":
		return json.Number(walletCoin), nil
	case "listtransactions":
		return w.list(int(as[float64](params[1])), int(as[float64](params[2]))), nil
	case "sendmany":
		p := payment{Coin: w.free(), Outputs: []object{as[object](params[1])}, comment: fmt.Sprint(params[3]), at: time.Now()}
		w.keep(p)
		return p.id(), nil
	case "walletcreatefundedpsbt":
		p := payment{Coin: w.free()}
		for _, o := range as[[]any](params[1]) {
			p.Outputs = append(p.Outputs, as[object](o))
		}
		return object{"psbt": p.hex(), "changepos": -1}, nil
	case "walletprocesspsbt":
		return object{"psbt": params[0], "complete": true}, nil
	case "finalizepsbt":
		return object{"hex": params[0], "complete": true}, nil
	case "decoderawtransaction":
		return decoded(parsePayment(params[0])), nil
	case "lockunspent":
		return true, w.lock(as[bool](params[0]), as[[]any](params[1]))
	case "sendrawtransaction":
		return w.broadcast(parsePayment(params[0]))
	case "testmempoolaccept":
		reason := w.rejects(parsePayment(as[[]any](params[0])[0]))
		return []object{{"allowed": reason == "", "reject-reason": reason}}, nil
	case "gettransaction":
		p := w.find(fmt.Sprint(params[0]))
		if p == nil {
			return nil, &refusal{-5, "Invalid or non-wallet transaction id"}
		}
		return object{"confirmations": p.confirmations(), "time": p.at.Unix()}, nil
	case "liquidityinfo":
		return "", nil
	}
	return nil, &refusal{-32601, "Method not found"}
}

// as is a parameter of that type. Another one is a bug of ours.
func as[T any](param any) T {
	t, ok := param.(T)
	if !ok {
		panic(fmt.Sprintf("%v: must be a %T", param, t))
	}
	return t
}

// free is the first coin that is neither spent nor locked.
func (w *wallet) free() int {
	coin := 0
	for w.spent[coin] || w.locked[coin] {
		coin++
	}
	return coin
}

func (w *wallet) keep(p payment) {
	w.sent, w.spent[p.Coin] = append(w.sent, p), true
}

func (w *wallet) find(id string) *payment {
	i := slices.IndexFunc(w.sent, func(p payment) bool { return p.id() == id })
	if i < 0 {
		return nil
	}
	return &w.sent[i]
}

// list is the newest count payments but skip, oldest first.
func (w *wallet) list(count, skip int) []object {
	entries := []object{}
	for _, p := range w.sent {
		entries = append(entries, object{
			"txid": p.id(), "comment": p.comment, "confirmations": p.confirmations(), "time": p.at.Unix(),
		})
	}
	entries = entries[:max(0, len(entries)-skip)]
	return entries[max(0, len(entries)-count):]
}

func decoded(p payment) object {
	outputs := []object{}
	for _, o := range p.Outputs {
		for address, amount := range o {
			outputs = append(outputs, object{"value": json.Number(fmt.Sprint(amount)), "scriptPubKey": object{"address": address}})
		}
	}
	return object{"txid": p.id(), "vin": []object{{"txid": "coins", "vout": p.Coin}}, "vout": outputs}
}

func (w *wallet) lock(unlock bool, coins []any) *refusal {
	for _, c := range coins {
		coin := int(as[float64](as[object](c)["vout"]))
		if w.locked[coin] != unlock || w.spent[coin] {
			return &refusal{-8, "Invalid parameter, output already locked, expected locked or unspent output"}
		}
		w.locked[coin] = !unlock
	}
	return nil
}

// rejects says why the network would not take p, "" if it would.
func (w *wallet) rejects(p payment) string {
	switch known := w.find(p.id()); {
	case known != nil && known.confirmations() > 0:
		return "txn-already-known"
	case known != nil:
		return "txn-already-in-mempool"
	case w.spent[p.Coin]:
		return "missing-inputs"
	}
	return ""
}

func (w *wallet) broadcast(p payment) (any, *refusal) {
	switch reason := w.rejects(p); reason {
	case "":
		p.at = time.Now()
		w.keep(p)
		return p.id(), nil
	case "txn-already-known":
		return nil, &refusal{-27, "Transaction already in block chain"}
	case "missing-inputs":
		return nil, &refusal{-25, "bad-txns-inputs-missingorspent"}
	default:
		return nil, &refusal{-26, reason}
	}
}
