package page_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

// A visitor without a mouse gets everywhere, in the order in which things are read.
func TestTheKeyboardIsEnough(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "", desk, 900)
	b.reads("#empty-title", "How would you get out?")
	focused := func() string {
		return value[string](b, `document.activeElement.id || document.activeElement.getAttribute("aria-labelledby") || document.activeElement.textContent`)
	}
	var walked []string
	for range 9 {
		b.press(kb.Tab)
		walked = append(walked, focused())
	}
	require.Equal(t, []string{"skip", "to-bond", "to-portfolio", "isin", "size", "go", "as", "bonds-title", liquid}, walked)
	value[bool](b, `(document.activeElement.blur(), document.getElementById("isin").focus(), true)`)
	b.press(kb.ArrowDown, kb.ArrowDown, kb.ArrowUp, kb.ArrowUp)
	require.Equal(t, "found-4", value[string](b, `document.activeElement.getAttribute("aria-activedescendant")`), "round the end")
	b.press(kb.Escape)
	require.Equal(t, "false", value[string](b, `document.activeElement.getAttribute("aria-expanded")`))
	b.press(kb.ArrowDown, kb.ArrowDown, kb.Enter)
	b.reads("#bond-title", stuck)
	b.reads("#noway", "There is one for 60,000.")
	value[bool](b, `(document.getElementById("ask-fits").focus(), true)`)
	b.press(kb.Enter)
	b.reads("#verdict", "Best way out for 60,000")
	require.Equal(t, "main", focused(), "who pressed what is gone is not sent to the top")
	value[bool](b, `(document.getElementById("skip").focus(), true)`)
	b.press(kb.Enter)
	require.Equal(t, "main", focused())
	require.Contains(t, value[string](b, "location.hash"), "size=60000", "skipping goes nowhere")
	b.calm()
}

func TestNewsDoNotTakeTheFocus(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid+"&size=1000000", desk, 900)
	b.choose("professional")
	b.reads("#live", "Live")
	b.until(`document.getElementById("ask-market_maker")`)
	value[bool](b, `(document.getElementById("ask-market_maker").focus(), true)`)
	changed := routes(liquid, 1e6, true)
	changed[0]["fill_probability"] = 0.5
	tr.tell("exit_path_update", object{"exit_recommendations": changed, "trade_size": 1e6})
	b.reads("[data-path=auction]", "50%")
	require.Equal(t, "ask-market_maker", value[string](b, "document.activeElement.id"))
}

// Text stands out from what is behind it by 4.5 to 1, large text by 3 (WCAG 2.2, 1.4.3).
func TestTextCanBeRead(t *testing.T) {
	t.Parallel()
	const worst = `(() => {
		const canvas = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
		const rgb = colour => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
		const light = c => { const [r, g, b] = c.map(x => (x /= 255) <= .04045 ? x / 12.92 : ((x + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
		const behind = e => { for (; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255, 255]; };
		return [...document.querySelectorAll("body *")].filter(e => e.checkVisibility() && !e.closest("svg, canvas") && [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())).filter(e => {
			const style = getComputedStyle(e), [a, b] = [light(rgb(style.color)), light(behind(e))].sort((x, y) => y - x);
			const size = parseFloat(style.fontSize), large = size >= 24 || size >= 18.66 && Number(style.fontWeight) >= 700;
			return (a + .05) / (b + .05) < (large ? 3 : 4.5);
		}).map(e => e.tagName + "." + e.className + ": " + e.textContent.slice(0, 40)).join("\n");
	})()`
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.choose("professional")
	for _, scheme := range []string{"light", "dark"} {
		b.scheme(scheme)
		for _, hash := range []string{"#isin=" + liquid, "#isin=" + stuck, "#isin=" + unknown, "#view=portfolio&held=" + liquid + ":1000," + stuck + ":70000"} {
			value[bool](b, fmt.Sprintf("(location.hash = %q, true)", hash))
			b.until(`document.querySelector("#bond:not([hidden]):not([aria-busy=true]), #portfolio:not([hidden]) #positions[aria-busy=false]")`)
			require.Empty(t, value[string](b, worst), "%s %s", scheme, hash)
		}
	}
}

func TestEverythingHasAName(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#isin="+liquid, desk, 900)
	b.choose("professional")
	b.reads("#index-value", "78.2")
	require.Empty(t, value[string](b, `[...document.querySelectorAll("input, select")].filter(i => i.labels.length === 0).map(i => i.id).join()`), "each field has a label")
	require.Empty(t, value[string](b, `[...document.querySelectorAll("[aria-labelledby]")].filter(e => !document.getElementById(e.getAttribute("aria-labelledby"))?.textContent.trim() && e.checkVisibility()).map(e => e.id).join()`))
	require.Equal(t, 1, value[int](b, `[...document.querySelectorAll("h1")].filter(h => h.checkVisibility()).length`))
	require.Equal(t, 1, value[int](b, `document.querySelectorAll("main").length`))
	ids := value[[]string](b, `[...document.querySelectorAll("[id]")].map(e => e.id)`)
	seen := map[string]bool{}
	for _, id := range ids {
		require.False(t, seen[id], "%s is twice in the page", id)
		seen[id] = true
	}
}

func TestNothingMovesForThoseWhoDoNotWantIt(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#isin="+liquid, desk, 900)
	b.reads("#index-value", "78.2")
	require.NotEqual(t, "0s", value[string](b, `getComputedStyle(document.querySelector(".gauge .value")).transitionDuration`))
	b.scheme("light", &emulation.MediaFeature{Name: "prefers-reduced-motion", Value: "reduce"})
	require.Equal(t, "0s", value[string](b, `getComputedStyle(document.querySelector(".gauge .value")).transitionDuration`))
}

// What is read must not jump away: good is a shift of up to 0.1 (web.dev/cls).
func TestWhatIsReadDoesNotJump(t *testing.T) {
	t.Parallel()
	for _, width := range []int64{desk, phone} {
		tr := newTranslator(t)
		b := open(t, tr, "#isin="+liquid, width, 800)
		b.reads("#live", "Live")
		b.until(`document.querySelector("#cost canvas") && document.querySelector("#history canvas")`)
		fresh := tr.profile(liquid, false)
		fresh["liquidity_index"] = 9.9
		tr.tell("liquidity_update", object{"liquidity_profile": fresh})
		b.reads("#index-value", "9.9")
		shift := value[float64](b, `new Promise(done => new PerformanceObserver(list => done(list.getEntries().filter(e => !e.hadRecentInput).reduce((sum, e) => sum + e.value, 0))).observe({ type: "layout-shift", buffered: true }) ?? setTimeout(() => done(0), 300))`)
		require.Less(t, shift, 0.1, "at %d pixels", width)
	}
}
