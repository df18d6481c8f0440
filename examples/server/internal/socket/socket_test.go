package socket_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/access"
	"github.com/evenkeelhq/evenkeel/examples/server/internal/socket"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
	"github.com/evenkeelhq/evenkeel/risk/topic/memory"
)

func TestWhoSubscribesKnowsHowItStandsAndHearsWhatHappens(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		r.tell(bond, riskUpdate, liqUpdate)
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 2", "snapshot "+bond+" 2")
		p.subscribe(bond+".exit", bond+".alerts")
		p.hears("ack subscribe "+bond+".exit 0", "snapshot "+bond+".exit 0", "ack subscribe "+bond+".alerts 0", "snapshot "+bond+".alerts 0")
		r.tell(other, riskUpdate)
		r.tell(bond, exitUpdate, alert(risk.Warning))
		r.tell(bond, riskUpdate)
		p.hears("exit_path_update "+bond+" 3 after 2", "exit_path_update "+bond+".exit 3 after 0", "alert "+bond+".alerts 4 after 0", "risk_update "+bond+" 5 after 3")

		p.say(`{"action":"unsubscribe","topic":"` + bond + `","correlation_id":"mine"}`)
		require.Equal(t, "mine", p.hears("ack unsubscribe " + bond)["correlation_id"])
		r.tell(bond, liqUpdate, exitUpdate)
		p.hears("exit_path_update " + bond + ".exit 7 after 3")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 7", "snapshot "+bond+" 7")
		p.subscribe(bond) // who asks again gets it again
		p.hears("ack subscribe "+bond+" 7", "snapshot "+bond+" 7")
		require.Equal(t, 3, r.hub.Counts().Subscriptions)
		p.leave()
		synctest.Wait()
		require.Zero(t, r.hub.Counts().Subscriptions)
		require.Zero(t, r.hub.Counts().Connections)
	})
}

func TestARoleHearsWhatItMay(t *testing.T) {
	const yes, no = true, false
	for _, row := range []struct {
		role                           string
		main, alerts, liquidity, exits bool
		inventory                      bool
	}{
		{"retail", yes, yes, no, no, no},
		{"professional", yes, yes, yes, yes, yes},
		{"risk_manager", yes, yes, yes, yes, yes},
		{"compliance", yes, yes, no, no, yes},
		{"operator", no, no, no, no, no},
	} {
		t.Run(row.role, func(t *testing.T) {
			in(t, nil, func(t *testing.T, r *rig) {
				p := r.as(row.role)
				seen := map[string]bool{}
				for part, may := range map[string]bool{"": row.main, ".alerts": row.alerts, ".liquidity": row.liquidity, ".exit": row.exits} {
					p.subscribe(bond + part)
					if !may {
						p.hears("error " + bond + part + " forbidden")
						continue
					}
					p.hears("ack subscribe " + bond + part + " 0")
					keysOf(map[string]any(p.hears("snapshot "+bond+part+" 0")), seen)
				}
				r.tell(bond, riskUpdate, liqUpdate, exitUpdate, alert(risk.Info), alert(risk.Critical))
				synctest.Wait()
				p.say(`{"action":"ping"}`)
				for {
					f, err := p.next()
					require.NoError(t, err)
					if f["type"] == "pong" {
						break
					}
					keysOf(map[string]any(f), seen)
				}
				require.Equal(t, row.inventory, seen["mm_inventory_band"])
				require.Equal(t, row.inventory, seen["mm_state"])
				require.False(t, seen["audience"])
			})
		})
	}
}

func TestWhatCannotBeUnderstoodIsToldAndNothingElseHappens(t *testing.T) {
	for _, row := range []struct {
		name, say, hears string
	}{
		{"what is not JSON", `hello`, "error malformed"},
		{"two at once", `{"action":"ping"} {"action":"ping"}`, "error malformed"},
		{"a list", `[]`, "error malformed"},
		{"a field that nobody knows", `{"action":"ping","secret":1}`, "error malformed"},
		{"an action that nobody knows", `{"action":"destroy"}`, "error unknown_action"},
		{"no action", `{}`, "error unknown_action"},
		{"more than anybody has to say", `{"action":"` + strings.Repeat("x", 8<<10) + `"}`, "error too_large"},
		{"no topic", `{"action":"subscribe"}`, "error malformed"},
		{"topics twice", `{"action":"subscribe","topic":"` + bond + `","topics":["` + bond + `"]}`, "error malformed"},
		{"to resume many", `{"action":"subscribe","topics":["` + bond + `"],"resume_from_seq":1}`, "error malformed"},
		{"a number that is none", `{"action":"subscribe","topic":"` + bond + `","resume_from_seq":-1}`, "error malformed"},
		{"a prefix alone", `{"action":"subscribe","topic":"lr."}`, "error lr. unknown_topic"},
		{"a part that is none", `{"action":"subscribe","topic":"lr.X.bogus"}`, "error lr.X.bogus unknown_topic"},
		{"an instrument that nobody knows", `{"action":"subscribe","topic":"lr.IN0012345678"}`, "error lr.IN0012345678 unknown_topic"},
		{"to leave what was not entered", `{"action":"unsubscribe","topic":"` + bond + `"}`, "error " + bond + " unknown_topic"},
		{"a long correlation", `{"action":"ping","correlation_id":"` + strings.Repeat("x", 257) + `"}`, "error malformed"},
	} {
		t.Run(row.name, func(t *testing.T) {
			in(t, nil, func(t *testing.T, r *rig) {
				p := r.as("retail")
				p.say(row.say)
				f := p.hears(row.hears)
				require.NotEmpty(t, f["message"])
				require.NotEmpty(t, f["ts"])
				require.Zero(t, r.hub.Counts().Subscriptions)
				p.say(`{"action":"ping"}`)
				p.hears("pong")
			})
		})
	}
}

func TestWhoShowsNoGoodCredentialIsSentAway(t *testing.T) {
	for _, row := range []struct {
		name    string
		header  []string
		say     string
		hears   []string
		code    websocket.StatusCode // 0: it stays
		visitor bool
	}{
		{name: "a key in a header", header: []string{"Authorization", "Bearer retail"}, hears: []string{"ack auth"}},
		{name: "a key in a header of its own", header: []string{"X-Api-Key", "retail"}, hears: []string{"ack auth"}},
		{name: "a key as a subprotocol", header: []string{"Sec-WebSocket-Protocol", "evenkeel.v1, bearer.retail"}, hears: []string{"ack auth"}},
		{name: "a key in the first frame", say: `{"action":"auth","token":"retail"}`, hears: []string{"ack auth"}},
		{name: "a visitor where visitors may come", say: `{"action":"subscribe","topic":"` + bond + `"}`, hears: []string{"ack subscribe " + bond + " 0", "snapshot " + bond + " 0"}, visitor: true},
		{name: "a visitor who shows a key is more", say: `{"action":"auth","token":"professional"}`, hears: []string{"ack auth"}, visitor: true},
		{name: "a wrong key in a header", header: []string{"Authorization", "Bearer nobody"}, hears: []string{"error auth_failed"}, code: websocket.StatusPolicyViolation},
		{name: "a wrong key of a visitor", header: []string{"Authorization", "Bearer nobody"}, hears: []string{"error auth_failed"}, code: websocket.StatusPolicyViolation, visitor: true},
		{name: "a wrong key in the first frame", say: `{"action":"auth","token":"nobody"}`, hears: []string{"error auth_failed"}, code: websocket.StatusPolicyViolation},
		{name: "an empty key", say: `{"action":"auth","token":""}`, hears: []string{"error auth_failed"}, code: websocket.StatusPolicyViolation},
		{name: "another frame first", say: `{"action":"subscribe","topic":"` + bond + `"}`, hears: []string{"error auth_required"}, code: websocket.StatusPolicyViolation},
		{name: "garbage first", say: `garbage`, hears: []string{"error malformed"}, code: websocket.StatusPolicyViolation},
		{name: "nothing for 5 seconds", hears: []string{"error auth_required"}, code: websocket.StatusPolicyViolation},
	} {
		t.Run(row.name, func(t *testing.T) {
			visitors := func(o *socket.Options) {
				if row.visitor {
					o.Visitor = access.Actor{Name: "visitor", Roles: []access.Role{access.Retail}}
				}
			}
			in(t, visitors, func(t *testing.T, r *rig) {
				began := time.Now()
				p, _ := r.dial(row.header...)
				if row.say != "" {
					p.say(row.say)
				}
				if row.code == 0 {
					p.hears(row.hears...)
					require.Zero(t, time.Since(began))
					return
				}
				lines, code := p.closed()
				require.Equal(t, row.hears, lines)
				require.Equal(t, row.code, code)
				require.LessOrEqual(t, time.Since(began), 5*time.Second)
			})
		})
	}
}

func TestTenWrongKeysAndAnAddressIsNotListenedTo(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		for range 10 {
			p, _ := r.dial("Authorization", "Bearer nobody")
			_, code := p.closed()
			require.Equal(t, websocket.StatusPolicyViolation, code)
		}
		_, refused := r.dial("Authorization", "Bearer retail")
		require.Equal(t, refusal{http.StatusTooManyRequests, "30"}, refused)
		time.Sleep(30 * time.Second)
		r.as("retail")
	})
}

func TestACredentialThatEndsEndsTheConnection(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("guest")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		began := time.Now()
		lines, code := p.closed()
		require.Equal(t, []string{"heartbeat", "heartbeat", "error auth_failed"}, lines)
		require.Equal(t, websocket.StatusPolicyViolation, code)
		require.LessOrEqual(t, time.Since(began), time.Minute+5*time.Second)
	})
}

func TestACredentialIsLookedAtAgainForEachSubscription(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		time.Sleep(3 * time.Second)
		p := r.as("guest")
		heard := make(chan string)
		go func() {
			lines, _ := p.closed()
			heard <- strings.Join(lines, ", ")
		}()
		time.Sleep(58 * time.Second) // a second after it ended, and two before somebody looks
		p.subscribe(bond)
		synctest.Wait()
		require.Zero(t, r.hub.Counts().Subscriptions)
		require.Contains(t, <-heard, "error "+bond+" auth_failed")
	})
}

func TestAnotherUserCannotTakeOverAConnection(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("retail")
		p.say(`{"action":"auth","token":"retail"}`) // a new token of the same user is welcome
		p.hears("ack auth")
		p.say(`{"action":"auth","token":"professional"}`)
		lines, code := p.closed()
		require.Equal(t, []string{"error auth_failed"}, lines)
		require.Equal(t, websocket.StatusPolicyViolation, code)
	})
}

func TestWhoTalksTooMuchIsToldAndThenSentAway(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("retail")
		for range 20 {
			p.say(`{"action":"ping"}`)
			p.hears("pong")
		}
		p.say(`{"action":"ping"}`)
		p.hears("error rate_limited")
		time.Sleep(3 * time.Second)
		p.say(`{"action":"ping"}`)
		p.hears("pong")
		for range 20 {
			p.say(`{"action":"ping"}`)
			p.hears("error rate_limited")
		}
		p.say(`{"action":"ping"}`)
		lines, code := p.closed()
		require.Empty(t, lines)
		require.Equal(t, websocket.StatusPolicyViolation, code)
	})
}

func TestFramesWithoutEndCutTheConnection(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("retail")
		go func() { _ = p.conn.Write(t.Context(), websocket.MessageText, make([]byte, 65<<10)) }()
		_, code := p.closed()
		require.Equal(t, websocket.StatusMessageTooBig, code)
	})
}

func TestSubscriptionsAreBounded(t *testing.T) {
	in(t, func(o *socket.Options) { o.Limits.Subscriptions = 2 }, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.say(`{"action":"subscribe","topics":["` + bond + `","` + other + `"]}`)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0", "ack subscribe "+other+" 0", "snapshot "+other+" 0")
		p.subscribe(bond + ".exit")
		p.hears("error " + bond + ".exit too_many_subscriptions")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		p.say(`{"action":"unsubscribe","topic":"` + other + `"}`)
		p.hears("ack unsubscribe " + other)
		p.subscribe(bond + ".exit")
		p.hears("ack subscribe "+bond+".exit 0", "snapshot "+bond+".exit 0")
	})
}

func TestConnectionsAreBounded(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		var all []*peer
		for range 5 {
			all = append(all, r.as("retail"))
		}
		p, _ := r.dial("Authorization", "Bearer retail")
		lines, code := p.closed()
		require.Equal(t, []string{"error auth_failed"}, lines, "five of a user")
		require.Equal(t, websocket.StatusPolicyViolation, code)
		all[0].leave()
		synctest.Wait()
		r.as("retail")
	})
	in(t, func(o *socket.Options) { o.Limits.PerUser = 1000 }, func(t *testing.T, r *rig) {
		for range 50 {
			r.as("retail")
		}
		_, refused := r.dial("Authorization", "Bearer retail")
		require.Equal(t, refusal{http.StatusTooManyRequests, "5"}, refused, "fifty of an address")
		r.address = "10.0.0.2:1"
		r.as("retail")
	})
}

func TestPagesOfOthersMayNotConnect(t *testing.T) {
	for origin, welcome := range map[string]bool{
		"https://friend.example": true, "http://pool.example": true,
		"http://friend.example": false, "https://enemy.example": false, "https://friend.example.enemy.example": false, "null": false,
	} {
		in(t, nil, func(t *testing.T, r *rig) {
			p, refused := r.dial("Origin", origin, "Authorization", "Bearer retail")
			require.Equal(t, welcome, p != nil, origin)
			if !welcome {
				require.Equal(t, http.StatusForbidden, refused.code)
			}
		})
	}
}

func TestWhoComesBackMissesNothing(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		stays := r.as("professional")
		stays.subscribe(bond)
		stays.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		for n := range 3 {
			r.tell(bond, riskUpdate)
			stays.hears(fmt.Sprintf("risk_update %s %d after %d", bond, n+1, n))
		}
		back := func(seq string) *peer {
			p := r.as("professional")
			p.say(`{"action":"subscribe","topic":"` + bond + `","resume_from_seq":` + seq + `}`)
			return p
		}
		back("1").hears("ack subscribe "+bond+" 3", "risk_update "+bond+" 2 after 1", "risk_update "+bond+" 3 after 2")
		p := back("3")
		p.hears("ack subscribe " + bond + " 3")
		r.tell(bond, liqUpdate)
		p.hears("liquidity_update " + bond + " 4 after 3")
		p.leave()
		back("9").hears("ack subscribe "+bond+" 4", "resync_required "+bond+" 4", "snapshot "+bond+" 4")
		for range 64 {
			r.tell(bond, riskUpdate)
		}
		back("3").hears("ack subscribe "+bond+" 68", "resync_required "+bond+" 68", "snapshot "+bond+" 68")
	})
}

func TestWhoComesBackAfterALossGetsASnapshot(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		r.tell(bond, riskUpdate)
		p.hears("risk_update " + bond + " 1 after 0")
		time.Sleep(2 * time.Second)
		r.decide(bond, riskUpdate) // another server's, and nobody here has heard it yet
		p = r.as("professional")
		p.say(`{"action":"subscribe","topic":"` + bond + `","resume_from_seq":1}`)
		p.hears("ack subscribe "+bond+" 2", "resync_required "+bond+" 2", "snapshot "+bond+" 2")
	})
}

func TestTheLastReaderToo(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		p.leave()
		synctest.Wait()
		r.tell(bond, riskUpdate)
		time.Sleep(30 * time.Second)
		p = r.as("professional")
		p.say(`{"action":"subscribe","topic":"` + bond + `","resume_from_seq":0}`)
		p.hears("ack subscribe "+bond+" 1", "risk_update "+bond+" 1 after 0")
		p.leave()
		synctest.Wait()
		require.Equal(t, 1, r.hub.Counts().Streams)
		time.Sleep(2 * time.Minute)
		require.Zero(t, r.hub.Counts().Streams, "what nobody follows is forgotten")
	})
}

func TestASlowClientIsBroughtUpToDateOnceAndThenDropped(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		slow, quick := r.as("professional"), r.as("compliance")
		for _, p := range []*peer{slow, quick} {
			p.subscribe(bond)
			p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		}
		burst := func(n int) {
			for range n {
				r.tell(bond, riskUpdate)
				_, err := quick.next()
				require.NoError(t, err)
				time.Sleep(time.Millisecond) // until writers have rested, or several may be written together
			}
		}
		burst(300) // one is being written all the while
		slow.hears("risk_update "+bond+" 1 after 0", "snapshot "+bond+" 300")
		require.Equal(t, uint64(1), r.hub.Counts().Coalesced)
		r.tell(bond, riskUpdate)
		slow.hears("risk_update " + bond + " 301 after 300")
		_, err := quick.next()
		require.NoError(t, err)

		burst(300)
		lines, code := slow.closed()
		require.Equal(t, []string{"risk_update " + bond + " 302 after 301"}, lines)
		require.Equal(t, websocket.StatusTryAgainLater, code)
		require.Equal(t, uint64(1), r.hub.Counts().Dropped)
		r.tell(bond, riskUpdate)
		quick.hears("risk_update " + bond + " 602 after 601")
	})
}

func TestAClientThatNeverReadsIsCutAfterFiveSeconds(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		r.as("professional").subscribe(bond)
		quick := r.as("compliance")
		quick.subscribe(bond)
		quick.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		time.Sleep(6 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, r.hub.Counts().Connections)
		r.tell(bond, riskUpdate)
		quick.hears("risk_update " + bond + " 1 after 0")
	})
}

func TestBothSidesShowThatTheyLive(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		began := time.Now()
		p.hears("heartbeat", "heartbeat", "heartbeat")
		require.Equal(t, 90*time.Second, time.Since(began), "reading is all that a living client has to do")
		synctest.Wait()
		require.Equal(t, 1, r.hub.Counts().Connections)
	})
}

func TestHowLongItTookToTellSomebodyIsKnown(t *testing.T) {
	var took []time.Duration
	in(t, func(o *socket.Options) { o.Delivered = func(d time.Duration) { took = append(took, d) } }, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		stamp, d := r.decide(bond, riskUpdate)
		time.Sleep(30 * time.Millisecond)
		require.NoError(t, r.hub.Publish(t.Context(), stamp, d))
		p.hears("risk_update " + bond + " 1 after 0")
		synctest.Wait()
		require.Equal(t, []time.Duration{30 * time.Millisecond}, took, "snapshots are not counted: they may be of any age")
	})
}

func TestHowOftenTheServerShowsThatItLivesIsAnOption(t *testing.T) {
	in(t, func(o *socket.Options) { o.Heartbeat = 7 * time.Second }, func(t *testing.T, r *rig) {
		p := r.as("professional")
		began := time.Now()
		p.hears("heartbeat", "heartbeat")
		require.Equal(t, 14*time.Second, time.Since(began))
	})
}

func TestAnEventThatTheBusLostIsASnapshot(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		r.decide(bond, riskUpdate) // another server's, and it is lost
		r.tell(bond, riskUpdate)
		p.hears("snapshot " + bond + " 2")
		r.tell(bond, liqUpdate)
		p.hears("liquidity_update " + bond + " 3 after 2")

		r.decide(bond, exitUpdate) // and nothing comes after it
		began := time.Now()
		p.hears("snapshot " + bond + " 4")
		require.LessOrEqual(t, time.Since(began), 15*time.Second)
	})
}

func TestWithoutTheJournalThereIsNoSnapshotUntilItIsBack(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		time.Sleep(2 * time.Second)
		r.fail(errors.New("down"))
		p.subscribe(other)
		message := p.hears("error " + other + " unavailable")["message"]
		require.NotContains(t, message, "down")
		r.decide(bond, riskUpdate)
		r.tell(bond, riskUpdate) // what comes after a gap waits
		time.Sleep(10 * time.Second)
		r.fail(nil)
		began := time.Now()
		p.hears("snapshot " + bond + " 2")
		require.LessOrEqual(t, time.Since(began), time.Second)
		p.subscribe(other)
		p.hears("ack subscribe "+other+" 0", "snapshot "+other+" 0")
	})
}

func TestWhoWasTooSlowWhileTheJournalIsAwayGetsItsSnapshotLater(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		time.Sleep(2 * time.Second)
		r.fail(errors.New("down"))
		for range 300 {
			r.tell(bond, riskUpdate)
			synctest.Wait()
		}
		p.hears("risk_update " + bond + " 1 after 0")
		synctest.Wait()
		r.fail(nil)
		began := time.Now()
		p.hears("snapshot " + bond + " 300") // though nothing more happens
		require.LessOrEqual(t, time.Since(began), 5*time.Second)
		r.tell(bond, riskUpdate)
		p.hears("risk_update " + bond + " 301 after 300")
	})
}

func TestTwoServersTellTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		bus, journal := new(memory.Bus), newDesk()
		over := func(o *socket.Options) { o.Bus = bus }
		one, two := newRig(t, journal, over), newRig(t, journal, over)
		var all []*peer
		for _, r := range []*rig{one, two} {
			p := r.as("professional")
			p.subscribe(bond)
			p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
			all = append(all, p)
		}
		for n := range 20 {
			[]*rig{one, two}[n%2].tell(bond, riskUpdate)
			for _, p := range all {
				p.hears(fmt.Sprintf("risk_update %s %d after %d", bond, n+1, n))
			}
		}
		require.NoError(t, bus.Publish([]topic.Message{}))
		one.stop()
		two.stop()
	})
}

func TestWhenTheServerStopsItSaysSo(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		polite := r.as("professional")
		r.as("compliance") // who does not read
		ended := make(chan websocket.StatusCode)
		go func() {
			_, code := polite.closed()
			ended <- code
		}()
		began := time.Now()
		r.stop()
		require.Equal(t, websocket.StatusGoingAway, <-ended)
		require.LessOrEqual(t, time.Since(began), 9*time.Second, "who does not answer is not waited for")
	})
}

func TestWhoSharesALookThatBeganEarlierIsNotToldLess(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		first, second, third := r.as("professional"), r.as("professional"), r.as("professional")
		first.subscribe(bond)
		first.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		time.Sleep(2 * time.Second)
		r.mu.Lock()
		r.hold = make(chan struct{})
		r.mu.Unlock()
		second.subscribe(bond)
		synctest.Wait()
		r.tell(bond, riskUpdate)
		third.subscribe(bond)
		synctest.Wait()
		close(r.hold)
		third.hears("ack subscribe "+bond+" 1", "snapshot "+bond+" 1")
		second.hears("ack subscribe "+bond+" 1", "snapshot "+bond+" 1")
		first.hears("risk_update " + bond + " 1 after 0")
	})
}

func TestASourceThatForgetsIsNotBelieved(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		p := r.as("professional")
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		r.tell(bond, riskUpdate)
		p.hears("risk_update " + bond + " 1 after 0")
		r.mu.Lock()
		now := r.states["INE094A08176"]
		r.states["INE094A08176"] = topic.Standing{At: time.Now()}
		r.mu.Unlock()
		p.subscribe(bond)
		p.hears("error " + bond + " unavailable")
		r.mu.Lock()
		r.states["INE094A08176"] = now
		r.mu.Unlock()
		p.subscribe(bond)
		p.hears("ack subscribe "+bond+" 1", "snapshot "+bond+" 1")
	})
}

func TestManyWhoAskAtOnceShareASnapshot(t *testing.T) {
	in(t, nil, func(t *testing.T, r *rig) {
		for range 5 {
			p := r.as("professional")
			p.subscribe(bond)
			p.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		}
		r.mu.Lock()
		defer r.mu.Unlock()
		require.Equal(t, 1, r.looks)
	})
}

func TestWhoFollowsMoreThanEverybodyMaySeeIsWrittenDownBefore(t *testing.T) {
	var written []string
	full := errors.New("the disk is full")
	var fails error
	in(t, func(o *socket.Options) {
		o.Record = func(_ context.Context, who access.Actor, of topic.Stream) error {
			written = append(written, fmt.Sprint(who.Name, " ", of, " as ", of.Audience))
			return fails
		}
	}, func(t *testing.T, r *rig) {
		public, desk := r.as("retail"), r.as("professional")
		public.subscribe(bond)
		public.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		require.Empty(t, written)
		fails = full
		desk.subscribe(bond)
		desk.hears("error " + bond + " unavailable")
		require.Equal(t, 1, r.hub.Counts().Subscriptions)
		fails = nil
		desk.subscribe(bond)
		desk.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		require.Equal(t, slices.Repeat([]string{"professional " + bond + " as professional"}, 2), written)
	})
}

func TestOptionsAreChecked(t *testing.T) {
	known, err := access.New(access.Config{})
	require.NoError(t, err)
	good := socket.Options{Source: newDesk(), Access: known}
	_, err = socket.New(good)
	require.NoError(t, err)
	for name, spoil := range map[string]func(*socket.Options){
		"Source":     func(o *socket.Options) { o.Source = nil },
		"Access":     func(o *socket.Options) { o.Access = nil },
		"Origins":    func(o *socket.Options) { o.Origins = []string{"https://*.example.com"} },
		"origins":    func(o *socket.Options) { o.Origins = []string{"example.com"} },
		"a path":     func(o *socket.Options) { o.Origins = []string{"https://example.com/"} },
		"Heartbeat":  func(o *socket.Options) { o.Heartbeat = -1 },
		"Limits":     func(o *socket.Options) { o.Limits.PerUser = -1 },
		"PerAddress": func(o *socket.Options) { o.Limits.PerAddress = -1 },
	} {
		bad := good
		bad.Origins = slices.Clone(good.Origins)
		spoil(&bad)
		_, err := socket.New(bad)
		require.ErrorIs(t, err, socket.ErrInvalid, name)
	}
}
