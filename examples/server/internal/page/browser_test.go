package page_test

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Pictures of the page are kept in the folder that EVENKEEL_SHOTS names, if it does.
var shots = os.Getenv("EVENKEEL_SHOTS")

// patience is for what takes milliseconds on an idle machine.
const patience = 20 * time.Second

// browserOf starts the browser that all tests share, each with a tab of its own.
var browserOf struct {
	sync.Once
	context.Context //nolint:containedctx // is how chromedp hands a browser on
	stop            func()
}

func TestMain(m *testing.M) {
	code := m.Run()
	if browserOf.stop != nil {
		browserOf.stop()
	}
	os.Exit(code)
}

func startBrowser(chromium string) {
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.DisableGPU)
	all, stopAll := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, stop := chromedp.NewContext(all)
	browserOf.Context = ctx
	browserOf.stop = func() { stop(); stopAll() }
	_ = chromedp.Do(ctx) // or the first tab's life would be the browser's; the tabs tell what is wrong
}

// tab is a browser's tab with the page in it.
type tab struct {
	t   *testing.T
	ctx context.Context //nolint:containedctx // stands for the tab
	tr  *translator

	mu       sync.Mutex
	problems []string // of the console
	failed   []string // requests that were answered with an error, as the console has them
	hosts    map[string]bool
}

// open opens the page of a translator. The tab fails the test if anything goes wrong
// in it, or if it asks any other host.
func open(t *testing.T, tr *translator, hash string, width, height int64) *tab {
	t.Helper()
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		t.Skipf("no browser to look at the page with: %v", err)
	}
	browserOf.Do(func() { startBrowser(chromium) })
	ctx, cancel := chromedp.NewContext(browserOf.Context, chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx, tr: tr, hosts: map[string]bool{}}
	t.Cleanup(cancel)
	require.NoError(t, chromedp.Listen(ctx, b.note))
	b.do(chromedp.EmulateViewport(width, height))
	b.scheme("light")
	b.hurry()
	b.do(chromedp.Navigate(tr.URL + "/" + hash))
	t.Cleanup(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		require.Empty(t, b.problems, "the console must stay empty")
		require.Equal(t, map[string]bool{strings.TrimPrefix(tr.URL, "http://"): true}, b.hosts, "no other host is asked")
	})
	return b
}

// note keeps what must not happen.
func (b *tab) note(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *network.EventRequestWillBeSent:
		if at, err := url.Parse(e.Request.URL); err == nil && at.Host != "" {
			b.hosts[at.Host] = true
		}
	case *network.EventWebSocketCreated:
		if at, err := url.Parse(e.URL); err == nil {
			b.hosts[at.Host] = true
		}
	case *runtime.EventExceptionThrown:
		b.problems = append(b.problems, fmt.Sprint(e.ExceptionDetails.Text, " ", e.ExceptionDetails.Exception.Description))
	case *runtime.EventConsoleAPICalled:
		b.problems = append(b.problems, fmt.Sprint("console.", e.Type))
	case *log.EventEntryAdded:
		text := fmt.Sprint(e.Entry.Source, ": ", e.Entry.Text)
		if e.Entry.Source == log.EntrySourceNetwork || strings.Contains(text, "WebSocket connection") {
			b.failed = append(b.failed, text)
			return
		}
		b.problems = append(b.problems, text)
	}
}

// calm fails if any request was answered with an error.
func (b *tab) calm() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.failed)
}

func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	require.NoError(b.t, chromedp.Do(b.ctx, steps...))
}

// hurry makes the page's own waits five times as short.
func (b *tab) hurry() {
	b.t.Helper()
	b.script(`for (const name of ["setTimeout", "setInterval"]) {
		const wait = window[name];
		window[name] = (act, ms, ...rest) => wait(act, ms / 5, ...rest);
	}`)
}

// script runs before all others whenever the page is opened from now on.
func (b *tab) script(source string) {
	b.t.Helper()
	_, err := chromedp.Call(b.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source})
	require.NoError(b.t, err)
}

// scheme makes the visitor like light or dark.
func (b *tab) scheme(name string, more ...*emulation.MediaFeature) {
	b.t.Helper()
	features := append([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}, more...)
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: features})
	require.NoError(b.t, err)
}

// value returns what an expression is.
func value[T any](b *tab, expression string) T {
	b.t.Helper()
	v, err := chromedp.Run(b.ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	require.NoError(b.t, err, expression)
	return v
}

// until waits for an expression to become true.
func (b *tab) until(expression string) {
	b.t.Helper()
	require.Eventually(b.t, func() bool {
		yes, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		return err == nil && yes
	}, patience, 15*time.Millisecond, expression)
}

// reads waits until the visible text of what a selector finds holds all of some
// texts.
func (b *tab) reads(selector string, texts ...string) {
	b.t.Helper()
	for _, text := range texts {
		require.Eventually(b.t, func() bool {
			got, err := chromedp.Run(b.ctx, chromedp.Evaluate[string](fmt.Sprintf("document.querySelector(%q)?.innerText ?? ''", selector)))
			return err == nil && strings.Contains(strings.Join(strings.Fields(got), " "), text)
		}, patience, 15*time.Millisecond, "%s must read %q", selector, text)
	}
}

// hears waits until those who hear the page are told so.
func (b *tab) hears(text string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.getElementById('said').textContent.includes(%q)", text))
}

func (b *tab) press(keys ...string) {
	b.t.Helper()
	for _, k := range keys {
		b.do(chromedp.KeyEvent(k))
	}
}

func (b *tab) click(selector string) {
	b.t.Helper()
	b.until(fmt.Sprintf("document.querySelector(%q)?.checkVisibility()", selector))
	b.do(chromedp.Click(chromedp.CSS(selector)))
}

// choose looks with one of the keys in the page.
func (b *tab) choose(label string) {
	b.t.Helper()
	value[bool](b, fmt.Sprintf(`(() => {
		const as = document.getElementById("as");
		as.selectedIndex = [...as.options].findIndex(o => o.label === %q);
		return as.dispatchEvent(new Event("change", { bubbles: true }));
	})()`, label))
}

// write replaces what a field holds.
func (b *tab) write(selector, text string) {
	b.t.Helper()
	value[bool](b, fmt.Sprintf("(document.querySelector(%q).select(), true)", selector))
	b.press(text)
}

// fits fails if the page has to be scrolled sideways.
func (b *tab) fits() {
	b.t.Helper()
	b.until("document.documentElement.scrollWidth <= innerWidth")
}

// shoot keeps a picture of the whole page.
func (b *tab) shoot(name string) {
	b.t.Helper()
	if shots == "" {
		return
	}
	value[bool](b, "new Promise(done => setTimeout(() => done(true), 3000))") // for what moves to come to rest
	picture, err := chromedp.Run(b.ctx, chromedp.FullScreenshot(100))
	require.NoError(b.t, err)
	require.NoError(b.t, os.MkdirAll(shots, 0o755))
	require.NoError(b.t, os.WriteFile(filepath.Join(shots, name+".png"), picture, 0o644))
}
