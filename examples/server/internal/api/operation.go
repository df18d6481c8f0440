package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
)

// Doc is what a reader should know about an operation.
type Doc struct {
	Summary string // a few words
	Detail  string // Markdown
	Status  []int  // of success, the usual one first; none is 200

	// Media is a value of what a Body of bytes holds, by media type; nil for any
	// other Body, which says so itself.
	Media map[string]any
}

// Reply is an answer whose status is not always the same; 0 is the usual one.
type Reply[T any] struct {
	Status int
	Body   T
}

// ruleKey is where a huma operation keeps its rule.
const ruleKey = "rule"

// Add gives the rule of that ID its operation. In holds what is asked: fields
// with a path or query tag, and Body; huma validates both by their tags, and by
// their types where they have a Schema. Out holds a Body, and maybe a Status and
// headers: a [Reply] does. An error should be a [Problem], or one that
// Options.Explain knows.
func Add[In, Out any](g *Group, id string, doc Doc, do func(context.Context, access.Caller, *In) (*Out, error)) {
	rule, ok := g.rules[id]
	if !ok {
		g.api.wrong = append(g.api.wrong, fmt.Errorf("%s: operation %q has no rule, or two", g.prefix, id))
		return
	}
	delete(g.rules, id)
	op := g.operation(rule, doc)
	a := g.api
	a.hold(op, doc.Media)
	huma.Register(a.huma, op, func(ctx context.Context, in *In) (*Out, error) {
		c := callOf(ctx)
		if err := a.begin(ctx, c, rule); err != nil {
			return nil, err
		}
		out, err := do(ctx, c.caller, in)
		if err != nil {
			return nil, a.explain(c, err)
		}
		return out, nil
	})
	alsoAnswers(op.Responses, doc.Status)
}

func (g *Group) operation(rule access.Rule, doc Doc) huma.Operation {
	op := huma.Operation{
		OperationID: rule.ID,
		Method:      rule.Method,
		Path:        g.prefix + rule.Path,
		Summary:     doc.Summary,
		Description: strings.TrimSpace(doc.Detail + "\n\n" + allowed(rule)),
		Tags:        []string{g.tag},
		// The body is read and bounded before huma sees it.
		MaxBodyBytes:    rule.BodyLimit() + 1,
		BodyReadTimeout: -1,
		Metadata:        map[string]any{ruleKey: rule},
		Responses:       map[string]*huma.Response{},
	}
	if len(doc.Status) > 0 {
		op.DefaultStatus = doc.Status[0]
	}
	if !slices.Contains(rule.Roles, access.Public) {
		op.Security = []map[string][]string{{"bearer": {}}, {"key": {}}}
	}
	if rule.Keyed {
		least, most := 1, maxKey
		op.Parameters = append(op.Parameters, &huma.Param{
			Name: "Idempotency-Key", In: "header", Required: true,
			Description: "Chosen by the client, once for each thing that it wants: the same request under the same key is done once.",
			Schema:      &huma.Schema{Type: huma.TypeString, MinLength: &least, MaxLength: &most},
		})
	}
	return op
}

// allowed says in words who may use a rule, and how often.
func allowed(r access.Rule) string {
	var who []string
	for _, role := range r.Roles {
		who = append(who, string(role))
	}
	for _, role := range r.Own {
		who = append(who, string(role)+" (its own)")
	}
	return fmt.Sprintf("For: %s. At most %d at once, and one more every %v.", strings.Join(who, ", "), r.Limit.Burst, r.Limit.Per.Round(time.Millisecond))
}

// hold documents what an answer of bytes holds.
func (a *API) hold(op huma.Operation, media map[string]any) {
	if len(media) == 0 {
		return
	}
	content := map[string]*huma.MediaType{}
	for name, value := range media {
		content[name] = &huma.MediaType{Schema: a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeOf(value), true, "")}
	}
	status := cmp.Or(op.DefaultStatus, http.StatusOK)
	op.Responses[strconv.Itoa(status)] = &huma.Response{Content: content}
}

// alsoAnswers documents further statuses with the body of the usual one.
func alsoAnswers(responses map[string]*huma.Response, status []int) {
	for i, code := range status {
		if usual := responses[strconv.Itoa(status[0])]; i > 0 && usual != nil {
			responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code), Content: usual.Content, Headers: usual.Headers}
		}
	}
}
