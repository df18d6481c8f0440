package contracts_test

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ethereum/go-ethereum/common"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain/evm/contracts"
)

// A source that was edited without compiling it would be read, and not deployed.
func TestArtifactsAreOfTheSourcesBesideThem(t *testing.T) {
	compiled := map[string]bool{}
	for _, pattern := range []string{"artifacts/*.json", "artifacts/test/*.json"} {
		paths, err := filepath.Glob(pattern)
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			text, err := os.ReadFile(path)
			require.NoError(t, err)
			artifact, err := contracts.Parse(text)
			require.NoError(t, err, path)
			for source, want := range artifact.Sources {
				if !strings.HasPrefix(source, "src/") {
					continue // of OpenZeppelin, pinned in package-lock.json; compile.mjs --check reads it
				}
				compiled[source] = true
				content, err := os.ReadFile(filepath.FromSlash(source))
				require.NoError(t, err, path)
				got := sha256.Sum256(content)
				require.Equal(t, want, hex.EncodeToString(got[:]), "%s was compiled from another %s: node compile.mjs", path, source)
			}
		}
	}
	for _, pattern := range []string{"src/*.sol", "src/test/*.sol"} {
		sources, err := filepath.Glob(pattern)
		require.NoError(t, err)
		for _, source := range sources {
			require.True(t, compiled[filepath.ToSlash(source)], "%s is part of no artifact: node compile.mjs", source)
		}
	}
}

func TestEveryNameIsAContract(t *testing.T) {
	for _, name := range []contracts.Name{
		contracts.Token, contracts.PublicPool, contracts.PrivatePool,
		contracts.PublicOpener, contracts.PrivateOpener, contracts.Factory, contracts.Stabilizer,
	} {
		artifact, err := contracts.Load(name)
		require.NoError(t, err)
		require.Equal(t, name, artifact.Name)
		require.NotEmpty(t, artifact.ABI.Methods)
		require.Contains(t, artifact.Sources, "@openzeppelin/contracts/token/ERC20/IERC20.sol")
	}
}

func TestWhatIsNoContractIsRefused(t *testing.T) {
	for _, name := range []contracts.Name{"", "Nothing", "../artifacts/Token", "test/Curve"} {
		_, err := contracts.Load(name)
		require.ErrorIs(t, err, contracts.ErrInvalid)
		require.ErrorContains(t, err, string(name))
	}
	for _, text := range []string{
		``, `{}`, `[]`, `{"contract":"Token","abi":[],"bytecode":"0x"}`, `{"contract":"Token","abi":[],"bytecode":"6001"}`,
		`{"contract":"Token","abi":[{"type":"banana"}],"bytecode":"0x6001"}`, `{"abi":[],"bytecode":"0x6001"}`,
	} {
		_, err := contracts.Parse([]byte(text))
		require.ErrorIs(t, err, contracts.ErrInvalid, text)
	}
}

func TestArgumentsThatDoNotFitTheConstructorAreRefused(t *testing.T) {
	token, err := contracts.Load(contracts.Token)
	require.NoError(t, err)
	for _, args := range [][]any{
		nil, {"Tether", "cUSDT", uint8(6)}, {"Tether", "cUSDT", 6, owner}, {"Tether", "cUSDT", uint8(6), owner, owner}, {1, 2, 3, 4},
	} {
		_, err := token.Creation(args...)
		require.ErrorIs(t, err, contracts.ErrInvalid)
		require.ErrorContains(t, err, "arguments of Token")
	}
}

func TestAReasonIsGivenInWords(t *testing.T) {
	pool, err := contracts.Load(contracts.PublicPool)
	require.NoError(t, err)
	forgotten := pool.ABI.Errors["BlockForgotten"]
	packed, err := forgotten.Inputs.Pack(big.NewInt(7))
	require.NoError(t, err)
	for want, revert := range map[string][]byte{
		"BlockForgotten(7)":                append(common.CopyBytes(forgotten.ID[:4]), packed...),
		"no luck":                          common.FromHex("0x08c379a0000000000000000000000000000000000000000000000000000000000000002000000000000000000000000000000000000000000000000000000000000000076e6f206c75636b00000000000000000000000000000000000000000000000000"),
		"arithmetic underflow or overflow": common.FromHex("0x4e487b710000000000000000000000000000000000000000000000000000000000000011"),
		"0x":                               nil,
		"0x0102":                           {1, 2},
		"0xffffffff":                       {255, 255, 255, 255},
		"0x" + hex.EncodeToString(forgotten.ID[:4]): forgotten.ID[:4], // without its number
	} {
		require.Equal(t, want, contracts.Reason(revert))
	}
}
