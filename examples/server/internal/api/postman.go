package api

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// collection is a Postman collection of all operations, made of the OpenAPI document:
// whatever is in one is in the other. Its format is Postman Collection v2.1.0
// (schema.getpostman.com).
type collection struct {
	Info      info       `json:"info"`
	Auth      auth       `json:"auth"`
	Variables []variable `json:"variable"`
	Folders   []folder   `json:"item"`
}

type info struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Schema      string `json:"schema"`
}

const postmanSchema = "https://schema.getpostman.com/json/collection/v2.1.0/collection.json"

// auth is how all requests show who asks, unless one says otherwise.
type auth struct {
	Type   string     `json:"type"`
	Bearer []variable `json:"bearer,omitempty"`
}

type folder struct {
	Name     string        `json:"name"`
	Requests []postmanItem `json:"item"`
}

type postmanItem struct {
	Name    string  `json:"name"`
	Request request `json:"request"`
}

type request struct {
	Method      string     `json:"method"`
	Description string     `json:"description"`
	URL         address    `json:"url"`
	Header      []variable `json:"header"`
	Body        *payload   `json:"body,omitempty"`
	Auth        *auth      `json:"auth,omitempty"`
}

type address struct {
	Raw       string     `json:"raw"`
	Host      []string   `json:"host"`
	Path      []string   `json:"path"`
	Query     []variable `json:"query,omitempty"`
	Variables []variable `json:"variable,omitempty"`
}

type payload struct {
	Mode    string  `json:"mode"`
	Raw     string  `json:"raw"`
	Options options `json:"options"`
}

type options struct {
	Raw language `json:"raw"`
}

type language struct {
	Language string `json:"language"`
}

type variable struct {
	Key         string `json:"key"`
	Value       string `json:"value"`
	Type        string `json:"type,omitempty"`
	Description string `json:"description,omitempty"`
	Disabled    bool   `json:"disabled,omitempty"`
}

// Names of what whoever uses the collection sets.
const (
	baseURL = "baseUrl"
	token   = "token"
)

// collectionOf writes the collection of a document.
func collectionOf(api *huma.OpenAPI) ([]byte, error) {
	c := collection{
		Info: info{api.Info.Title, api.Info.Description + "\n\nSet " + baseURL + " to where the server is and " + token + " to a key or a token.", postmanSchema},
		Auth: auth{Type: "bearer", Bearer: []variable{{Key: "token", Value: "{{" + token + "}}", Type: "string"}}},
		Variables: []variable{
			{Key: baseURL, Value: "http://127.0.0.1:3333", Type: "string"},
			{Key: token, Value: "", Type: "string"},
		},
	}
	byTag := map[string][]postmanItem{}
	for _, path := range slices.Sorted(maps.Keys(api.Paths)) {
		for _, op := range operationsOf(api.Paths[path]) {
			tag := ""
			if len(op.Tags) > 0 {
				tag = op.Tags[0]
			}
			one, err := itemOf(api, path, op)
			if err != nil {
				return nil, err
			}
			byTag[tag] = append(byTag[tag], one)
		}
	}
	for _, tag := range slices.Sorted(maps.Keys(byTag)) {
		c.Folders = append(c.Folders, folder{tag, byTag[tag]})
	}
	return json.MarshalIndent(c, "", "\t")
}

// operationsOf returns those of a path, in a fixed order.
func operationsOf(p *huma.PathItem) []*huma.Operation {
	all := []*huma.Operation{p.Get, p.Post, p.Put, p.Patch, p.Delete}
	return slices.DeleteFunc(all, func(op *huma.Operation) bool { return op == nil })
}

func itemOf(api *huma.OpenAPI, path string, op *huma.Operation) (postmanItem, error) {
	r := request{Method: op.Method, Description: op.Description, URL: addressOf(path), Header: []variable{}}
	if len(op.Security) == 0 {
		r.Auth = &auth{Type: "noauth"}
	}
	for _, p := range op.Parameters {
		v := variable{Key: p.Name, Value: exampleOf(p), Description: cmp.Or(p.Description, described(p.Schema)), Disabled: !p.Required}
		switch p.In {
		case "path":
			v.Disabled = false
			r.URL.Variables = append(r.URL.Variables, v)
		case "query":
			r.URL.Query = append(r.URL.Query, v)
		case "header":
			if p.Name == "Idempotency-Key" {
				v.Value = "{{$guid}}"
			}
			r.Header = append(r.Header, v)
		}
	}
	if op.RequestBody != nil {
		body, err := json.MarshalIndent(sample(api.Components.Schemas, op.RequestBody.Content["application/json"].Schema, 0), "", "\t")
		if err != nil {
			return postmanItem{}, err
		}
		r.Header = append(r.Header, variable{Key: "Content-Type", Value: "application/json"})
		r.Body = &payload{Mode: "raw", Raw: string(body), Options: options{language{"json"}}}
	}
	return postmanItem{cmp.Or(op.Summary, op.OperationID), r}, nil
}

// addressOf writes "/banks/{id}" as Postman does: ":id".
func addressOf(path string) address {
	a := address{Host: []string{"{{" + baseURL + "}}"}}
	for part := range strings.SplitSeq(strings.Trim(path, "/"), "/") {
		if name, ok := strings.CutPrefix(part, "{"); ok {
			part = ":" + strings.TrimSuffix(name, "}")
		}
		a.Path = append(a.Path, part)
	}
	a.Raw = a.Host[0] + "/" + strings.Join(a.Path, "/")
	return a
}

func described(s *huma.Schema) string {
	if s == nil {
		return ""
	}
	return s.Description
}

// exampleOf is what a parameter may be: its example, or what it is without one.
func exampleOf(p *huma.Param) string {
	for _, v := range []any{p.Example, firstExample(p.Schema), usual(p.Schema)} {
		if v == nil {
			continue
		}
		text, err := json.Marshal(v)
		if err == nil {
			return strings.Trim(string(text), `"`)
		}
	}
	return ""
}

func firstExample(s *huma.Schema) any {
	if s == nil || len(s.Examples) == 0 {
		return nil
	}
	return s.Examples[0]
}

func usual(s *huma.Schema) any {
	if s == nil {
		return nil
	}
	return s.Default
}

// deepest is how far into a schema a sample goes: one that holds itself has an end.
const deepest = 8

// sample returns a value of a schema, to begin with.
func sample(known huma.Registry, s *huma.Schema, depth int) any {
	if s != nil && s.Ref != "" {
		s = known.SchemaFromRef(s.Ref)
	}
	if s == nil || depth > deepest {
		return nil
	}
	if v := firstExample(s); v != nil {
		return v
	}
	if len(s.Enum) > 0 {
		return s.Enum[0]
	}
	switch s.Type {
	case huma.TypeObject:
		all := map[string]any{}
		for name, part := range s.Properties {
			if slices.Contains(s.Required, name) {
				all[name] = sample(known, part, depth+1)
			}
		}
		return all
	case huma.TypeArray:
		return []any{sample(known, s.Items, depth+1)}
	case huma.TypeNumber, huma.TypeInteger:
		return 1
	case huma.TypeBoolean:
		return false
	default:
		return map[string]string{"date-time": "2026-01-01T00:00:00Z", "date": "2026-01-01"}[s.Format]
	}
}
