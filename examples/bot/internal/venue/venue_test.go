package venue_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
)

// secretOf is a secret in the form of that exchange.
func secretOf(t *testing.T, name string) string {
	t.Helper()
	switch name {
	case "coinbase":
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		der, err := x509.MarshalECPrivateKey(key)
		require.NoError(t, err)
		return string(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: der}))
	default:
		return base64.StdEncoding.EncodeToString([]byte("a secret of somebody"))
	}
}

func TestEveryExchangeOfTheTableSigns(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, name := range venue.Names() {
		secret := secretOf(t, name)
		prover, err := venue.Prover(name, keys.API{Key: "public", Secret: secret, Passphrase: "pass"})
		require.NoError(t, err, name)
		proof, err := prover.ProveOpenOrders(exchange.Pair{Base: "BTC", Quote: "USDT"}, now)
		require.NoError(t, err, name)
		require.Equal(t, name, proof.Exchange)
		require.NotContains(t, proof.Signature, secret)
	}
}

func TestAKeyOfTheWrongFormIsNotRepeated(t *testing.T) {
	for _, name := range venue.Names() {
		_, err := venue.Prover(name, keys.API{Key: "", Secret: "not?for!others"})
		require.ErrorIs(t, err, exchange.ErrInvalid, name)
		require.NotContains(t, err.Error(), "not?for!others", name)
	}
}
