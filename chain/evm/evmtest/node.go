package evmtest

import (
	"crypto/ecdsa"
	"crypto/sha256"
	"fmt"
	"math/big"
	"net"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/ethereum/go-ethereum/core/types"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/ethereum/go-ethereum/eth/ethconfig"
	"github.com/ethereum/go-ethereum/ethclient/simulated"
	"github.com/ethereum/go-ethereum/node"
	"github.com/ethereum/go-ethereum/params"
)

// Node is a go-ethereum node with a chain of its own. It seals a block when
// [simulated.Backend.Commit] is called, and never otherwise. Not safe for concurrent
// use; its HTTP side is.
type Node struct {
	*simulated.Backend
	URL string // of its JSON-RPC over HTTP, on 127.0.0.1
}

// wealth is what each account begins with: a million ether.
var wealth = new(big.Int).Mul(big.NewInt(1_000_000), big.NewInt(params.Ether))

// Start returns a node of the chain with that EIP-155 number, on which the accounts
// are rich. It ends with the test.
func Start(tb testing.TB, chainID uint64, accounts ...common.Address) *Node {
	tb.Helper()
	alloc := types.GenesisAlloc{}
	for _, a := range accounts {
		alloc[a] = types.Account{Balance: wealth}
	}
	port := freePort(tb)
	backend := simulated.NewBackend(alloc, func(n *node.Config, e *ethconfig.Config) {
		n.HTTPHost, n.HTTPPort = "127.0.0.1", port
		n.HTTPModules = []string{"eth", "net", "web3", "txpool"}
		own := *e.Genesis.Config
		own.ChainID = new(big.Int).SetUint64(chainID)
		e.Genesis.Config, e.NetworkId = &own, chainID
	})
	tb.Cleanup(func() {
		if err := backend.Close(); err != nil {
			tb.Errorf("close node: %v", err)
		}
	})
	return &Node{Backend: backend, URL: fmt.Sprintf("http://127.0.0.1:%d", port)}
}

// freePort returns one that nobody listens on. The node cannot say which port it was
// given, so it is told.
func freePort(tb testing.TB) int {
	tb.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // closed at once
	if err != nil {
		tb.Fatal(err)
	}
	defer l.Close()                     //nolint:errcheck // nothing was sent
	return l.Addr().(*net.TCPAddr).Port //nolint:errcheck // of a TCP listener it is no other
}

// Key returns the private key of that name: the same in every run, and worth nothing.
func Key(tb testing.TB, name string) *ecdsa.PrivateKey {
	tb.Helper()
	seed := sha256.Sum256([]byte("evenkeel test key " + name))
	key, err := crypto.ToECDSA(seed[:])
	if err != nil {
		tb.Fatal(err)
	}
	return key
}
