package api_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// postmanCollection is what Postman reads of one.
type postmanCollection struct {
	Info struct{ Name, Schema string }
	Auth struct {
		Type   string
		Bearer []struct{ Key, Value string }
	}
	Variable []struct{ Key, Value string }
	Item     []struct {
		Name string
		Item []struct {
			Name    string
			Request struct {
				Method string
				Auth   *struct{ Type string }
				Header []struct{ Key, Value string }
				URL    struct {
					Raw             string
					Path            []string
					Query, Variable []struct{ Key, Value string }
				}
				Body *struct{ Mode, Raw string }
			}
		}
	}
}

func TestThePostmanCollectionHasEveryRule(t *testing.T) {
	r := open(t)
	require.Equal(t, 401, r.ask("GET /docs/postman/").Code)
	require.Equal(t, 404, r.ask("GET /docs/postman/other", "olga").Code)
	got := r.ask("GET /docs/postman/", "olga")
	require.Equal(t, 200, got.Code)
	require.Equal(t, "application/json", got.Header().Get("Content-Type"))
	var c postmanCollection
	require.NoError(t, json.Unmarshal(got.Body.Bytes(), &c))
	require.Equal(t, "Vault", c.Info.Name)
	require.Equal(t, "https://schema.getpostman.com/json/collection/v2.1.0/collection.json", c.Info.Schema)
	require.Equal(t, "bearer", c.Auth.Type)
	require.Equal(t, "{{token}}", c.Auth.Bearer[0].Value)
	require.Equal(t, []string{"baseUrl", "token"}, []string{c.Variable[0].Key, c.Variable[1].Key})

	found := map[string]bool{}
	require.Len(t, c.Item, 1)
	for _, item := range c.Item[0].Item {
		q := item.Request
		require.NotEmpty(t, item.Name)
		require.Equal(t, "{{baseUrl}}/"+strings.Join(q.URL.Path, "/"), q.URL.Raw)
		var named []string
		for i, part := range q.URL.Path {
			if name, ok := strings.CutPrefix(part, ":"); ok {
				named = append(named, name)
				q.URL.Path[i] = "{" + name + "}"
			}
		}
		require.Len(t, q.URL.Variable, len(named), "each part of the path that varies can be set")
		for i, v := range q.URL.Variable {
			require.Equal(t, named[i], v.Key)
		}
		found[q.Method+" /"+strings.Join(q.URL.Path, "/")] = true
		if q.Body != nil {
			require.True(t, json.Valid([]byte(q.Body.Raw)), item.Name)
		}
	}
	for _, rule := range rules() {
		line := rule.Method + " /api/v1/vault" + rule.Path
		require.True(t, found[line], line)
		delete(found, line)
	}
	require.Empty(t, found, "and nothing else")
	for _, item := range c.Item[0].Item {
		q := item.Request
		if strings.HasSuffix(q.URL.Raw, "/health") {
			require.Equal(t, "noauth", q.Auth.Type)
			continue
		}
		require.Nil(t, q.Auth)
		if q.Method == "POST" && strings.HasSuffix(q.URL.Raw, "/transfers") {
			require.Equal(t, "{{$guid}}", q.Header[0].Value, "an Idempotency-Key of its own each time")
			var body map[string]any
			require.NoError(t, json.Unmarshal([]byte(q.Body.Raw), &body))
			require.NotEmpty(t, body, "what is required is there to be filled in")
		}
	}
}
