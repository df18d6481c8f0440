package keys_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/bot/internal/keys"
)

const secret = "c2VjcmV0"

func file(t *testing.T, text string, mode os.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	require.NoError(t, os.WriteFile(path, []byte(text), mode))
	require.NoError(t, os.Chmod(path, mode)) // whatever the umask
	return path
}

func TestAnAPIKeyIsReadAndDoesNotPrint(t *testing.T) {
	for _, mode := range []os.FileMode{0o600, 0o400} {
		a, err := keys.ReadAPI(file(t, "key: k\nsecret: "+secret+"\n", mode))
		require.NoError(t, err)
		require.Equal(t, keys.API{Key: "k", Secret: secret}, a)
		require.NotContains(t, fmt.Sprintf("%v %+v %#v %s", a, a, a, a), secret)
	}
	a, err := keys.ReadAPI(file(t, "{key: k, secret: s, passphrase: p}", 0o600))
	require.NoError(t, err)
	require.Equal(t, "p", a.Passphrase)
}

func TestAFileThatIsNotAsItShouldBe(t *testing.T) {
	for _, c := range []struct {
		story string
		text  string
		mode  os.FileMode
		says  string
	}{
		{"the group may read it", "key: k\nsecret: " + secret, 0o640, "chmod 600"},
		{"everybody may read it", "key: k\nsecret: " + secret, 0o604, "chmod 600"},
		{"a field that is not known", "key: k\nsecret: s\nsecert: " + secret, 0o600, "must be YAML"},
		{"no secret", "key: k\n", 0o600, "must be YAML"},
		{"no key", "secret: " + secret, 0o600, "must be YAML"},
		{"a bare secret", secret, 0o600, "must be YAML"},
		{"nothing", "", 0o600, "must be YAML"},
		{"far too much", strings.Repeat(secret, 4096), 0o600, "at most"},
	} {
		t.Run(c.story, func(t *testing.T) {
			_, err := keys.ReadAPI(file(t, c.text, c.mode))
			require.ErrorIs(t, err, keys.ErrInvalid)
			require.ErrorContains(t, err, c.says)
			require.NotContains(t, err.Error(), secret)
		})
	}
	_, err := keys.ReadAPI(t.TempDir())
	require.ErrorIs(t, err, keys.ErrInvalid, "a folder is no file")
	_, err = keys.ReadAPI(filepath.Join(t.TempDir(), "none"))
	require.ErrorIs(t, err, fs.ErrNotExist)
}

func TestAnIdentityIsMadeOnceAndKept(t *testing.T) {
	path := filepath.Join(t.TempDir(), "identity")
	first, err := keys.Identity(path)
	require.NoError(t, err)
	info, err := os.Stat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	again, err := keys.Identity(path)
	require.NoError(t, err)
	require.True(t, first.Equal(again))
	other, err := keys.Identity(filepath.Join(t.TempDir(), "identity"))
	require.NoError(t, err)
	require.False(t, first.Equal(other))

	require.NoError(t, os.Chmod(path, 0o644))
	_, err = keys.Identity(path)
	require.ErrorIs(t, err, keys.ErrInvalid)
	_, err = keys.Identity(file(t, "AAAA", 0o600))
	require.ErrorIs(t, err, keys.ErrInvalid)
	_, err = keys.Identity(filepath.Join(t.TempDir(), "no", "folder"))
	require.Error(t, err)
}
