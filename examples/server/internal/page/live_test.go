package page_test

import (
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

func TestNewsChangeThePageAsTheyCome(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.choose("professional")
	b.reads("#live", "Live", "update 41")
	b.until(`document.querySelector("#cost-table table")`)
	tr.waitFor(0, object{"action": "auth", "token": professional})

	fresh := tr.profile(liquid, true)
	fresh["liquidity_index"], fresh["liquidity_level"], fresh["spread_bps"] = 34.9, "poor", 61.0
	tr.change("liquidity_update", object{"liquidity_profile": fresh}, "Its liquidity is poor.")
	b.reads("#index-value", "34.9")
	b.reads("#live", "update 42")
	b.reads("#badges", "under 5 minutes old", "Confidence 80%")
	b.reads("#history-words", "Index between 34.9 and 78.2 so far, now 34.9.")
	b.hears("liquidity poor")
	b.reads("#words", "Its liquidity is poor.")

	tr.change("exit_path_update", object{"exit_recommendations": routes(stuck, 100_000, true), "trade_size": 100_000}, "There is no way out.")
	b.reads("#noway", "No way out at this size, right now")
	b.reads("#words", "There is no way out.")
	tr.change("risk_update", object{"risk_summary": from("evenkeel", object{"overall_score": 81, "level": "critical", "categories": []object{}}), "risk_warnings": []string{"Overall risk is critical"}}, "Its risk is critical.")
	b.reads("#warnings", "Overall risk is critical")
	b.reads("#categories", "Overall 81.0 of 100, critical.")
	b.reads("#words", "Its risk is critical.")
	b.until(`[...document.querySelectorAll(".behind")].every(e => !e.checkVisibility())`)

	tr.set(func() { clear(tr.now) })
	tr.tell("exit_path_update", object{"exit_recommendations": routes(liquid, 5e6, true), "trade_size": 5e6})
	b.reads("[data-path=market_maker]", "Best") // news for another size only say that there are some
	b.calm()
}

func TestWordsThatAreOlderThanTheNumbersSaySo(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.choose("professional")
	b.reads("#live", "Live")
	b.until(`document.querySelector("#cost-table table")`)
	require.False(t, value[bool](b, `[...document.querySelectorAll(".behind")].some(e => e.checkVisibility())`), "all is of the same time")
	b.reads("#origins", "All inputs together have the hash a1b2c3d4e5f60718.")

	tr.set(func() { tr.away = true })
	tr.change("liquidity_update", object{"liquidity_profile": tr.profile(stuck, true)}, "Its liquidity is poor.")
	b.reads("#index-value", "12.5")
	b.reads("#words-behind", "As of 10:00:00, before the newest numbers")
	b.reads("#caveats-behind", "As of 10:00:00, before the newest numbers")
	b.reads("#origins", "At 10:00:00, all inputs together had the hash a1b2c3d4e5f60718.")
	b.shoot("behind-1280")

	tr.set(func() { tr.away = false })
	b.reads("#words", "Its liquidity is poor.")
	b.until(`[...document.querySelectorAll(".behind")].every(e => !e.checkVisibility())`)
	b.reads("#origins", "All inputs together have the hash a1b2c3d4e5f60718.")
}

func TestAlertsHaveATopicOfTheirOwn(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.choose("professional")
	b.reads("#live", "Live", "update 41")
	tr.tell("alert", warning())
	b.reads("#alerts", "Market maker offline <b>")
	require.Equal(t, "log", value[string](b, `document.getElementById("alerts").role`), "and it is heard")
	b.reads("#live", "update 41")
	b.shoot("bond-1280-alert")

	asked := len(tr.questions())
	tr.set(func() { tr.index = 55.5 })
	tr.set(func() { tr.ends[alertsTopic] += 3 })
	tr.tell("alert", warning())
	b.reads("#index-value", "55.5") // some alerts were left out: what is wrong now is asked for
	require.Greater(t, len(tr.questions()), asked)

	heard := tr.heard()
	tr.hangUp()
	require.EqualValues(t, 41, tr.waitFor(heard, object{"action": "subscribe", "topic": mainTopic})["resume_from_seq"])
	require.EqualValues(t, tr.end(alertsTopic), tr.waitFor(heard, object{"action": "subscribe", "topic": alertsTopic})["resume_from_seq"])
}

func TestNewsWithLessInThemOrAfterAGapAreAskedFor(t *testing.T) {
	t.Parallel()
	for name, send := range map[string]func(*translator){
		"less than what is shown": func(tr *translator) {
			tr.tell("liquidity_update", object{"liquidity_profile": object{"liquidity_index": 1, "liquidity_level": "illiquid"}})
		},
		"some were left out": func(tr *translator) {
			tr.set(func() { tr.ends[mainTopic] += 3 })
			tr.tell("liquidity_update", object{"liquidity_profile": tr.profile(liquid, true)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			tr := newTranslator(t)
			b := open(t, tr, "#isin="+liquid, desk, 900)
			b.choose("professional")
			b.reads("#live", "Live")
			b.until(`document.querySelector("#cost-table table")`)
			tr.set(func() { tr.index = 55.5 })
			asked := len(tr.questions())
			send(tr)
			b.reads("#index-value", "55.5")
			require.Greater(t, len(tr.questions()), asked)
			b.reads("#components", "Spread")
		})
	}
}

func TestALostSocketIsResumedAndMeanwhileThePageAsks(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.reads("#live", "Live", "update 41")
	heard := tr.heard()
	tr.set(func() { tr.deaf, tr.index = true, 66.6 })
	tr.hangUp()
	b.reads("#live", "Not live: asks every 5 s")
	require.Equal(t, "status", value[string](b, `document.getElementById("live-text").role`), "and it is heard")
	b.reads("#index-value", "66.6")
	tr.set(func() { tr.deaf = false })
	again := tr.waitFor(heard, object{"action": "subscribe", "topic": mainTopic})
	require.EqualValues(t, 41, again["resume_from_seq"])
	b.reads("#live", "Live")
}

func TestATopicThatIsRefusedIsAskedForInstead(t *testing.T) {
	t.Parallel()
	for _, refused := range []string{mainTopic, alertsTopic} {
		t.Run(refused, func(t *testing.T) {
			tr := newTranslator(t)
			b := open(t, tr, "#isin="+liquid, desk, 900)
			b.reads("#live", "Live")
			tr.send(t.Context(), object{"type": "error", "code": "forbidden", "message": "not for you", "topic": refused})
			b.reads("#live", "Not live: asks every 5 s")
			require.Equal(t, "not for you", value[string](b, `document.getElementById("live").title`))
			tr.set(func() { tr.index = 44.4 })
			b.reads("#index-value", "44.4")
			b.calm()
		})
	}
}

func TestAServerMayShowSeldomThatItLives(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.script(`{
		const wait = setTimeout, stop = clearTimeout;
		let last = 1e9;
		window.long = new Map(); // what waits for more than a minute waits for this test
		window.setTimeout = (act, ms) => ms < 60_000 ? wait(act, ms) : (long.set(++last, { act, ms }), last);
		window.clearTimeout = id => long.delete(id) || stop(id);
	}`)
	b.do(chromedp.Reload())
	b.reads("#live", "Live")
	waits := func(ms string) { b.until("[...long.values()].map(l => l.ms).join() === " + strconv.Quote(ms)) }
	waits("345000") // heartbeats come each 300 s at most
	beat := func(at string) { tr.send(t.Context(), object{"type": "heartbeat", "ts": "2024-12-01T" + at + "Z"}) }
	beat("10:00:30")
	beat("10:01:00")
	waits("75000")
	beat("10:01:01") // which the one before was late for
	waits("75000")
	heard := tr.heard()
	value[bool](b, "(long.values().next().value.act(), true)")
	tr.waitFor(heard, object{"action": "subscribe", "topic": mainTopic})
	waits("345000") // the server may be another by now
}

func TestWhatWasThereStaysWhenTheServerGoesAway(t *testing.T) {
	t.Parallel()
	tr := newTranslator(t)
	b := open(t, tr, "#isin="+liquid, desk, 900)
	b.reads("#index-value", "78.2")
	tr.set(func() { tr.away, tr.index = true, 50 })
	b.write("#size", "200000")
	b.press(kb.Enter)
	b.reads("#old", "The translator is busy or starting. These numbers are from 10:00:00, for 100,000.")
	b.reads("#verdict", "Best way out for 100,000:")
	b.reads("#index-value", "78.2")
	b.shoot("away-1280")
	tr.set(func() { tr.away = false })
	b.reads("#index-value", "50.0")
	b.until(`document.getElementById("old").hidden`)
	b.reads("#verdict", "Best way out for 200,000:")
}
