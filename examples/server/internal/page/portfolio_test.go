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
	b.reads("#totals", "Total cost 3,885", "35.1 bps of the face value", "All sold 27 h", "2 of 4")
	require.Equal(t, strings.Join([]string{plain, liquid, stuck, absent}, " "),
		value[string](b, `[...document.querySelectorAll("#positions li")].map(r => r.dataset.isin).join(" ")`), "who is out first comes first, who stays last")
	b.reads("[data-isin="+plain+"]", "100,000 face value", "Market maker quote", "82%", "15 min", "135")
	b.reads("[data-isin="+stuck+"]", "No way out at this size right now: it stays.")
	b.reads("[data-isin="+absent+"]", "Nothing is known of "+absent)
	b.hears("Portfolio: 2 of 4 positions have a way out.")
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
}

func TestAPortfolioOnAPhone(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#view=portfolio&held="+liquid+":1000000,"+plain+":100000,"+stuck+":70000", phone, 800)
	b.reads("#totals", "Total cost 12.4 bps at least, of the face value: half the quoted spreads", "All sold 7 h expected for the slowest", "2 of 3")
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
