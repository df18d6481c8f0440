package page_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

func TestABondIsFoundByWritingPartOfItsISIN(t *testing.T) {
	t.Parallel()
	b := open(t, newTranslator(t), "", desk, 900)
	b.reads("#empty-title", "How would you get out?")
	b.reads("#bonds", liquid+" 100.0553 6.70 5,000.0 1")
	b.shoot("empty-1280")
	b.click("#isin")
	b.press("556f")
	b.until(`document.querySelectorAll("#found li").length === 1 && document.getElementById("isin").getAttribute("aria-expanded") === "true"`)
	b.reads("#found", stuck+" last 99.3932, 6.88%")
	b.click("#found li")
	b.reads("#bond-title", stuck)
	require.Equal(t, "#view=bond&isin="+stuck+"&size=100000", value[string](b, "location.hash"))

	value[bool](b, "(history.back(), true)")
	b.reads("#empty-title", "How would you get out?")
	b.click("#bonds tbody a")
	b.reads("#bond-title", liquid)
	b.calm()
}

func TestWhatCannotBeAskedIsSaidBesideTheField(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin=%3Cscript%3E&size=-1&held=x:1,"+liquid+":0", desk, 900)
	b.reads("#empty-title", "How would you get out?")
	for _, c := range []struct{ isin, size, says, focus string }{
		{"INE09", "1000", "An ISIN has 12 characters", "isin"},
		{"ine094a0817x", "1000", "An ISIN has 12 characters", "isin"},
		{"", "1000", "An ISIN has 12 characters", "isin"},
		{liquid, "0", "must be a number above 0", "size"},
		{liquid, "-5", "must be a number above 0", "size"},
		{liquid, "1e9", "must be a number above 0", "size"},
		{liquid, "many", "must be a number above 0", "size"},
	} {
		b.write("#isin", c.isin)
		b.write("#size", c.size)
		b.press(kb.Enter)
		b.reads("#ask-wrong", c.says)
		require.Equal(t, c.focus, value[string](b, "document.activeElement.id"))
		require.Equal(t, "true", value[string](b, `document.getElementById("isin").getAttribute("aria-invalid")`))
	}
	require.Empty(t, tr.questions())
	b.write("#isin", strings.ToLower(liquid))
	b.write("#size", "1,500 000.50")
	b.press(kb.Enter)
	b.reads("#verdict", "Best way out for 1,500,000.5: fractional auction.")
	require.Empty(t, value[string](b, `document.getElementById("ask-wrong").textContent`))
	b.calm()
}

func TestEachRefusalHasItsWords(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+absent, desk, 900)
	b.reads("#problem-title", "Nothing is known of "+absent)
	b.shoot("unknown-1280")
	b.choose("nobody")
	b.reads("#problem-title", "A key is needed")
	b.choose("own key")
	b.until(`document.getElementById("key").checkVisibility()`)
	b.write("#key", retail)
	b.press(kb.Enter)
	b.reads("#problem-title", "Nothing is known of "+absent)
	b.write("#isin", liquid)
	b.press(kb.Enter)
	b.reads("#index-value", "78.2")
	b.click("#full")
	b.reads("#ask-wrong", "Your access does not include the full detail.")
	b.reads("#index-value", "78.2")
	require.False(t, value[bool](b, `document.getElementById("full").checked`))
}
