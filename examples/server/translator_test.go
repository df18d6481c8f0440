package main

import (
	"encoding/json"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"
)

const (
	lr       = "/api/v1/liquidity-risk"
	retail   = "X-API-Key: example-retail"
	auditor  = "X-API-Key: example-compliance"
	oneBond  = "INE094A08176"
	patience = 20 * time.Second // for what takes a second on an idle machine
)

// translated waits until the sample is, and returns what retail is shown of a bond.
func translated(t *testing.T, base string) map[string]any {
	t.Helper()
	var shown map[string]any
	require.Eventually(t, func() bool {
		code, body := typed(t, base, "curl localhost:3333"+lr+"/"+oneBond+" -H '"+retail+"'")
		return code == http.StatusOK && json.Unmarshal([]byte(body), &shown) == nil
	}, patience, 100*time.Millisecond)
	return shown
}

func TestTheSampleIsTranslatedAtOnceAndMovesWhileSomebodyLooks(t *testing.T) {
	t.Chdir(t.TempDir())
	at, stop := started(t)
	first := translated(t, at.URL)
	require.Equal(t, oneBond, first["isin"])
	require.Equal(t, "real_time", first["data_freshness"])
	require.Contains(t, first["retail_narrative"], "This is information, not advice.")
	require.Eventually(t, func() bool { return translated(t, at.URL)["inputs_hash"] != first["inputs_hash"] }, patience, 100*time.Millisecond)

	code, trail := typed(t, at.URL, "curl localhost:3333"+lr+"/audit/"+oneBond+".csv -H '"+auditor+"'")
	require.Equal(t, http.StatusOK, code)
	require.Greater(t, strings.Count(trail, "\n"), 2)
	code, document := typed(t, at.URL, "curl localhost:3333/openapi.json")
	require.Equal(t, http.StatusOK, code)
	for _, path := range []string{"/{isin}", "/recompute", "/audit/{isin}", "/health", "/microstructure", "/outcomes"} {
		require.Contains(t, document, `"`+lr+path+`"`)
	}
	code, collection := typed(t, at.URL, "curl localhost:3333/docs/postman/")
	require.Equal(t, http.StatusOK, code)
	var paths struct{ Paths map[string]map[string]any }
	require.NoError(t, json.Unmarshal([]byte(document), &paths))
	operations := 0
	for path, methods := range paths.Paths {
		operations += len(methods)
		raw := strings.NewReplacer("{", ":", "}", "").Replace(path)
		require.Contains(t, collection, `"raw": "{{baseUrl}}`+raw+`"`)
	}
	require.Equal(t, operations, strings.Count(collection, `"raw": "{{baseUrl}}`), "the same in both")
	conn, _, err := websocket.Dial(t.Context(), strings.Replace(at.URL, "http", "ws", 1)+stream, nil) //nolint:bodyclose // there is none of a socket
	require.NoError(t, err)
	for _, say := range []string{`{"action":"auth","token":"example-retail"}`, `{"action":"subscribe","topic":"lr.` + oneBond + `"}`} {
		require.NoError(t, conn.Write(t.Context(), websocket.MessageText, []byte(say)))
	}
	heard := map[string]bool{}
	for !heard["snapshot"] || !heard["liquidity_update"] {
		_, text, err := conn.Read(t.Context())
		require.NoError(t, err)
		var frame struct{ Type string }
		require.NoError(t, json.Unmarshal(text, &frame))
		heard[frame.Type] = true
	}
	require.NoError(t, conn.Close(websocket.StatusNormalClosure, ""))

	code, page := typed(t, at.URL, "curl localhost:3333/ -H 'Accept: text/html'")
	require.Equal(t, http.StatusOK, code)
	require.Contains(t, page, oneBond)
	require.Contains(t, page, "example-retail")
	require.Equal(t, exitOK, stop())

	verified := do(t, "verify")
	require.Equal(t, exitOK, verified.code, verified.err)
	require.Contains(t, verified.out, "lr/: 101 journals, ")
	require.Contains(t, verified.out, "audit: 1 records, sound up to ")
}

func TestAFileWithoutTheTranslatorHasNoneOfIt(t *testing.T) {
	t.Chdir(t.TempDir())
	shown := do(t, "config", "show")
	without, rest, found := strings.Cut(shown.out, "\n# The liquidity-risk translator")
	require.True(t, found)
	_, access, found := strings.Cut(rest, "\n# Who may ask")
	require.True(t, found)
	require.NoError(t, os.WriteFile("pool.yaml", []byte(without+"\n# Who may ask"+access), 0o600))
	at, stop := started(t, "--config", "pool.yaml")
	code, _ := typed(t, at.URL, "curl localhost:3333"+lr+"/health")
	require.Equal(t, http.StatusNotFound, code)
	code, page := typed(t, at.URL, "curl localhost:3333/ -H 'Accept: text/html'")
	require.Equal(t, http.StatusOK, code)
	require.NotContains(t, page, "<html")
	require.Equal(t, exitOK, stop())
	require.NotContains(t, do(t, "verify", "--config", "pool.yaml").out, "lr/")
}

func TestTheExampleKeysAreNotOnThePageOfAServerOfSomebody(t *testing.T) {
	t.Chdir(t.TempDir())
	require.NoError(t, os.WriteFile("pool.yaml", []byte(do(t, "config", "show").out), 0o600))
	at, stop := started(t, "--config", "pool.yaml")
	code, page := typed(t, at.URL, "curl localhost:3333/ -H 'Accept: text/html'")
	require.Equal(t, http.StatusOK, code)
	require.NotContains(t, page, "example-")
	code, _ = typed(t, at.URL, "curl localhost:3333"+lr+"/"+oneBond+" -H '"+retail+"'")
	require.Equal(t, http.StatusUnauthorized, code)
	require.Equal(t, exitOK, stop())
}
