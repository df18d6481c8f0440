package page

import (
	"bytes"
	"crypto/sha256"
	"embed"
	"fmt"
	"html/template"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/evenkeelhq/evenkeel/examples/internal/uplot"
)

// Options are what the page shows beside what the API says. The zero value is a
// page on which an ISIN has to be typed.
type Options struct {
	Bonds []Bond // to pick from, in the order in which they are listed
	Keys  []Key  // to look with, the first unless a visitor says otherwise; none looks without
}

// Bond is one that a visitor can pick, with its last trade.
type Bond struct {
	ISIN     string
	Last     decimal.Decimal // price per 100 of face value
	YieldPct decimal.Decimal // at that price
	Value    decimal.Decimal // traded on that day, in its currency
	Trades   int             // of that day
}

// Key is a credential that anybody may have, such as one of the example
// configuration: it is in the page for all to read.
type Key struct {
	Label string // whose it is, "retail"
	Key   string
	Full  bool // whether it opens the full detail, which is shown at once then
}

//go:embed assets
var assets embed.FS

var pageTemplate = template.Must(template.New("page.html").Funcs(template.FuncMap{"grouped": grouped, "millions": millions}).ParseFS(assets, "assets/page.html"))

// file is what one path answers with.
type file struct {
	media string
	tag   string // of its content, quoted
	text  []byte
}

// Handler answers / and /portfolio for those who ask for HTML, and the page's files
// under /assets/. All else is for rest, such as / for a client that asks for JSON. Safe for
// concurrent use. An error is a mistake in the page itself.
func Handler(o Options, rest http.Handler) (http.Handler, error) {
	files, err := render(o)
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		document := r.URL.Path == home || r.URL.Path == portfolio
		if document {
			w.Header().Add("Vary", "Accept")
		}
		f, ours := files[r.URL.Path]
		reading := r.Method == http.MethodGet || r.Method == http.MethodHead
		if !ours || !reading || document && !wantsHTML(r.Header) {
			rest.ServeHTTP(w, r)
			return
		}
		f.serve(w, r)
	}), nil
}

// The page's addresses: each is the whole page, and begins with another view.
const (
	home      = "/"
	portfolio = "/portfolio"
)

// render makes all files, by path. They are the same for everybody, so once is
// enough.
func render(o Options) (map[string]file, error) {
	var text bytes.Buffer
	if err := pageTemplate.Execute(&text, o); err != nil {
		return nil, err
	}
	files := map[string]file{
		home:                        newFile("page.html", text.Bytes()),
		portfolio:                   newFile("page.html", text.Bytes()),
		"/assets/uPlot.iife.min.js": newFile("uPlot.iife.min.js", []byte(uplot.JS)),
		"/assets/uPlot.min.css":     newFile("uPlot.min.css", []byte(uplot.CSS)),
		"/assets/uPlot.LICENSE":     newFile("uPlot.LICENSE", []byte(uplot.License)),
	}
	entries, err := assets.ReadDir("assets")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.Name() == "page.html" {
			continue // is a template
		}
		text, err := assets.ReadFile("assets/" + e.Name())
		if err != nil {
			return nil, err
		}
		files["/assets/"+e.Name()] = newFile(e.Name(), text)
	}
	return files, nil
}

func newFile(name string, text []byte) file {
	// Not mime.TypeByExtension, which depends on the machine.
	media := map[string]string{".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}[path.Ext(name)]
	if media == "" {
		media = "text/plain"
	}
	return file{media: media + "; charset=utf-8", tag: fmt.Sprintf(`"%x"`, sha256.Sum256(text)), text: text}
}

// policy lets the page load what is here, and nothing else: no inline script, no
// inline style, no form that is sent anywhere.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

func (f file) serve(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Type", f.media)
	header.Set("Content-Security-Policy", policy)
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")
	header.Set("Cross-Origin-Resource-Policy", "same-origin")
	header.Set("Cache-Control", "no-cache") // asks each time; ETag keeps the answer short
	header.Set("ETag", f.tag)
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(f.text))
}

// wantsHTML reports whether a client names HTML among what it accepts, as browsers
// do, and would not rather have JSON. Whoever takes anything, curl for one, is a
// program.
func wantsHTML(header http.Header) bool {
	wish := map[string]float64{}
	for _, accepted := range strings.Split(strings.Join(header.Values("Accept"), ","), ",") {
		media, params, err := mime.ParseMediaType(accepted)
		if err != nil {
			continue
		}
		quality, err := strconv.ParseFloat(params["q"], 64)
		if err != nil {
			quality = 1
		}
		wish[media] = quality
	}
	return wish["text/html"] > 0 && wish["text/html"] >= wish["application/json"]
}

func millions(d decimal.Decimal) string { return grouped(1, d.Shift(-6)) }

// grouped writes an amount with commas, and with places decimals.
func grouped(places int32, d decimal.Decimal) string {
	text := d.StringFixed(places)
	whole, fraction, found := strings.Cut(text, ".")
	if found {
		fraction = "." + fraction
	}
	sign := ""
	if strings.HasPrefix(whole, "-") {
		sign, whole = "-", whole[1:]
	}
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	return sign + whole + fraction
}
