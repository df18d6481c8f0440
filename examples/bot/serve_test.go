package main

import (
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestServeAnswersUntilItIsStopped(t *testing.T) {
	free, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := free.Addr().String()
	require.NoError(t, free.Close())

	stop, err := serve(t.Context(), address, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "here") }))
	require.NoError(t, err)
	ask := func() (string, error) {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+address, nil)
		require.NoError(t, err)
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			return "", err
		}
		defer answer.Body.Close() //nolint:errcheck // read below
		body, err := io.ReadAll(answer.Body)
		return string(body), err
	}
	body, err := ask()
	require.NoError(t, err)
	require.Equal(t, "here", body)
	_, err = serve(t.Context(), address, http.NotFoundHandler())
	require.Error(t, err, "two venues at one address")
	stop()
	_, err = ask()
	require.Error(t, err)
}

func TestAVenueOfPaperIsServedOnLoopbackOnly(t *testing.T) {
	for _, address := range []string{"0.0.0.0:3334", ":3334", "venue.example:3334", "127.0.0.1"} {
		_, err := serve(t.Context(), address, http.NotFoundHandler())
		require.ErrorContains(t, err, "must be a loopback address and a port", address)
	}
}
