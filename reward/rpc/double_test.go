package rpc_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/reward/rpc"
)

const (
	user     = "pool"
	password = "a password that no log may show"
	timeout  = 30 * time.Second
)

var start = time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)

func dec(s string) decimal.Decimal { return decimal.RequireFromString(s) }

// Faults of one call.
type fault string

const (
	fine        fault = "nothing goes wrong"
	loseRequest fault = "the connection is reset before anything is done"
	loseAnswer  fault = "it is done, and the connection is reset"
	hang        fault = "it is done, and the answer never comes"
	queue       fault = "the answer never comes, and it is done later"
	slow        fault = "it is done, and the answer takes 10 s"
	page        fault = "it is done, and a gateway answers with a page"
	gateway     fault = "a gateway answers that it gave up, and it is done later"
	noFunds     fault = "refused: -6"
	badAddress  fault = "refused: -5"
	noMethod    fault = "refused: -32601"
	commit      fault = "refused: -4, after the wallet kept the transaction"
)

// coin is an output of a transaction.
type coin struct {
	TxID string `json:"txid"`
	Vout int    `json:"vout"`
}

// pays is one output.
type pays struct {
	Address string
	Value   decimal.Decimal
}

// transaction is all that there is to one; its id is the hash of that.
type transaction struct {
	Inputs  []coin
	Outputs []pays
}

func (t transaction) hex() string {
	text, err := json.Marshal(t)
	if err != nil {
		panic(err)
	}
	return hex.EncodeToString(text)
}

func (t transaction) id() string {
	sum := sha256.Sum256([]byte(t.hex()))
	return hex.EncodeToString(sum[:])
}

func parse(raw string) (t transaction, err error) {
	text, err := hex.DecodeString(raw)
	if err != nil {
		return t, err
	}
	return t, json.Unmarshal(text, &t)
}

// kept is a transaction in the wallet.
type kept struct {
	transaction
	id, comment string
	time        time.Time
}

// daemon is a bitcoind, or a nud, with one wallet, a pool of transactions and a
// chain whose blocks hold only the wallet's. It wants the password, and is as
// strict about amounts as the real one.
type daemon struct {
	t      *testing.T
	clock  *clock.Mock
	server *httptest.Server
	nud    bool // reads no amount from a string, has 4 decimals and no PSBT

	mu      sync.Mutex
	wallet  []kept             // in the order in which they came
	spends  map[coin][]int     // which of the wallet spend a coin
	pool    []string           // ids
	blocks  int                // how many there are
	heights map[string]int     // in which block, from 1, a transaction is
	locked  map[coin]bool      // until it restarts
	faults  map[string][]fault // by method, one per call
	queued  []func()
	hits    map[string]int // by method
	reports [][]any        // of liquidityinfo
	starts  bool           // refuses everything: it is starting up
	broke   bool           // refuses to pay
	grabs   bool           // signs for one output more
	skips   bool           // and for one less
	spoil   func(method, body string) string
}

// newDaemon starts one whose wallet has 100 coins of 10 each.
func newDaemon(t *testing.T) *daemon {
	t.Helper()
	d := &daemon{
		t: t, clock: clock.NewMock(), heights: map[string]int{}, spends: map[coin][]int{}, locked: map[coin]bool{}, faults: map[string][]fault{}, hits: map[string]int{},
	}
	d.clock.Set(start)
	d.blocks = 1
	for i := range 10 {
		t := transaction{Inputs: []coin{{"elsewhere", i}}}
		for range 10 {
			t.Outputs = append(t.Outputs, pays{"own", dec("10")})
		}
		d.heights[d.keep(t, "", start.AddDate(0, -1, 0))] = 1
	}
	d.server = httptest.NewServer(d)
	t.Cleanup(d.server.Close)
	return d
}

func (d *daemon) config() rpc.Config {
	c := rpc.Config{URL: d.server.URL, User: user, Password: password, Clock: d.clock, Timeout: timeout, NumericAmounts: d.nud}
	if d.nud {
		c.Places = 4
	}
	return c
}

func (d *daemon) client() *rpc.Client {
	d.t.Helper()
	client, err := rpc.New(d.config())
	require.NoError(d.t, err)
	return client
}

// fails has the next calls of a method go wrong, one each.
func (d *daemon) fails(method string, faults ...fault) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.faults[method] = append(d.faults[method], faults...)
}

func (d *daemon) refuses(all bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.broke = all
}

func (d *daemon) asked(method string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.hits[method]
}

// drain carries out the calls that wait in the queue.
func (d *daemon) drain() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, call := range d.queued {
		call()
	}
	d.queued = nil
}

// mine puts what is in the pool into a block, and blocks on top of it.
func (d *daemon) mine(blocks int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range d.pool {
		d.heights[id] = d.blocks + 1
	}
	d.pool, d.blocks = nil, d.blocks+blocks
}

// reorg replaces that many blocks by empty ones and one more. What was in them
// is back in the pool, unless the pool forgets it.
func (d *daemon) reorg(blocks int, forgets bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.wallet {
		if d.heights[k.id] <= d.blocks-blocks {
			continue
		}
		delete(d.heights, k.id)
		if !forgets {
			d.pool = append(d.pool, k.id)
		}
	}
	d.blocks++
}

// displace mines a transaction that spends the coins of another, paying nobody.
func (d *daemon) displace(id string, depth int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	other := transaction{Inputs: d.find(id).Inputs, Outputs: []pays{{"own", dec("1")}}}
	d.heights[d.keep(other, "", d.clock.Now())] = d.blocks + 1
	d.pool = slices.DeleteFunc(d.pool, func(pooled string) bool { return pooled == id })
	d.blocks += depth
}

// restart frees the coins that were locked and drops the calls that wait.
func (d *daemon) restart() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.locked, d.queued = map[coin]bool{}, nil
}

// swap has two transactions come into the wallet the other way round.
func (d *daemon) swap(i, j int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wallet[i], d.wallet[j] = d.wallet[j], d.wallet[i]
	for _, c := range d.wallet[i].Inputs { // which both spend
		d.spends[c] = []int{i, j}
	}
}

// rebroadcast puts into the pool again what the wallet sent and it has lost.
func (d *daemon) rebroadcast() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.wallet {
		if !d.stands(k.id) && d.rejects(k.transaction) == "" {
			d.pool = append(d.pool, k.id)
		}
	}
}

// paid is what each address was paid in the chain and the pool.
func (d *daemon) paid() map[string]string {
	d.mu.Lock()
	defer d.mu.Unlock()
	sums := map[string]decimal.Decimal{}
	for _, k := range d.wallet {
		if !d.stands(k.id) {
			continue
		}
		for _, o := range k.Outputs {
			if o.Address != "own" {
				sums[o.Address] = sums[o.Address].Add(o.Value)
			}
		}
	}
	texts := map[string]string{}
	for address, sum := range sums {
		texts[address] = sum.String()
	}
	return texts
}

func (d *daemon) find(id string) *kept {
	for i := range d.wallet {
		if d.wallet[i].id == id {
			return &d.wallet[i]
		}
	}
	return nil
}

func (d *daemon) stands(id string) bool { return d.heights[id] > 0 || slices.Contains(d.pool, id) }

// spender is the transaction that spends a coin, of those that are.
func (d *daemon) spender(c coin, are func(kept) bool) string {
	for _, i := range d.spends[c] {
		if are(d.wallet[i]) {
			return d.wallet[i].id
		}
	}
	return ""
}

func (d *daemon) mined(k kept) bool  { return d.heights[k.id] > 0 }
func (d *daemon) pooled(k kept) bool { return slices.Contains(d.pool, k.id) }

// alive is what the wallet counts as spending, in the pool or not.
func (d *daemon) alive(k kept) bool { return d.confirmations(k) >= 0 }

func (d *daemon) confirmations(k kept) int {
	if at := d.heights[k.id]; at > 0 {
		return d.blocks - at + 1
	}
	for _, c := range k.Inputs {
		if other := d.spender(c, d.mined); other != "" {
			return d.heights[other] - d.blocks - 1
		}
	}
	return 0
}

type object = map[string]any

// refusal is an error of the daemon.
type refusal struct {
	code    int
	message string
}

func (r refusal) Error() string { return r.message }

// ServeHTTP answers one call.
func (d *daemon) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if name, secret, ok := r.BasicAuth(); !ok || name != user || secret != password {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if r.Method != http.MethodPost {
		d.hits[r.Method]++
		if d.nud {
			d.answer(w, r.Method, nil, nil, refusal{-32700, "Parse error"})
			return
		}
		http.Error(w, "JSONRPC server handles only POST requests", http.StatusMethodNotAllowed)
		return
	}
	var call struct {
		ID     any
		Method string
		Params []any
	}
	decoder := json.NewDecoder(r.Body)
	decoder.UseNumber()
	if err := decoder.Decode(&call); err != nil || call.Params == nil {
		d.answer(w, "", nil, nil, refusal{-32700, "Parse error"})
		return
	}
	d.hits[call.Method]++
	do := func() (any, error) { return d.do(call.Method, call.Params) }
	if waiting := d.faults[call.Method]; len(waiting) > 0 {
		d.faults[call.Method] = waiting[1:]
		if do = d.fail(waiting[0], do, w, r); do == nil {
			return
		}
	}
	result, err := do()
	d.answer(w, call.Method, call.ID, result, err)
}

// fail does a call with a fault, or returns how to do it.
func (d *daemon) fail(f fault, do func() (any, error), w http.ResponseWriter, r *http.Request) func() (any, error) {
	later := func() { _, _ = do() }
	switch f {
	case fine:
		return do
	case loseRequest:
		panic(http.ErrAbortHandler)
	case loseAnswer:
		later()
		panic(http.ErrAbortHandler)
	case hang, queue:
		if f == hang {
			later()
		} else {
			d.queued = append(d.queued, later)
		}
		d.clock.Add(timeout)
		<-r.Context().Done()
		panic(http.ErrAbortHandler)
	case slow:
		d.clock.Add(10 * time.Second)
		return do
	case page:
		later()
		http.Error(w, "<html>502 Bad Gateway", http.StatusBadGateway)
		return nil
	case gateway:
		d.queued = append(d.queued, later)
		return func() (any, error) { return nil, refusal{-32000, "upstream timeout"} }
	case noFunds:
		return func() (any, error) { return nil, refusal{-6, "Insufficient funds"} }
	case badAddress:
		return func() (any, error) { return nil, refusal{-5, "Invalid address"} }
	case noMethod:
		return func() (any, error) { return nil, refusal{-32601, "Method not found"} }
	case commit:
		later()
		return func() (any, error) { return nil, refusal{-4, "Transaction commit failed"} }
	}
	panic(f)
}

func (d *daemon) answer(w http.ResponseWriter, method string, id, result any, err error) {
	body := object{"result": result, "error": nil, "id": id}
	status := http.StatusOK
	if no, is := err.(refusal); is { //nolint:errorlint // it is never wrapped
		status, body["error"] = http.StatusInternalServerError, object{"code": no.code, "message": no.message}
	}
	text, err := json.Marshal(body)
	if err != nil {
		panic(err)
	}
	if d.spoil != nil {
		text = []byte(d.spoil(method, string(text)))
	}
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (d *daemon) do(method string, params []any) (any, error) {
	if d.starts {
		return nil, refusal{-28, "Loading block index"}
	}
	switch method {
	case "getbalance":
		return json.Number(d.balance(number(params[1])).StringFixed(8)), nil
	case "listtransactions":
		return d.list(number(params[1]), number(params[2])), nil
	case "sendmany":
		return d.sendmany(params)
	case "liquidityinfo":
		return d.report(params)
	}
	if d.nud {
		return nil, refusal{-32601, "Method not found"}
	}
	switch method {
	case "walletcreatefundedpsbt":
		return d.fund(params)
	case "walletprocesspsbt":
		return object{"psbt": params[0], "complete": true}, nil
	case "finalizepsbt":
		return object{"hex": params[0], "complete": true}, nil
	case "decoderawtransaction":
		return d.decode(params[0])
	case "lockunspent":
		return d.lock(params)
	case "sendrawtransaction":
		return d.broadcast(params[0])
	case "testmempoolaccept":
		t, err := parse(fmt.Sprint(params[0].([]any)[0])) //nolint:errcheck // a panic is a failed test
		if err != nil {
			return nil, refusal{-22, "TX decode failed"}
		}
		reason := d.rejects(t)
		return []object{{"txid": t.id(), "allowed": reason == "", "reject-reason": reason}}, nil
	case "gettransaction":
		k := d.find(fmt.Sprint(params[0]))
		if k == nil {
			return nil, refusal{-5, "Invalid or non-wallet transaction id"}
		}
		return object{"confirmations": d.confirmations(*k), "time": k.time.Unix()}, nil
	}
	return nil, refusal{-32601, "Method not found"}
}

func number(param any) int {
	n, err := param.(json.Number).Int64() //nolint:errcheck // a panic is a failed test
	if err != nil {
		panic(err)
	}
	return int(n)
}

// free are the coins of so many confirmations that the wallet may spend, in order.
func (d *daemon) free(confirmations int) (coins []coin, values []decimal.Decimal) {
	for _, k := range d.wallet {
		if !d.mined(k) || d.confirmations(k) < confirmations {
			continue
		}
		for i, o := range k.Outputs {
			c := coin{k.id, i}
			if o.Address == "own" && !d.locked[c] && d.spender(c, d.alive) == "" {
				coins, values = append(coins, c), append(values, o.Value)
			}
		}
	}
	return coins, values
}

func (d *daemon) balance(confirmations int) (sum decimal.Decimal) {
	_, values := d.free(confirmations)
	for _, v := range values {
		sum = sum.Add(v)
	}
	return sum
}

// amount reads one as the daemon does.
func (d *daemon) amount(param any) (decimal.Decimal, error) {
	text, isText := param.(string)
	n, isNumber := param.(json.Number)
	if isNumber {
		text = string(n)
	}
	value, err := decimal.NewFromString(text)
	switch places := map[bool]int32{true: 4, false: 8}[d.nud]; {
	case !isText && !isNumber, d.nud && isText:
		return value, refusal{-1, "value is type str, expected real"}
	case err != nil, value.Sign() <= 0, !value.Equal(value.Truncate(places)):
		return value, refusal{-3, "Invalid amount"}
	}
	return value, nil
}

// build makes a transaction that pays amounts, with change at the front.
func (d *daemon) build(outputs []pays, confirmations int) (transaction, error) {
	var owed, in decimal.Decimal
	for _, o := range outputs {
		owed = owed.Add(o.Value)
	}
	if d.broke {
		return transaction{}, refusal{-6, "Insufficient funds"}
	}
	var t transaction
	coins, values := d.free(confirmations)
	for i := 0; i < len(coins) && in.LessThan(owed); i++ {
		t.Inputs, in = append(t.Inputs, coins[i]), in.Add(values[i])
	}
	if in.LessThan(owed) {
		return t, refusal{-6, "Insufficient funds"}
	}
	if rest := in.Sub(owed); rest.Sign() > 0 {
		t.Outputs = append(t.Outputs, pays{"own", rest})
	}
	t.Outputs = append(t.Outputs, outputs...)
	return t, nil
}

func (d *daemon) outputs(params map[string]any) (outputs []pays, err error) {
	for _, address := range slices.Sorted(maps.Keys(params)) {
		value, err := d.amount(params[address])
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, pays{address, value})
	}
	return outputs, nil
}

// sendmany "" {address: amount} minconf "comment"
func (d *daemon) sendmany(params []any) (any, error) {
	if len(params) != 4 || params[0] != "" {
		return nil, refusal{-8, "usage"}
	}
	outputs, err := d.outputs(params[1].(object)) //nolint:errcheck // a panic is a failed test
	if err != nil {
		return nil, err
	}
	t, err := d.build(outputs, number(params[2]))
	if err != nil {
		return nil, err
	}
	d.pool = append(d.pool, d.keep(t, fmt.Sprint(params[3]), d.clock.Now()))
	return t.id(), nil
}

// keep puts a transaction into the wallet, unless it is there, and returns its id.
func (d *daemon) keep(t transaction, comment string, at time.Time) string {
	id := t.id()
	if d.find(id) == nil {
		for _, c := range t.Inputs {
			d.spends[c] = append(d.spends[c], len(d.wallet))
		}
		d.wallet = append(d.wallet, kept{t, id, comment, at})
	}
	return id
}

// list is the newest count entries but skip, oldest first.
func (d *daemon) list(count, skip int) []object {
	entries := []object{}
	for _, k := range d.wallet {
		for _, o := range k.Outputs {
			e := object{"address": o.Address, "txid": k.id, "confirmations": d.confirmations(k), "time": k.time.Unix()}
			if k.comment != "" {
				e["comment"] = k.comment
			}
			entries = append(entries, e)
		}
	}
	entries = entries[:max(0, len(entries)-skip)]
	return entries[max(0, len(entries)-count):]
}

// walletcreatefundedpsbt [] [{address: amount}...]
func (d *daemon) fund(params []any) (any, error) {
	var outputs []pays
	for _, param := range params[1].([]any) { //nolint:errcheck // a panic is a failed test
		one, err := d.outputs(param.(object)) //nolint:errcheck // a panic is a failed test
		if err != nil {
			return nil, err
		}
		outputs = append(outputs, one...)
	}
	t, err := d.build(outputs, 1)
	if err != nil {
		return nil, err
	}
	change := -1
	if len(t.Outputs) > len(outputs) {
		change = 0
	}
	if d.skips {
		t.Outputs = t.Outputs[:len(t.Outputs)-1]
	}
	if d.grabs {
		t.Outputs = append(t.Outputs, pays{"thief", dec("1")})
	}
	return object{"psbt": t.hex(), "fee": 0, "changepos": change}, nil
}

func (d *daemon) decode(raw any) (any, error) {
	t, err := parse(fmt.Sprint(raw))
	if err != nil {
		return nil, refusal{-22, "TX decode failed"}
	}
	outputs := []object{}
	for i, o := range t.Outputs {
		script := object{"address": o.Address}
		if i%2 == 1 { // as before bitcoind 22
			script = object{"addresses": []string{o.Address}}
		}
		outputs = append(outputs, object{"value": json.Number(o.Value.StringFixed(8)), "n": i, "scriptPubKey": script})
	}
	return object{"txid": t.id(), "vin": t.Inputs, "vout": outputs}, nil
}

// lockunspent unlock [{txid, vout}...]
func (d *daemon) lock(params []any) (any, error) {
	unlock := params[0] == true
	var coins []coin
	for _, param := range params[1].([]any) { //nolint:errcheck // a panic is a failed test
		p := param.(object) //nolint:errcheck // a panic is a failed test
		coins = append(coins, coin{fmt.Sprint(p["txid"]), number(p["vout"])})
	}
	for _, c := range coins {
		if d.locked[c] != unlock || d.spender(c, d.alive) != "" {
			return nil, refusal{-8, "Invalid parameter, output already locked, expected locked or unspent output"}
		}
	}
	for _, c := range coins {
		d.locked[c] = !unlock
	}
	return true, nil
}

// rejects says why the pool does not take a transaction, "" if it does.
func (d *daemon) rejects(t transaction) string {
	if slices.Contains(d.pool, t.id()) {
		return "txn-already-in-mempool"
	}
	if d.heights[t.id()] > 0 {
		return "txn-already-known"
	}
	for _, c := range t.Inputs {
		if d.spender(c, d.mined) != "" {
			return "missing-inputs"
		}
		if d.spender(c, d.pooled) != "" {
			return "txn-mempool-conflict"
		}
	}
	return ""
}

func (d *daemon) broadcast(raw any) (any, error) {
	t, err := parse(fmt.Sprint(raw))
	if err != nil {
		return nil, refusal{-22, "TX decode failed"}
	}
	switch reason := d.rejects(t); {
	case reason == "txn-already-known":
		return nil, refusal{-27, "Transaction already in block chain"}
	case reason == "missing-inputs":
		return nil, refusal{-25, "bad-txns-inputs-missingorspent"}
	case reason != "":
		return nil, refusal{-26, reason}
	}
	d.pool = append(d.pool, d.keep(t, "", d.clock.Now()))
	return t.id(), nil
}

// liquidityinfo "B" bid ask grantaddress identifier
func (d *daemon) report(params []any) (any, error) {
	if len(params) != 5 || params[0] != "B" || strings.Contains(fmt.Sprint(params[4]), "refused") {
		return nil, refusal{-3, "Invalid currency"}
	}
	for _, p := range params[1:3] {
		if _, isNumber := p.(json.Number); !isNumber {
			return nil, refusal{-1, "value is type str, expected real"}
		}
	}
	d.reports = append(d.reports, params)
	return "", nil
}
