package venue_test

import (
	"errors"
	"net/http"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
	"github.com/evenkeelhq/evenkeel/examples/bot/internal/venue"
	"github.com/evenkeelhq/evenkeel/exchange"
	"github.com/evenkeelhq/evenkeel/liquidity/maker"
)

// unplugged is a network that reaches nobody, and notes who was meant.
type unplugged struct{ asked []string }

func (u *unplugged) RoundTrip(r *http.Request) (*http.Response, error) {
	u.asked = append(u.asked, r.URL.Host)
	return nil, errors.New("unplugged")
}

func TestEveryExchangeHasAnAccountToQuoteWith(t *testing.T) {
	for _, name := range venue.Names() {
		account, err := venue.World{Clock: clock.New()}.Account(name, keys.API{Key: "public", Secret: secretOf(t, name), Passphrase: "pass"})
		require.NoError(t, err, name)
		var _ maker.Venue = account
	}
	_, err := venue.World{}.Account("mtgox", keys.API{})
	require.ErrorIs(t, err, exchange.ErrInvalid)
	require.ErrorContains(t, err, `venue "mtgox": must be one of`)
}

func TestBooksAreAskedForAtTheExchangeItself(t *testing.T) {
	network := &unplugged{}
	for _, name := range venue.BooksAt() {
		books, err := venue.World{Clock: clock.NewMock(), Network: network}.Books(name)
		require.NoError(t, err, name)
		require.NotNil(t, books)
	}
	require.NotContains(t, venue.BooksAt(), "coinbase")
	require.Empty(t, network.asked, "nobody is asked before somebody wants to know")
}
