package evmtest

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"slices"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/rpc"

	"github.com/evenkeelhq/evenkeel/chain"
)

// eth is the part of the eth_ methods that clients use, by the execution API's
// specification. Its exported methods are what package rpc serves.
type eth struct{ *View }

var (
	errUnknownBlock = errors.New("header for hash not found")
	errNotCanonical = errors.New("hash is not currently canonical")
)

// revertError is what nodes answer when a call reverts.
type revertError struct{ cause error }

func (r revertError) Error() string          { return "execution reverted: " + r.cause.Error() }
func (r revertError) ErrorCode() int         { return 3 }
func (r revertError) ErrorData() interface{} { return "0x" }

// look locks the script, and returns what it takes to look at it through this view.
func (e *eth) look() (glance, func()) {
	e.script.mu.Lock()
	g := glance{e.script, e.wrong(), e.name, e.script.head().Number}
	g.top -= min(g.wrong.Lag, g.top)
	return g, e.script.mu.Unlock
}

// glance is the script as one view shows it at one moment.
type glance struct {
	*Script
	wrong Faults
	name  string
	top   uint64
}

// block returns the block of that number as the view shows it: under another hash,
// where it has other blocks than everybody else.
func (g glance) block(number uint64) chain.Block {
	b := g.blocks[number].Block
	b.Hash = g.hash(number)
	if number > 0 {
		b.Parent = g.hash(number - 1)
	}
	return b
}

func (g glance) hash(number uint64) chain.Hash {
	hash := g.blocks[number].Hash
	if number+g.wrong.Fork > g.top {
		return g.other(hash)
	}
	return hash
}

// other is a hash of the view's own.
func (g glance) other(h chain.Hash) chain.Hash { return sha256.Sum256(append([]byte(g.name), h[:]...)) }

// newest is the head that the view names.
func (g glance) newest() chain.Block {
	b := g.block(g.top)
	if g.wrong.Ahead > 0 {
		b.Number += g.wrong.Ahead
		b.Parent, b.Hash = g.other(b.Hash), g.other(g.other(b.Hash))
	}
	return b
}

// at finds the block that a caller means, and refuses one that is not canonical when
// that is asked for.
func (g glance) at(where rpc.BlockNumberOrHash) (*scripted, error) {
	if number, ok := where.Number(); ok {
		if number > 0 && uint64(number) > g.top {
			return nil, errUnknownBlock
		}
		return g.blocks[g.height(number)], nil
	}
	hash, _ := where.Hash()
	b, canonical := g.named(chain.Hash(hash))
	switch {
	case b == nil:
		return nil, errUnknownBlock
	case !canonical && where.RequireCanonical:
		return nil, errNotCanonical
	}
	return b, nil
}

// named finds a block by its hash, canonical or not.
func (g glance) named(hash chain.Hash) (b *scripted, canonical bool) {
	for n := g.top + 1; n > g.top-min(g.wrong.Fork, g.top); n-- {
		if g.hash(n-1) == hash {
			return g.blocks[n-1], true
		}
	}
	b = g.known[hash]
	if b == nil || b.Number > g.top {
		return nil, false
	}
	return b, g.hash(b.Number) == hash
}

// ChainId is eth_chainId.
func (e *eth) ChainId() hexutil.Uint64 { return hexutil.Uint64(e.script.chain.ID()) }

// BlockNumber is eth_blockNumber.
func (e *eth) BlockNumber() hexutil.Uint64 {
	g, unlock := e.look()
	defer unlock()
	return hexutil.Uint64(g.newest().Number)
}

// GetBlockByNumber is eth_getBlockByNumber, without the transactions.
func (e *eth) GetBlockByNumber(number rpc.BlockNumber, _ bool) map[string]any {
	g, unlock := e.look()
	defer unlock()
	switch {
	case number < 0:
		return header(g.newest())
	case uint64(number) > g.top:
		return nil
	}
	return header(g.block(uint64(number)))
}

// GetBlockByHash is eth_getBlockByHash, without the transactions.
func (e *eth) GetBlockByHash(hash common.Hash, _ bool) map[string]any {
	g, unlock := e.look()
	defer unlock()
	b, canonical := g.named(chain.Hash(hash))
	switch {
	case b == nil:
		return nil
	case canonical:
		return header(g.block(b.Number))
	}
	return header(b.Block)
}

// header is what clients of ours read of a block; a real node tells much more.
func header(b chain.Block) map[string]any {
	return map[string]any{
		"number":        hexutil.Uint64(b.Number),
		"hash":          b.Hash,
		"parentHash":    b.Parent,
		"timestamp":     hexutil.Uint64(b.Time.Unix()), //nolint:gosec // after 1970
		"baseFeePerGas": (*hexutil.U256)(&b.GasPrice),
	}
}

// message is the call object of eth_call and eth_estimateGas.
type message struct {
	From  chain.Address  `json:"from"`
	To    *chain.Address `json:"to"`
	Input hexutil.Bytes  `json:"input"`
	Data  hexutil.Bytes  `json:"data"` // what Input was called
}

// Call is eth_call.
func (e *eth) Call(ctx context.Context, m message, where rpc.BlockNumberOrHash) (hexutil.Bytes, error) {
	g, unlock := e.look()
	defer unlock()
	b, err := g.at(where)
	if err != nil {
		return nil, err
	}
	answer, err := g.call(ctx, m, b.Hash)
	if err == nil && g.wrong.OtherState && len(answer) > 0 {
		answer = slices.Clone(answer)
		answer[len(answer)-1] ^= 1
	}
	return answer, err
}

func (g glance) call(ctx context.Context, m message, at chain.Hash) (hexutil.Bytes, error) {
	if m.To == nil {
		return nil, revertError{errors.New("nothing to create")}
	}
	if m.Input == nil {
		m.Input = m.Data
	}
	if len(m.Input) == 0 {
		return nil, nil // a transfer
	}
	answers, err := g.reader(m.From).Read(ctx, at, chain.Call{To: *m.To, Data: m.Input})
	if errors.Is(err, chain.ErrReverted) {
		return nil, revertError{err}
	}
	if err != nil {
		return nil, err
	}
	return answers[0], nil
}

// EstimateGas is eth_estimateGas.
func (e *eth) EstimateGas(ctx context.Context, m message, _ *rpc.BlockNumberOrHash) (hexutil.Uint64, error) {
	g, unlock := e.look()
	defer unlock()
	_, err := g.call(ctx, m, g.blocks[g.top].Hash)
	return gasUsed, err
}

// GasPrice is eth_gasPrice.
func (e *eth) GasPrice() *hexutil.U256 {
	g, unlock := e.look()
	defer unlock()
	price := g.baseFee
	price.AddUint64(&price, tipWei)
	return (*hexutil.U256)(&price)
}

// MaxPriorityFeePerGas is eth_maxPriorityFeePerGas.
func (e *eth) MaxPriorityFeePerGas() hexutil.Uint64 { return tipWei }

// GetTransactionCount is eth_getTransactionCount.
func (e *eth) GetTransactionCount(account chain.Address, where rpc.BlockNumberOrHash) (hexutil.Uint64, error) {
	g, unlock := e.look()
	defer unlock()
	b, err := g.at(where)
	if err != nil {
		return 0, err
	}
	count := g.nonce(account, b.Number)
	if number, ok := where.Number(); ok && number == rpc.PendingBlockNumber {
		for g.pool[account][count] != nil {
			count++
		}
	}
	return hexutil.Uint64(count), nil
}

// GetBalance is eth_getBalance: everybody has a million ether.
func (e *eth) GetBalance(_ chain.Address, where rpc.BlockNumberOrHash) (*hexutil.Big, error) {
	g, unlock := e.look()
	defer unlock()
	_, err := g.at(where)
	return (*hexutil.Big)(wealth), err
}

// SendRawTransaction is eth_sendRawTransaction.
func (e *eth) SendRawTransaction(raw hexutil.Bytes) (chain.Hash, error) {
	g, unlock := e.look()
	defer unlock()
	return g.submit(raw, g.top, g.wrong.Drop)
}

// find returns a transaction that a block at or below the view's head includes, and
// that block and its place in it, or one that waits.
func (g glance) find(hash common.Hash) (tx *inclusion, in *scripted, place int) {
	for _, b := range slices.Backward(g.blocks[:g.top+1]) {
		for i, tx := range b.included {
			if tx.Hash() == hash {
				return tx, b, i
			}
		}
	}
	for from, txs := range g.pool {
		for _, tx := range txs {
			if tx.Hash() == hash {
				return &inclusion{Transaction: tx, from: from}, nil, 0
			}
		}
	}
	return nil, nil, 0
}

// GetTransactionByHash is eth_getTransactionByHash.
func (e *eth) GetTransactionByHash(hash common.Hash) (map[string]any, error) {
	g, unlock := e.look()
	defer unlock()
	tx, b, place := g.find(hash)
	if tx == nil {
		return nil, nil
	}
	text, err := tx.MarshalJSON()
	if err != nil {
		return nil, err
	}
	answer := map[string]any{}
	if err := json.Unmarshal(text, &answer); err != nil {
		return nil, err
	}
	answer["from"], answer["blockHash"], answer["blockNumber"], answer["transactionIndex"] = tx.from, nil, nil, nil
	if b != nil {
		answer["blockHash"], answer["blockNumber"], answer["transactionIndex"] = g.hash(b.Number), hexutil.Uint64(b.Number), hexutil.Uint64(place) //nolint:gosec // >= 0
	}
	return answer, nil
}

// GetTransactionReceipt is eth_getTransactionReceipt.
func (e *eth) GetTransactionReceipt(hash common.Hash) map[string]any {
	g, unlock := e.look()
	defer unlock()
	tx, b, place := g.find(hash)
	if b == nil {
		return nil
	}
	price := b.GasPrice
	price.AddUint64(&price, tipWei)
	status := types.ReceiptStatusSuccessful
	if tx.failed {
		status = types.ReceiptStatusFailed
	}
	return map[string]any{
		"transactionHash":   hash,
		"transactionIndex":  hexutil.Uint64(place), //nolint:gosec // >= 0
		"blockHash":         g.hash(b.Number),
		"blockNumber":       hexutil.Uint64(b.Number),
		"from":              tx.from,
		"to":                tx.To(),
		"contractAddress":   nil,
		"cumulativeGasUsed": hexutil.Uint64(gasUsed * (place + 1)), //nolint:gosec // >= 0
		"gasUsed":           hexutil.Uint64(gasUsed),
		"effectiveGasPrice": (*hexutil.U256)(&price),
		"status":            hexutil.Uint64(status),
		"type":              hexutil.Uint64(tx.Type()),
		"logsBloom":         types.Bloom{},
		"logs":              g.logs(b),
	}
}

// logs are those of a block: one for each call that did not revert, from the contract
// called, with the call's first four bytes as topic and its data as data.
func (g glance) logs(b *scripted) []types.Log {
	logs := []types.Log{}
	for i, tx := range b.included {
		if tx.failed || len(tx.Data()) < 4 {
			continue
		}
		logs = append(logs, types.Log{
			Address: *tx.To(), Topics: []common.Hash{common.BytesToHash(tx.Data()[:4])}, Data: tx.Data(),
			BlockNumber: b.Number, BlockHash: common.Hash(g.hash(b.Number)),
			TxHash: tx.Hash(), TxIndex: uint(i), Index: uint(len(logs)), //nolint:gosec // >= 0
		})
	}
	return logs
}

// filter is the argument of eth_getLogs.
type filter struct {
	FromBlock rpc.BlockNumber  `json:"fromBlock"`
	ToBlock   rpc.BlockNumber  `json:"toBlock"`
	Address   []common.Address `json:"address"`
	Topics    [][]common.Hash  `json:"topics"`
}

// GetLogs is eth_getLogs. Like many a real node, it answers for the blocks that it has
// and says nothing of those that it lacks.
func (e *eth) GetLogs(f filter) []types.Log {
	g, unlock := e.look()
	defer unlock()
	logs := []types.Log{}
	from, to := g.height(f.FromBlock), g.height(f.ToBlock)
	if f.FromBlock > rpc.BlockNumber(to) { //nolint:gosec // heights are small
		return logs
	}
	for n := from; n <= to; n++ {
		for _, log := range g.logs(g.blocks[n]) {
			if f.matches(log) {
				logs = append(logs, log)
			}
		}
	}
	if g.wrong.HideLogs {
		hidden := logs[:0]
		for i, log := range logs {
			if i%2 == 1 {
				hidden = append(hidden, log)
			}
		}
		logs = hidden
	}
	return logs
}

// height is a number or tag as one of the blocks that the view has.
func (g glance) height(n rpc.BlockNumber) uint64 {
	if n < 0 {
		return g.top
	}
	return min(uint64(n), g.top)
}

func (f filter) matches(log types.Log) bool {
	if len(f.Address) > 0 && !slices.Contains(f.Address, log.Address) {
		return false
	}
	for i, wanted := range f.Topics {
		if len(wanted) > 0 && (i >= len(log.Topics) || !slices.Contains(wanted, log.Topics[i])) {
			return false
		}
	}
	return true
}
