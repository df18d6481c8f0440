package evm_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/crypto"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/chain/evm/pegmanager"
)

func TestLogs(t *testing.T) {
	const event = "RebalancingTriggered(address,uint256)"
	topic := chain.Hash(crypto.Keccak256Hash([]byte(event)))
	r := newRig(t)
	// Logs one word of the input and the caller under the event's topic.
	contract := r.deploy("600035600052" + "33" + "7f" + topic.String()[2:] + "60206000a200")
	word := func(b string) []byte { return []byte(strings.Repeat(b, 32)) }
	for i, b := range []string{"a", "b", "c"} {
		r.send(b, r.tx(chain.Call{To: contract, Data: word(b)}))
		if i > 0 {
			r.mine()
		}
	}
	head := r.head()
	logs, err := r.client.Logs(t.Context(), contract, topic, 0, head.Number)
	require.NoError(t, err)
	require.Len(t, logs, 3)
	for i, b := range []string{"a", "b", "c"} {
		mined := r.receipt(b, chain.Mined)
		require.Equal(t, evm.Log{
			Block: mined.Block, Hash: mined.Hash, Index: uint64(i % 2), Tx: mined.Tx,
			Topics: []chain.Hash{topic, {}}, Data: word(b),
		}, withoutCaller(logs[i], r.key.Address()))
	}
	for name, found := range map[string]func() ([]evm.Log, error){
		"of another contract": func() ([]evm.Log, error) { return r.client.Logs(t.Context(), r.add.To, topic, 0, head.Number) },
		"of another event": func() ([]evm.Log, error) {
			return r.client.Logs(t.Context(), contract, chain.Hash{1}, 0, head.Number)
		},
		"of other blocks": func() ([]evm.Log, error) { return r.client.Logs(t.Context(), contract, topic, 0, logs[0].Block-1) },
	} {
		none, err := found()
		require.NoError(t, err, name)
		require.Empty(t, none, name)
	}
	_, err = r.client.Logs(t.Context(), contract, topic, 0, head.Number+1)
	require.ErrorIs(t, err, chain.ErrNotFound)
	_, err = r.client.Logs(t.Context(), contract, topic, 2, 1)
	require.ErrorIs(t, err, chain.ErrInvalid)

	t.Run("a peg manager's events are read from there", func(t *testing.T) {
		reader, err := pegmanager.New(pegmanager.Config{Chain: r.client, Contract: contract, Event: event, MaxBlocks: 1})
		require.NoError(t, err)
		var all []evm.Log
		var at pegmanager.Position
		for range head.Number + 1 {
			var some []evm.Log
			some, at, err = reader.Read(t.Context(), at)
			require.NoError(t, err)
			all = append(all, some...)
		}
		require.Equal(t, logs, all)
		require.Equal(t, pegmanager.Position{Block: head.Number, Hash: head.Hash}, at)
	})
	t.Run("a node that answers with what was not asked for is not believed", func(t *testing.T) {
		r.set(func() {
			r.edit = func(method string, answer *response) {
				if method == "eth_getLogs" {
					answer.Result = json.RawMessage(strings.ReplaceAll(string(answer.Result), topic.String(), "0x"+strings.Repeat("0", 64)))
				}
			}
		})
		_, err = r.client.Logs(t.Context(), contract, topic, 0, head.Number)
		require.ErrorIs(t, err, evm.ErrBadAnswer)
	})
}

// withoutCaller empties the second topic, having checked that it is who.
func withoutCaller(l evm.Log, who chain.Address) evm.Log {
	if string(l.Topics[1][12:]) == string(who[:]) {
		l.Topics = []chain.Hash{l.Topics[0], {}}
	}
	return l
}
