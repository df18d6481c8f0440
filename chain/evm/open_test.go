package evm_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/ethereum/go-ethereum/accounts/keystore"
	"github.com/ethereum/go-ethereum/crypto"
	"github.com/holiman/uint256"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/chain"
	"github.com/evenkeelhq/evenkeel/chain/evm"
	"github.com/evenkeelhq/evenkeel/chain/evm/evmtest"
)

func TestOpenRefuses(t *testing.T) {
	r := newRig(t)
	for name, row := range map[string]struct {
		change func(*evm.Config)
		says   string
	}{
		"another chain":            {func(c *evm.Config) { c.ChainID = 1 }, "chain id 138: must be 1"},
		"no chain":                 {func(c *evm.Config) { c.ChainID = 0 }, "ChainID 0: must be > 0"},
		"no endpoint":              {func(c *evm.Config) { c.URLs = nil }, "URLs 0: must be one or two"},
		"plain http to a stranger": {func(c *evm.Config) { c.URLs = []string{"http://rpc.example/KEY"} }, "must be https"},
		"plain http to a stranger's private door": {func(c *evm.Config) { c.PrivateURLs = []string{"http://rpc.example/KEY"} }, "URL of PrivateURLs[0]: must be https"},
		"three private endpoints":                 {func(c *evm.Config) { c.PrivateURLs = make([]string, 3) }, "PrivateURLs 3: must be at most two"},
		"a head of any age":                       {func(c *evm.Config) { c.MaxAge = 0 }, "MaxAge 0s: must be > 0"},
		"a tag and a number":                      {func(c *evm.Config) { c.Final = evm.Final{Tag: "safe", Blocks: 1} }, `Final.Tag "safe": must be empty, safe or finalized`},
		"an unknown tag":                          {func(c *evm.Config) { c.Final.Tag = "latest" }, `Final.Tag "latest": must be empty`},
		"a number of blocks that nobody waits":    {func(c *evm.Config) { c.Final.Blocks = 1025 }, "Final.Blocks 1025: must be at most 1024"},
		"a signer without a memory":               {func(c *evm.Config) { c.Store = nil }, "Store <nil>: must not be nil beside a Signer"},
		"a memory without a name":                 {func(c *evm.Config) { c.Key = "" }, `Key "": must have 1 to 256 bytes`},
		"no tip":                                  {func(c *evm.Config) { c.TipWei.Clear() }, "TipWei 0: must be > 0"},
		"nothing to withdraw with":                {func(c *evm.Config) { c.WithdrawGasWei.Clear() }, "WithdrawGasWei 0: must be > 0"},
		"too little gas for anything":             {func(c *evm.Config) { c.GasLimit = 20_999 }, "GasLimit 20999: must be 0, or 21000 to 100000000"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := r.config()
			row.change(&cfg)
			_, err := evm.Open(t.Context(), cfg)
			require.ErrorIs(t, err, chain.ErrInvalid)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), "KEY")
			require.NotContains(t, err.Error(), "\n")
		})
	}
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	cfg := newRig(t).config()
	cfg.URLs = []string{"http://user:passw0rd@127.0.0.1:1/v2/apikey-123?token=tok-456"}
	_, err := evm.Open(t.Context(), cfg)
	require.ErrorIs(t, err, evm.ErrNoAnswer)
	for _, secret := range []string{"passw0rd", "apikey-123", "tok-456"} {
		require.NotContains(t, err.Error(), secret)
	}
	private := evmtest.Key(t, "owner")
	key, hidden := evm.NewKey(private), fmt.Sprintf("%x", crypto.FromECDSA(private))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%x", "%d"} {
		require.Equal(t, "key of "+key.Address().String(), fmt.Sprintf(verb, key))
		require.NotContains(t, fmt.Sprintf(verb, evm.Config{Signer: key}), hidden)
	}
}

func TestKeyFile(t *testing.T) {
	private := evmtest.Key(t, "owner")
	digits := fmt.Sprintf("%x", crypto.FromECDSA(private))
	write := func(t *testing.T, text string, mode os.FileMode) string {
		t.Helper()
		path := filepath.Join(t.TempDir(), "key")
		require.NoError(t, os.WriteFile(path, []byte(text), mode))
		return path
	}
	for name, text := range map[string]string{"bare": digits, "with 0x and a line's end": "0x" + digits + "\n"} {
		t.Run(name, func(t *testing.T) {
			key, err := evm.KeyFile(write(t, text, 0o600))
			require.NoError(t, err)
			require.Equal(t, evm.NewKey(private).Address(), key.Address())
		})
	}
	for name, row := range map[string]struct {
		text string
		mode os.FileMode
		says string
	}{
		"one that the group may read": {digits, 0o640, "mode -rw-r-----: must be a file that only its owner may read (chmod 600)"},
		"one that all may read":       {digits, 0o604, "must be a file that only its owner may read"},
		"one digit short":             {digits[1:], 0o600, "must be 64 hexadecimal digits"},
		"two keys":                    {digits + "\n" + digits, 0o600, "must be 64 hexadecimal digits"},
		"zero, which is no key":       {strings.Repeat("0", 64), 0o600, "must be 64 hexadecimal digits"},
		"empty":                       {"", 0o600, "must be 64 hexadecimal digits"},
		"huge":                        {strings.Repeat("0", 1<<15), 0o600, "must have at most 16384 bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := evm.KeyFile(write(t, row.text, row.mode))
			require.ErrorIs(t, err, chain.ErrInvalid)
			require.ErrorContains(t, err, row.says)
			require.NotContains(t, err.Error(), digits[1:10])
		})
	}
	t.Run("a folder", func(t *testing.T) {
		_, err := evm.KeyFile(t.TempDir())
		require.ErrorIs(t, err, chain.ErrInvalid)
	})
	t.Run("none", func(t *testing.T) {
		_, err := evm.KeyFile(filepath.Join(t.TempDir(), "none"))
		require.ErrorIs(t, err, os.ErrNotExist)
	})
	t.Run("a keystore opens with its passphrase alone", func(t *testing.T) {
		store := keystore.NewKeyStore(t.TempDir(), keystore.LightScryptN, keystore.LightScryptP)
		account, err := store.ImportECDSA(private, "open sesame")
		require.NoError(t, err)
		key, err := evm.Keystore(account.URL.Path, "open sesame")
		require.NoError(t, err)
		require.Equal(t, evm.NewKey(private).Address(), key.Address())
		_, err = evm.Keystore(account.URL.Path, "open barley")
		require.ErrorIs(t, err, chain.ErrInvalid)
		require.NotContains(t, err.Error(), "barley")
	})
}

func TestHeadIsFinalEnough(t *testing.T) {
	r := newRig(t)
	for range 3 {
		r.mine()
	}
	newest := r.head()
	cfg := r.config()
	cfg.Final.Blocks = 2
	careful := r.open(cfg)
	head, err := careful.Head(t.Context())
	require.NoError(t, err)
	require.Equal(t, newest.Number-2, head.Number)
	_, err = careful.Block(t.Context(), head.Number+1)
	require.ErrorIs(t, err, chain.ErrNotFound)

	r.send("a", r.tx(r.add))
	for range 2 {
		r.mine()
		r.receipt("a", chain.Mined)
		got, err := careful.Receipt(t.Context(), "a")
		require.NoError(t, err)
		require.Equal(t, chain.Pending, got.Status)
	}
	r.mine()
	got, err := careful.Receipt(t.Context(), "a")
	require.NoError(t, err)
	require.Equal(t, r.receipt("a", chain.Mined), got)

	_, err = careful.Send(t.Context(), "late", chain.Tx{Call: r.add, MaxGasPrice: *uint256.NewInt(1e11), Deadline: r.head().Number, Public: true})
	require.ErrorIs(t, err, chain.ErrTooLate, "what is not final yet is over all the same")

	tx := r.cheap(r.add)
	tx.Deadline = r.head().Number + 1
	hash, err := careful.Send(t.Context(), "b", tx)
	require.NoError(t, err)
	r.mine()
	sent := len(r.sent)
	again, err := careful.Send(t.Context(), "b", tx)
	require.NoError(t, err)
	require.Equal(t, hash, again)
	require.Len(t, r.sent, sent, "what is past its deadline is not offered again, though it may yet turn out mined")
	got, err = careful.Receipt(t.Context(), "b")
	require.NoError(t, err)
	require.Equal(t, chain.Pending, got.Status)

	cfg.Final = evm.Final{Tag: "finalized"}
	tagged, err := r.open(cfg).Head(t.Context())
	require.NoError(t, err)
	require.Less(t, tagged.Number, r.head().Number)
}

func TestAnOldHeadIsNone(t *testing.T) {
	r := newRig(t)
	mock := clock.NewMock()
	mock.Set(r.head().Time.Add(time.Minute))
	cfg := r.config()
	cfg.MaxAge, cfg.Clock = time.Minute, mock
	c := r.open(cfg)
	_, err := c.Head(t.Context())
	require.NoError(t, err)
	mock.Add(time.Second)
	_, err = c.Head(t.Context())
	require.ErrorIs(t, err, evm.ErrStale)
	_, err = c.Send(t.Context(), "a", r.tx(r.add))
	require.ErrorIs(t, err, evm.ErrStale)
	require.Empty(t, r.sent)
	_, err = c.Receipt(t.Context(), "a")
	require.ErrorIs(t, err, chain.ErrNotFound)
}

func TestCheck(t *testing.T) {
	r := newRig(t)
	require.NoError(t, r.client.Check(t.Context(), r.total, r.add))
	err := r.client.Check(t.Context(), r.total, r.fail)
	require.ErrorIs(t, err, chain.ErrReverted)
	require.ErrorContains(t, err, "check: read call 1 to "+r.fail.To.String())
	cfg := r.config()
	cfg.Signer, cfg.Key = evm.NewKey(evmtest.Key(t, "poor")), "poor"
	require.ErrorIs(t, r.open(cfg).Check(t.Context()), evm.ErrUnfunded)
	cfg.Signer = nil
	require.NoError(t, r.open(cfg).Check(t.Context(), r.total), "who only reads needs no coins")
}
