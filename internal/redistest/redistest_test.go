package redistest_test

import (
	"bufio"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/redistest"
)

func TestAServerComesBackEmptyAtTheSamePlace(t *testing.T) {
	server := redistest.Start(t)
	for range 3 {
		require.Equal(t, "$-1", ask(t, server.URL, "GET k"), "it keeps nothing")
		require.Equal(t, "+OK", ask(t, server.URL, "SET k v"))
		server.Kill()
		_, err := dial(t, server.URL)
		require.Error(t, err)
		server.Restart()
	}
}

func dial(t *testing.T, url string) (net.Conn, error) {
	t.Helper()
	return new(net.Dialer).DialContext(t.Context(), "unix", strings.TrimPrefix(url, "unix://"))
}

func ask(t *testing.T, url, command string) string {
	t.Helper()
	conn, err := dial(t, url)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	_, err = conn.Write([]byte(command + "\r\n"))
	require.NoError(t, err)
	answer, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(answer)
}
