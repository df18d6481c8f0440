package page_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

func TestAPortfolioIsAddedUp(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#view=portfolio", desk, 900)
	b.choose("professional")
	b.reads("#positions", "Nothing here yet")
	b.shoot("portfolio-1280-empty")
	for _, p := range []struct{ isin, size string }{{liquid, "1,000,000"}, {plain, "200000"}, {stuck, "70000"}, {absent, "5"}, {plain, "100000"}} {
		b.write("#add-isin", p.isin)
		b.write("#add-size", p.size)
		b.press(kb.Enter)
		b.until(fmt.Sprintf(`document.getElementById("remove-%s")`, p.isin))
	}
	b.reads("#totals", "All sold Not in time 94% of the value within 30 days", "Total cost 3,250 in cash, 29.6 bps of what is sold", "2 of 4")
	b.reads("#joint-words", "You can leave all of it.", "What this rests on:", "You sell at most 20.0%")
	require.NotContains(t, value[string](b, `document.getElementById("joint-words").innerText`), "What holds you up", "it stands beside it")
	b.reads("#joint-tight", stuck+": 70,000 is left.", liquid+": sold out on day 3.", "Order book 60%", "Fractional auction 10%")
	b.click("#joint-plan summary")
	b.reads("#joint-plan", "2 "+liquid+" Fractional auction 600,000 37.3 bps 2,236")
	require.Equal(t, strings.Join([]string{plain, liquid, stuck, absent}, " "),
		value[string](b, `[...document.querySelectorAll("#positions li")].map(r => r.dataset.isin).join(" ")`), "who is out first comes first, who stays last")
	b.reads("[data-isin="+plain+"]", "100,000 face value", "Market maker quote", "82%", "15 min", "135")
	b.reads("[data-isin="+stuck+"]", "No way out at this size right now: it stays.")
	b.reads("[data-isin="+absent+"]", "Nothing is known of "+absent)
	b.hears("Portfolio: 2 of 4 positions have a way out. All together they are not sold within 30 days.")
	b.shoot("portfolio-1280")
	require.Equal(t, "#view=portfolio&size=100000&full=1&held="+liquid+":1000000,"+stuck+":70000,"+absent+":5,"+plain+":100000", value[string](b, "location.hash"))
	require.Zero(t, value[int](b, "localStorage.length + sessionStorage.length + document.cookie.length"), "nothing is stored")

	b.click("#remove-" + absent)
	b.until(fmt.Sprintf(`!document.getElementById("remove-%s")`, absent))
	b.reads("#totals", "2 of 3")
	b.click("[data-isin=" + plain + "] a")
	b.reads("#verdict", "Best way out for 100,000: market maker quote.")
	b.click("#to-portfolio")
	b.reads("#totals", "2 of 3")

	b.click("#remove-" + stuck)
	b.reads("#totals", "All sold In 3 days", "2 of 2")
	b.hears("All together they are sold within 3 days.")
}

// The address is a page of its own, also for whoever comes from elsewhere.
func TestThePortfolioHasAnAddress(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "portfolio#held="+liquid+":1000000", desk, 900)
	b.reads("#totals", "In 3 days", "1 of 1")
	require.Equal(t, "/#view=portfolio&size=100000&held="+liquid+":1000000", value[string](b, "location.pathname + location.hash"))
	b.until(`document.getElementById("to-portfolio").getAttribute("aria-current") === "page"`)
	b.click("#to-bond")
	b.reads("#empty", "How would you get out?")
	b.calm()
}

// Where nothing is known together, each bond alone is still shown.
func TestAPortfolioThatCannotBeAddedUp(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#view=portfolio&held="+absent+":1", desk, 900)
	b.reads("#joint-words", "Nothing is known of what you hold.")
	b.reads("[data-isin="+absent+"]", "Nothing is known of "+absent)
	b.reads("#totals", "All sold – not known", "0 of 1")
}

func TestAPortfolioOnAPhone(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#view=portfolio&held="+liquid+":1000000,"+plain+":100000,"+stuck+":70000", phone, 800)
	b.reads("#totals", "Not in time", "2 of 3")
	require.Empty(t, value[string](b, `document.getElementById("joint-plan").innerText`), "the plan is not for retail")
	b.reads("[data-isin="+liquid+"]", "at least: half the quoted spread")
	b.shoot("portfolio-360-retail")
	b.choose("professional")
	b.reads("[data-isin="+plain+"]", "nine in ten within 50 min")
	b.reads("#totals", "2 of 3")
	b.shoot("portfolio-360")
	b.fits()
	b.calm()
}

func TestAPortfolioHasABound(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	var held []string
	for i := range 30 {
		held = append(held, fmt.Sprintf("INE0000000%02d:1", i))
	}
	b := open(t, tr, "#view=portfolio&held="+strings.Join(held, ","), desk, 900)
	b.until(`document.querySelectorAll("#positions li").length === 20`)
	b.write("#add-isin", liquid)
	b.press(kb.Enter)
	b.reads("#add-wrong", "at most 20 positions")
}
