package evm_test

import (
	"math/big"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/abi"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
)

// deploy returns the address of a contract that has that code.
func (r *rig) deploy(code string) chain.Address {
	r.Helper()
	deployer := evmtest.Key(r, "deployer")
	from := crypto.PubkeyToAddress(deployer.PublicKey)
	nonce, err := r.node.Client().NonceAt(r.Context(), from, nil)
	require.NoError(r, err)
	body := common.FromHex(code)
	size := byte(len(body))
	creation, err := types.SignNewTx(deployer, types.LatestSignerForChainID(big.NewInt(chainID)), &types.DynamicFeeTx{
		ChainID: big.NewInt(chainID), Nonce: nonce, Gas: 2_000_000, GasFeeCap: big.NewInt(1e11), GasTipCap: big.NewInt(1e9),
		// copy what follows these 12 bytes, and return it
		Data: append([]byte{0x60, size, 0x60, 12, 0x60, 0, 0x39, 0x60, size, 0x60, 0, 0xf3}, body...),
	})
	require.NoError(r, err)
	require.NoError(r, r.node.Client().SendTransaction(r.Context(), creation))
	r.node.Commit()
	return chain.Address(crypto.CreateAddress(from, nonce))
}

func TestAnOutputIsReadFromTheSwapsLog(t *testing.T) {
	const (
		sold    = "600435600052" // the size asked for, to the log's first word
		got     = "610309602052" // 777, to its second
		in, out = "602435", "604435"
		ends    = "60606000a400" // log three words and four topics
	)
	signature := crypto.Keccak256Hash([]byte("PrivateSwapExecuted(address,address,address,uint256,uint256,int256)")).Hex()[2:]
	push := "7f" + signature
	answer := abi.ExecutePrivateSwap.EncodeResult(*uint256.NewInt(777))
	for name, row := range map[string]struct {
		code string
		want []byte
	}{
		"the log of the swap":             {sold + got + out + in + "33" + push + ends, answer},
		"another event":                   {sold + got + out + in + "33" + "7f" + signature[2:] + "00" + ends, nil},
		"of tokens the other way around":  {sold + got + in + out + "33" + push + ends, nil},
		"by another keeper":               {sold + got + out + in + "30" + push + ends, nil},
		"of another size":                 {"6001600052" + got + out + in + "33" + push + ends, nil},
		"with a word too few":             {sold + got + out + in + "33" + push + "60406000a400", nil},
		"none at all, but a plain answer": {"61030960005260206000f3", nil},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRig(t)
			contract := r.deploy(row.code)
			r.send("a", r.tx(abi.ExecutePrivateSwap.Call(contract, abi.Swap{
				Size: *uint256.NewInt(1000), TokenIn: chain.Address{1}, TokenOut: chain.Address{2}, MinOut: *uint256.NewInt(700), DeadlineBlock: 50,
			})))
			r.mine()
			require.Equal(t, row.want, r.receipt("a", chain.Mined).Output)
		})
	}
}
