package api

import (
	"embed"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/guard"
)

// documented is how huma is set up: JSON only, nothing unknown, our problems, and
// no page that loads anything from elsewhere.
func documented(opts Options) huma.Config {
	registry := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	registry.RegisterTypeAlias(reflect.TypeFor[huma.ErrorModel](), reflect.TypeFor[Problem]())
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info:    &huma.Info{Title: opts.Title, Version: opts.Version, Description: opts.Description},
			Components: &huma.Components{
				Schemas: registry,
				SecuritySchemes: map[string]*huma.SecurityScheme{
					"bearer": {Type: "http", Scheme: "bearer", Description: "An API key or a token (JWT)."},
					"key":    {Type: "apiKey", In: "header", Name: "X-API-Key", Description: "An API key."},
				},
			},
		},
		Formats:                      map[string]huma.Format{"application/json": format, "json": format},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{ours},
	}
}

// format writes an answer that is JSON already as it is: encoding/json would read it
// once more, which took a fifth of the time of a GET.
var format = huma.Format{
	Marshal: func(w io.Writer, answer any) error {
		written, ok := answer.(json.Marshaler)
		if !ok {
			return huma.DefaultJSONFormat.Marshal(w, answer)
		}
		text, err := written.MarshalJSON()
		if err != nil {
			return err
		}
		_, err = w.Write(text)
		return err
	},
	Unmarshal: huma.DefaultJSONFormat.Unmarshal,
}

//go:embed page
var page embed.FS

// files are those of the documentation, by path.
var files = map[string]struct{ name, media string }{
	"/docs":                      {"page/index.html", "text/html; charset=utf-8"},
	"/docs/start.js":             {"page/start.js", "text/javascript; charset=utf-8"},
	"/docs/swagger-ui-bundle.js": {"page/swagger-ui-bundle.js", "text/javascript; charset=utf-8"},
	"/docs/swagger-ui.css":       {"page/swagger-ui.css", "text/css; charset=utf-8"},
}

// Where the documentation is.
const (
	openAPI = "/openapi.json"
	docs    = "/docs"
	postman = docs + "/postman/"
)

// policy lets the page load what is here, and nothing else.
const policy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'"

// document adds the endpoints of the documentation.
func (a *API) document() {
	a.show(openAPI, "application/openapi+json", sync.OnceValues(func() ([]byte, error) { return json.Marshal(a.huma.OpenAPI()) }))
	a.show(postman, "application/json", sync.OnceValues(func() ([]byte, error) { return collectionOf(a.huma.OpenAPI()) }))
	for path, f := range files {
		a.show(path, f.media, func() ([]byte, error) { return page.ReadFile(f.name) })
	}
}

// show adds an endpoint that answers with a text.
func (a *API) show(path, media string, read func() ([]byte, error)) {
	readers := a.opts.Readers
	if len(readers) == 0 {
		readers = []access.Role{access.Operator}
	}
	rule := access.Rule{ID: path, Method: http.MethodGet, Path: path, Roles: readers, Limit: guard.Limit{Per: 2 * time.Second, Burst: 30}}
	pattern := path
	if strings.HasSuffix(path, "/") {
		pattern += "{$}" // and nothing below it
	}
	a.handle(pattern, endpoint{rule: rule, answer: func(w http.ResponseWriter, r *http.Request) {
		text, err := read()
		if err != nil {
			c := callOf(r.Context())
			write(w, c, a.explain(c, err))
			return
		}
		w.Header().Set("Content-Type", media)
		w.Header().Set("Content-Security-Policy", policy)
		_, _ = w.Write(text)
	}})
}
