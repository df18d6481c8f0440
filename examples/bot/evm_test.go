package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/ethereum/go-ethereum"
	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/common/hexutil"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/params"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/chains"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/pooltest"
)

// port is a real node with the real contracts: a pool of a million a side in which a
// hundred units are one bps, and a stabilizer with 50,000 of each. A block comes when
// the test says so.
type port struct {
	*testing.T
	node   *evmtest.Node
	owner  *ecdsa.PrivateKey
	keeper *ecdsa.PrivateKey
	nonce  uint64

	base, quote, pool, stabilizer, trader ship
}

// ship is a contract.
type ship struct {
	common.Address
	*contracts.Artifact
}

const portID = 138

// A hundred units are one bps in the pool of the port.
var hundred = whole(100, 6)

func openPort(t *testing.T) *port {
	t.Helper()
	return openPortWith(t, contracts.TargetLimits(hundred))
}

func openPortWith(t *testing.T, c contracts.StabilizerConfig) *port {
	t.Helper()
	p := &port{T: t, owner: evmtest.Key(t, "owner"), keeper: evmtest.Key(t, "keeper")}
	us := crypto.PubkeyToAddress(p.owner.PublicKey)
	p.node = evmtest.Start(t, portID, us, crypto.PubkeyToAddress(p.keeper.PublicKey))
	p.base = p.deploy("Token", "cUSDT", "cUSDT", uint8(6), us)
	p.quote = p.deploy("Token", "USDT", "USDT", uint8(6), us)
	p.trader = p.deploy("Attacker")
	p.stabilizer = p.deploy("Stabilizer", us)
	p.pool = p.deploy("PublicPool", contracts.PoolConfig{
		Base: p.base.Address, Quote: p.quote.Address, Maintainer: us, MtFeeRate: new(big.Int), LpFeeRate: new(big.Int),
		I: whole(1, 18), K: whole(5, 17),
	})
	for _, token := range []ship{p.base, p.quote} {
		p.do(token, "mint", p.pool.Address, whole(1_000_000, 6))
		p.do(token, "mint", p.stabilizer.Address, whole(50_000, 6))
		p.do(token, "mint", p.trader.Address, whole(1_000_000, 6))
	}
	p.do(p.pool, "buyShares", us)
	c.Observed, c.Route, c.Peg = p.pool.Address, []common.Address{p.pool.Address}, whole(1, 18)
	p.do(p.stabilizer, "configure", c)
	p.do(p.stabilizer, "setKeeper", crypto.PubkeyToAddress(p.keeper.PublicKey), true)
	p.do(p.stabilizer, "unpause")
	p.commit()
	return p
}

// whole is n with so many zeros.
func whole(n, digits int64) *big.Int {
	return new(big.Int).Mul(big.NewInt(n), new(big.Int).Exp(big.NewInt(10), big.NewInt(digits), nil))
}

func (p *port) load(name string) *contracts.Artifact {
	p.Helper()
	if a, err := contracts.Load(contracts.Name(name)); err == nil {
		return a
	}
	text, err := os.ReadFile("../../chain/evm/contracts/artifacts/test/" + name + ".json")
	require.NoError(p, err)
	a, err := contracts.Parse(text)
	require.NoError(p, err)
	return a
}

func (p *port) deploy(name string, args ...any) ship {
	p.Helper()
	a := p.load(name)
	data, err := a.Creation(args...)
	require.NoError(p, err)
	at := crypto.CreateAddress(crypto.PubkeyToAddress(p.owner.PublicKey), p.nonce)
	p.send(nil, data)
	return ship{at, a}
}

// do puts a call by the owner into the next block.
func (p *port) do(on ship, method string, args ...any) {
	p.Helper()
	data, err := on.ABI.Pack(method, args...)
	require.NoError(p, err)
	p.send(&on.Address, data)
}

func (p *port) send(to *common.Address, data []byte) {
	p.Helper()
	tx := types.MustSignNewTx(p.owner, types.LatestSignerForChainID(big.NewInt(portID)), &types.DynamicFeeTx{
		Nonce: p.nonce, To: to, Data: data, Gas: 8_000_000, GasFeeCap: big.NewInt(10 * params.GWei), GasTipCap: big.NewInt(2 * params.GWei),
	})
	require.NoError(p, p.node.Client().SendTransaction(p.Context(), tx))
	p.nonce++
}

// commit seals a block with all that was sent, and returns its number.
func (p *port) commit() uint64 {
	p.Helper()
	p.eventually(func() bool { return p.pending(p.owner) >= p.nonce }, "the node takes up what was sent")
	p.node.Commit()
	n, err := p.node.Client().BlockNumber(p.Context())
	require.NoError(p, err)
	return n
}

// pending is how many transactions the node has of an account.
func (p *port) pending(of *ecdsa.PrivateKey) uint64 {
	p.Helper()
	n, err := p.node.Client().PendingNonceAt(p.Context(), crypto.PubkeyToAddress(of.PublicKey))
	require.NoError(p, err)
	return n
}

// eventually waits for what happens in its own time.
func (p *port) eventually(is func() bool, what string) {
	p.Helper()
	for end := time.After(20 * time.Second); !is(); {
		select {
		case <-end:
			p.Fatal("never: " + what)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

func (p *port) number(of ship, method string, args ...any) *big.Int {
	p.Helper()
	data, err := of.ABI.Pack(method, args...)
	require.NoError(p, err)
	answer, err := p.node.Client().CallContract(p.Context(), ethereum.CallMsg{To: &of.Address, Data: data}, nil)
	require.NoError(p, err)
	out, err := of.ABI.Unpack(method, answer)
	require.NoError(p, err)
	n, is := out[0].(*big.Int)
	require.True(p, is, method)
	return n
}

// refusal is why the contract would not let the keeper sell now.
func (p *port) refusal() string {
	p.Helper()
	n, err := p.node.Client().BlockNumber(p.Context())
	require.NoError(p, err)
	data := abi.ExecutePrivateSwap.Encode(abi.Swap{
		Size: *uint256.NewInt(100e6), TokenIn: chain.Address(p.base.Address), TokenOut: chain.Address(p.quote.Address), DeadlineBlock: n + 5,
	})
	_, err = p.node.Client().PendingCallContract(p.Context(), ethereum.CallMsg{From: crypto.PubkeyToAddress(p.keeper.PublicKey), To: &p.stabilizer.Address, Data: data})
	require.Error(p, err)
	var reverted interface{ ErrorData() any }
	require.ErrorAs(p, err, &reverted)
	why, err := hexutil.Decode(fmt.Sprint(reverted.ErrorData()))
	require.NoError(p, err)
	return contracts.Reason(why)
}

// offBps is how far the pool is from the peg.
func (p *port) offBps() float64 {
	off := new(big.Int).Sub(p.number(p.pool, "getMidPrice"), whole(1, 18))
	bps, _ := new(big.Rat).SetFrac(off, whole(1, 14)).Float64()
	return bps
}

// executions is how often the stabilizer has traded.
func (p *port) executions() int {
	p.Helper()
	logs, err := p.node.Client().FilterLogs(p.Context(), ethereum.FilterQuery{
		Addresses: []common.Address{p.stabilizer.Address}, Topics: [][]common.Hash{{p.stabilizer.ABI.Events["PrivateSwapExecuted"].ID}},
	})
	require.NoError(p, err)
	return len(logs)
}

// act is one thing that the trader does in a transaction.
type act struct {
	To   common.Address
	Data []byte
}

// push is the trader selling units of either token to the pool, and restore selling
// back what that gave.
func (p *port) push(sellBase bool, units int64) act {
	data, err := p.trader.ABI.Pack("push", p.pool.Address, sellBase, whole(units, 6))
	require.NoError(p, err)
	return act{p.trader.Address, data}
}

func (p *port) restore(sellBase bool) act {
	data, err := p.trader.ABI.Pack("restore", p.pool.Address, sellBase)
	require.NoError(p, err)
	return act{p.trader.Address, data}
}

// trade puts acts into one transaction of the next block.
func (p *port) trade(acts ...act) { p.do(p.trader, "run", acts) }

// chart writes a keeper's configuration, which change has altered.
func (p *port) chart(url string, change func(string) string) (config string) {
	p.Helper()
	dir := p.TempDir()
	key := filepath.Join(dir, "keeper.key")
	require.NoError(p, os.WriteFile(key, []byte(hex.EncodeToString(crypto.FromECDSA(p.keeper))), 0o600))
	text := fmt.Sprintf(`pair: cUSDT/USDT
depth_units_per_bps: 100
block_time: 2s
every: 100ms
chain: 138
rpc: [%s]
private_rpc: [%s]
key_file: %s
stabilizer: "%s"
pool: "%s"
tokens:
  cUSDT: {address: "%s", decimals: 6}
  USDT: {address: "%s", decimals: 6}
state: sqlite:%s
metrics: off
`, url, url, key, p.stabilizer, p.pool, p.base, p.quote, filepath.Join(dir, "keeper.db"))
	if change != nil {
		text = change(text)
	}
	config = filepath.Join(dir, "keeper.yaml")
	require.NoError(p, os.WriteFile(config, []byte(text), 0o600))
	return config
}

// logbook is what a bot writes, one look a line.
type logbook struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (l *logbook) Write(line []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(line)
}

func (l *logbook) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

type look struct {
	Block  uint64
	Action string
	Reason string
	Fault  string
}

// at returns the look that judged a block.
func (l *logbook) at(block uint64) (found look, ok bool) {
	for line := range strings.SplitSeq(l.String(), "\n") {
		var one look
		if json.Unmarshal([]byte(line), &one) == nil && one.Block == block {
			found, ok = one, true
		}
	}
	return found, ok
}

// block seals a block and waits until the keeper has judged it, and until what it sent
// is there.
func (p *port) block(told *logbook) look {
	p.Helper()
	n := p.commit()
	var found look
	p.eventually(func() (ok bool) {
		found, ok = told.at(n)
		return ok
	}, fmt.Sprintf("block %d is judged:\n%s", n, told))
	if found.Action == "TRADE" || found.Action == "RESUBMIT" {
		us := crypto.PubkeyToAddress(p.keeper.PublicKey)
		p.eventually(func() bool {
			waits, err := p.node.Client().PendingNonceAt(p.Context(), us)
			mined, err2 := p.node.Client().NonceAt(p.Context(), us, nil)
			return err == nil && err2 == nil && waits > mined
		}, "the node takes up what the keeper sent")
	}
	return found
}

// sail runs the keeper beside the test.
func (p *port) sail(config string, args ...string) (told *logbook, stop func() ran) {
	ctx, end := context.WithCancel(p.Context())
	told, wrong := &logbook{}, &logbook{}
	done := make(chan int, 1)
	go func() {
		network := &pooltest.Network{}
		wall := clock.New()
		done <- run(ctx, append([]string{"keeper", "--config", config, "--json"}, args...), host{
			told, wrong, wall, network, network.Serve, nil, chains.World{Clock: wall, Network: http.DefaultTransport},
		})
	}()
	return told, func() ran {
		end()
		return ran{<-done, told.String(), wrong.String()}
	}
}

func TestAKeeperHoldsAPegOnARealNode(t *testing.T) {
	t.Parallel()
	p := openPort(t)
	told, stop := p.sail(p.chart(p.node.URL, nil), "--live")
	p.block(told)
	p.block(told)

	p.trade(p.push(false, 1300))
	require.Equal(t, "sustaining", p.block(told).Reason)
	require.InDelta(t, 13, p.offBps(), 0.1)
	blocks := 1
	for ; p.offBps() > 2; blocks++ {
		require.Less(t, blocks, 5, "the plan's latency\n"+told.String())
		p.block(told)
	}
	require.Equal(t, 1, p.executions())
	require.InDelta(t, 0, p.offBps(), 0.5)
	for range 3 {
		require.Equal(t, "in_band", p.block(told).Reason)
	}

	p.trade(p.push(false, 50_000), p.restore(true))
	for range 4 {
		require.Equal(t, "in_band", p.block(told).Reason, "a flash loan")
	}
	p.trade(p.push(false, 3_000))
	require.Equal(t, "sustaining", p.block(told).Reason)
	require.Contains(t, p.refusal(), "NotSustained", "nor would the contract, whoever has the keeper's key")
	p.trade(p.restore(true))
	for range 4 {
		require.Equal(t, "in_band", p.block(told).Reason, "a price that was pushed for one block")
	}
	require.Equal(t, 1, p.executions())

	p.trade(p.push(true, 1300)) // and from below
	for range 4 {
		p.block(told)
	}
	require.Equal(t, 2, p.executions(), told)
	require.InDelta(t, 0, p.offBps(), 0.5)
	got := stop()
	require.Equal(t, exitOK, got.code, got.err)
	require.NotContains(t, got.out, "fault")
}

// The careful profile takes a block more, corrects half, and then half of the rest.
func TestACarefulKeeperHoldsAPegOnARealNode(t *testing.T) {
	t.Parallel()
	p := openPortWith(t, contracts.ConservativeLimits(hundred))
	told, stop := p.sail(p.chart(p.node.URL, instead(t, "pair:", "profile: conservative\npair:")), "--live")
	for range 3 {
		p.block(told)
	}
	p.trade(p.push(false, 1300))
	blocks := 0
	for ; p.executions() == 0; blocks++ {
		require.Less(t, blocks, 6, told)
		p.block(told)
	}
	require.Equal(t, 5, blocks)
	require.InDelta(t, 6.5, p.offBps(), 0.2)
	for range 12 {
		p.block(told)
	}
	require.Equal(t, 3, p.executions(), told)
	require.Less(t, p.offBps(), 2.0)
	got := stop()
	require.Equal(t, exitOK, got.code, got.err)
	require.NotContains(t, got.out, "reverted")
}

func TestAKeeperOnARealNodeRefusesBeforeItSendsAnything(t *testing.T) {
	t.Parallel()
	p := openPort(t)
	for _, c := range []struct {
		story  string
		change func(text string) string
		says   string
	}{
		{"another chain than the file's", func(text string) string { return strings.Replace(text, "chain: 138", "chain: 137", 1) }, "137"},
		{"a node that is not there", func(text string) string { return strings.ReplaceAll(text, p.node.URL, "http://127.0.0.1:1") }, "127.0.0.1:1"},
		{"a key of somebody who keeps nothing", p.withKey(p.owner), "must be the key of a keeper of the contract"},
		{"an account without a coin", p.withKey(evmtest.Key(t, "poor")), "balance of " + strings.ToLower(crypto.PubkeyToAddress(evmtest.Key(t, "poor").PublicKey).Hex()) + " 0 wei: must be >= "},
		{"a token for the pool", func(text string) string {
			return strings.Replace(text, "pool: \""+p.pool.Hex(), "pool: \""+p.base.Hex(), 1)
		}, "must be a contract that answers _BASE_TOKEN_()"},
		{"an account for the stabilizer", func(text string) string {
			return strings.Replace(text, "stabilizer: \""+p.stabilizer.Hex(), "stabilizer: \""+crypto.PubkeyToAddress(p.owner.PublicKey).Hex(), 1)
		}, "must be a contract that answers isKeeper(address)"},
		{"tokens of other digits", func(text string) string { return strings.Replace(text, "decimals: 6", "decimals: 8", 1) }, "tokens.cUSDT.decimals 8: must be the token's, 6"},
	} {
		t.Run(c.story, func(t *testing.T) {
			at := *p
			at.T = t
			got := at.run(at.chart(p.node.URL, c.change), "--live")
			require.NotEqual(t, exitOK, got.code)
			require.Contains(t, got.err, c.says)
			require.Equal(t, 1, strings.Count(got.err, "\n"), "one line: "+got.err)
			require.Empty(t, got.out)
		})
	}
	t.Run("a key file that others may read", func(t *testing.T) {
		at := *p
		at.T = t
		config := at.chart(p.node.URL, nil)
		require.NoError(t, os.Chmod(filepath.Join(filepath.Dir(config), "keeper.key"), 0o640))
		got := at.run(config, "--live")
		require.Equal(t, exitUsage, got.code)
		require.Contains(t, got.err, "must be a file that only its owner may read (chmod 600)")
	})
	waits, err := p.node.Client().PendingNonceAt(t.Context(), crypto.PubkeyToAddress(p.keeper.PublicKey))
	require.NoError(t, err)
	require.Zero(t, waits, "nothing was sent")
}

// run is sail for a keeper that ends by itself.
func (p *port) run(config string, args ...string) ran {
	p.Helper()
	var out, err bytes.Buffer
	network, wall := &pooltest.Network{}, clock.New()
	code := run(p.Context(), append([]string{"keeper", "--config", config}, args...), host{
		&out, &err, wall, network, network.Serve, nil, chains.World{Clock: wall, Network: http.DefaultTransport},
	})
	return ran{code, out.String(), err.String()}
}

// withKey is a change that gives the keeper another key.
func (p *port) withKey(key *ecdsa.PrivateKey) func(string) string {
	file := filepath.Join(p.TempDir(), "other.key")
	require.NoError(p, os.WriteFile(file, []byte(hex.EncodeToString(crypto.FromECDSA(key))), 0o600))
	return func(text string) string {
		before, rest, _ := strings.Cut(text, "key_file: ")
		_, after, _ := strings.Cut(rest, "\n")
		return before + "key_file: " + file + "\n" + after
	}
}
