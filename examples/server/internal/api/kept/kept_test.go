package kept_test

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/api"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/apitest"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/api/kept"
	"github.com/evenkeelhq/evenkeel/store/sql"
)

func TestRequests(t *testing.T) {
	apitest.RunRequests(t, func(t *testing.T) api.Requests {
		db, err := sql.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "kept.db"))
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, db.Close()) })
		return kept.In(db)
	})
}
