package evm_test

import (
	"encoding/json"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
)

// editReceipts changes what the node says of receipts.
func editReceipts(change func(map[string]any)) func(string, *response) {
	return func(method string, answer *response) {
		var receipt map[string]any
		if method != "eth_getTransactionReceipt" || json.Unmarshal(answer.Result, &receipt) != nil || receipt == nil {
			return
		}
		change(receipt)
		answer.Result, _ = json.Marshal(receipt)
	}
}

func TestAReceiptThatIsNotBelieved(t *testing.T) {
	for name, row := range map[string]struct {
		change func(map[string]any)
		is     error
		says   string
	}{
		"without a status":            {func(r map[string]any) { delete(r, "status") }, evm.ErrBadAnswer, "no status"},
		"with a number that is none":  {func(r map[string]any) { r["gasUsed"] = "many" }, evm.ErrBadAnswer, "receipt of 0x"},
		"of a block that is not ours": {func(r map[string]any) { r["blockHash"] = "0x" + strings.Repeat("12", 32) }, chain.ErrReorged, "which holds 0x"},
		"of a block above the head":   {func(r map[string]any) { r["blockNumber"] = "0xffff" }, chain.ErrReorged, "block 65535"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			r.send("a", r.tx(r.add))
			r.mine()
			r.set(func() { r.edit = editReceipts(row.change) })
			_, err := r.client.Receipt(t.Context(), "a")
			require.ErrorIs(t, err, row.is)
			require.ErrorContains(t, err, row.says)
			_, err = r.client.Send(t.Context(), "a", r.tx(r.add))
			require.Error(t, err, "what is uncertain is not sent again")
			require.Len(t, r.sent, 1)
			r.set(func() { r.edit = nil })
			r.receipt("a", chain.Mined)
		})
	}
}

func TestTwoNodesThatDisagree(t *testing.T) {
	r := newRig(t)
	second := &rig{TB: t, node: r.node}
	proxy := httptest.NewServer(second)
	t.Cleanup(proxy.Close)
	cfg := r.config()
	cfg.URLs = append(cfg.URLs, proxy.URL)
	r.client = r.open(cfg)
	tx := r.tx(r.add)
	r.send("a", tx)
	require.Len(t, second.sent, 1, "both are given it")
	r.mine()
	r.receipt("a", chain.Mined)

	for name, edit := range map[string]func(string, *response){
		"about a receipt": editReceipts(func(m map[string]any) { m["status"] = "0x0" }),
		"about whether there is one": func(method string, answer *response) {
			if method == "eth_getTransactionReceipt" {
				answer.Result = json.RawMessage("null")
			}
		},
		"about a nonce": func(method string, answer *response) {
			if method == "eth_getTransactionCount" {
				answer.Result = json.RawMessage(`"0x0"`)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			second.set(func() { second.edit = edit })
			_, err := r.client.Receipt(t.Context(), "a")
			require.ErrorIs(t, err, evm.ErrDisagree)
			_, err = r.client.Send(t.Context(), "a", tx)
			require.ErrorIs(t, err, evm.ErrDisagree)
			require.Len(t, r.sent, 1)
		})
	}
	t.Run("about the state, and nothing is sent for the first time either", func(t *testing.T) {
		second.set(func() {
			second.edit = func(method string, answer *response) {
				if method == "eth_call" || method == "eth_getBalance" {
					answer.Result = json.RawMessage(`"0x1"`)
				}
			}
		})
		_, err := r.client.Read(t.Context(), r.head().Hash, r.total)
		require.ErrorIs(t, err, evm.ErrDisagree)
		_, err = r.client.Send(t.Context(), "b", tx)
		require.ErrorIs(t, err, evm.ErrDisagree)
		_, err = r.client.Receipt(t.Context(), "b")
		require.ErrorIs(t, err, chain.ErrNotFound)
	})
	t.Run("when one does not take what the other takes, that is enough", func(t *testing.T) {
		second.set(func() {
			second.edit = func(method string, answer *response) {
				if method == "eth_sendRawTransaction" {
					answer.Result, answer.Error = nil, json.RawMessage(`{"code":-32000,"message":"txpool is full"}`)
				}
			}
		})
		r.send("c", tx)
		r.set(func() { r.edit = second.edit })
		_, err := r.client.Send(t.Context(), "d", tx)
		require.ErrorContains(t, err, "submit: URLs[0]: txpool is full; submit: URLs[1]: txpool is full")
		require.NotContains(t, err.Error(), "\n")
	})
}
