package page_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

const (
	desk  = 1280
	phone = 360
)

func TestWhatAProfessionalSeesOfABond(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.choose("professional")
	b.reads("#bond-title", liquid)
	b.reads("#badges", "As of", "live, under a minute old", "Confidence 82%")
	b.reads("#verdict", "Best way out for 100,000: market maker quote.", "It works 82% of the time.",
		"Half of such sales are done within 15 min, nine in ten within 50 min.", "It costs about 13.4 bps, 135 in cash.")
	require.Equal(t, "78.2 of 100, Good", value[string](b, `document.querySelector("[role=meter]").ariaValueText`))
	require.Equal(t, "78.2 100", value[string](b, `document.querySelector(".gauge .value").getAttribute("stroke-dasharray")`), "how far the arc goes")
	b.reads("#components", "Spread weight 30% 50.3", "Market maker adjustment -3.0")
	b.reads("#gauge", "The source does not say over what time it counts trades; a day is assumed.")
	b.reads("#words", "This bond presents a moderate overall risk profile.")
	b.reads("#terms", "Rated AA · term 5-10Y · issuer: corporate · coupon 7.5% · matures 2033-03-15 (modelled)")
	b.click("#words summary")
	b.reads("#words", "RISK ASSESSMENT")
	require.Equal(t, 2, value[int](b, `document.querySelectorAll("#words li").length`))

	require.Equal(t, "market_maker auction rfq_batch tokenized_p2p", value[string](b, `[...document.querySelectorAll("#routes .route")].map(r => r.dataset.path).join(" ")`))
	b.reads("[data-path=market_maker]", "Best", "82%", "90% sure: 71% to 90%, from 40 past sales", "15 min", "nine in ten within 50 min, recorded",
		"100.49", "13.4 bps", "about 135 in cash", "The dealer may not have room for all of it.")
	b.reads("[data-path=auction]", "Second", "no interval yet", "within 27 h, modelled", "37.3 bps", "The window opens 1 Dec, 14:00.")
	b.reads("[data-path=rfq_batch]", "Closed", "The next window is too far ahead: more than 2 h.", "No size would pass now.")
	b.reads("[data-path=tokenized_p2p]", "House policy bars this way for bonds that run so long.", "Your size is below the least lot of 2,500,000.")

	b.reads("#categories", "Overall 42.5 of 100 (between 35.1 and 55.0), medium, with a confidence of 85%.", "Not known: interest coverage.", "Legal Risk Not known: open cases – not known")
	b.reads("#origins", "The bond modelled modelled from seed 1", "Liquidity fact NSE trades of the day", "Tokenized P2P modelled modelled depth and quotes", "All of it together computed evenkeel", "Liquidity Risk Credit Risk Interest Rate Risk", "a1b2c3d4e5f60718")
	b.reads("#caveats", "no advice to trade")
	b.until(`document.querySelector("#cost canvas") && document.querySelector("#history canvas")`)
	require.Equal(t, "800,000 20.4 bps 37.3 bps closed closed", value[string](b,
		`[...document.querySelectorAll("#cost-table tbody tr")].find(r => r.cells[0].textContent === "800,000") && [...[...document.querySelectorAll("#cost-table tbody tr")].find(r => r.cells[0].textContent === "800,000").cells].map(c => c.textContent).join(" ")`),
		"the cap of a way is one of the sizes")
	require.Equal(t, liquid+": 78.2, good", value[string](b, "document.title"))
	b.hears("Best way out: Market maker quote")
	b.shoot("bond-1280")
	b.scheme("dark")
	b.shoot("bond-1280-dark")
	b.fits()
	b.calm()
}

func TestWhatRetailSeesOfABond(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, phone, 800)
	b.reads("#index-value", "78.2")
	require.True(t, value[bool](b, `document.getElementById("terms").hidden`))
	b.reads("#verdict", "Half of such sales are done within 15 min, nine in ten within 50 min.", "It costs at least 12.5 bps")
	b.reads("#routes", "A summary has no prices.")
	b.reads("[data-path=tokenized_p2p]", "House policy bars this way", "Your size is below the least lot of 2,500,000.")
	b.reads("#cost-note", "half the quoted spread, at least")
	require.True(t, value[bool](b, `document.getElementById("full").disabled && document.getElementById("sources").hidden`))
	for _, q := range tr.questions() {
		require.Contains(t, q, "detail=summary", "what retail may not see is not asked for")
	}
	b.until(`document.querySelector("#cost canvas")`)
	b.shoot("bond-360-retail")
	b.choose("professional")
	b.reads("#routes", "Tokenized P2P")
	b.shoot("bond-360")
	b.fits()
	b.calm()
}

func TestTheSeedsOwnSummaryIsEnough(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#isin="+plain, desk, 900)
	b.reads("#index-value", "78.2")
	b.reads("[data-path=market_maker]", "82%", "no interval yet", "15 min", "expected", "12.5 bps")
	b.reads("#categories", "Overall 42.5 of 100, with a confidence of 85%.")
	require.NotContains(t, value[string](b, "document.body.innerText"), "NaN")
	require.NotContains(t, value[string](b, "document.body.innerText"), "undefined")
	b.calm()
}

func TestAnotherSizeIsAskedForAgain(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#isin="+liquid+"&size=1000000", desk, 900)
	b.choose("professional")
	b.reads("#routes .route:first-child", "Fractional auction")
	b.reads("[data-path=market_maker]", "Your size is above the cap of 800,000 for this rating.", "The most that would pass is 800,000.")
	b.until(`document.querySelector("#cost-table table")`) // with which the ways are drawn anew
	b.click("#ask-market_maker")
	b.reads("#verdict", "Best way out for 800,000: market maker quote.", "It costs about 20.4 bps")
	require.Equal(t, "800,000", value[string](b, `document.getElementById("size").value`))
	b.until(`location.hash.includes("size=800000")`)
	b.calm()
}

func TestWithNoWayOutItSaysWhatWouldPass(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#isin="+stuck, desk, 900)
	b.reads("#verdict", "There is no way out for 100,000 right now.")
	b.reads("#noway", "All ways are closed; each says why below.", "There is one for 60,000.")
	b.shoot("noway-1280-retail")
	b.choose("professional")
	b.reads("#noway", "All ways are closed; each says why below.", "There is one for 60,000.")
	b.reads("#verdict", "Market maker quote would take up to 60,000.")
	b.reads("[data-path=auction]", "No auction is announced.")
	b.reads("#badges", "stale, up to an hour old")
	b.hears("No way out at this size")
	b.shoot("noway-1280")
	b.click("#ask-fits")
	b.reads("#verdict", "Best way out for 60,000: market maker quote.")
	b.calm()
}

func TestTooLittleDataIsNotModerate(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "#isin="+unknown, phone, 800)
	b.reads("#index-level", "Not enough data")
	b.reads("#gauge", "treat it as hard to sell", "Missing: volume window.")
	require.Equal(t, "Not enough data", value[string](b, `document.querySelector("[role=meter]").ariaValueText`))
	require.False(t, value[bool](b, `document.querySelector("[role=meter]").hasAttribute("aria-valuenow")`))
	b.reads("#history-words", "No index so far.")
	b.until(`document.getElementById("history").dataset.nothing && document.getElementById("cost").dataset.nothing`)
	b.shoot("insufficient-360")
	b.fits()
	b.calm()
}

func TestNumbersAreSaidAsPeopleSayThem(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "", desk, 900)
	for call, want := range map[string]string{
		"span(0.4)": "at once", "span(1)": "1 min", "span(119.4)": "119 min", "span(120)": "2 h", "span(150)": "2 h 30 min", "span(2879)": "47 h 59 min",
		"span(2880)": "2 days", "span(5000)": "3.5 days", "span(null)": "–",
		"amount(1234567.891)": "1,234,567.89", "amount(null)": "–", "whole(1234.5)": "1,235", "price(100)": "100.00", "price(99.39321)": "99.3932",
		"bps(24.84472)": "24.8 bps", "bps(-3)": "-3.0 bps", "bps(null)": "–", "percent(0.8249)": "82%", "percent(null)": "–", "score(78.25)": "78.3",
		"path('market_maker')": "Market maker quote", "path('dark_pool')": "Dark pool", "within('RFQ batch window')": "RFQ batch window", "within('Tokenized P2P')": "tokenized P2P", "level('poor')": "Leaving is slow or dear. Plan for it.", "age('real_time')": "live, under a minute old",
		"refusal({ reason: 'rating_cap', limit: 800000 })":                  "Your size is above the cap of 800,000 for this rating.",
		"refusal({ reason: 'new_rule', limit: null })":                      "New rule.",
		"refusal({ reason: 'x', limit: null, text: 'As the server says' })": "As the server says.",
		"constraint('thin_demand')":                                         "Bids at your price do not cover the size.", "constraint('other_thing')": "Other thing.",
	} {
		require.Equal(t, want, value[string](b, fmt.Sprintf(`import("/assets/words.js").then(words => words.%s)`, call)), call)
	}
}
