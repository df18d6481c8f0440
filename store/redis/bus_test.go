package redis_test

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	goredis "github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/internal/redistest"
	"github.com/evenkeelhq/evenkeel/risk/topic"
	"github.com/evenkeelhq/evenkeel/risk/topic/topictest"
	"github.com/evenkeelhq/evenkeel/store/redis"
)

func open(t *testing.T, url string) *redis.Bus {
	t.Helper()
	bus, err := redis.Open(url, redis.Options{Channel: t.Name()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, bus.Close()) })
	return bus
}

func TestOverRedis(t *testing.T) {
	topictest.Run(t, func(t *testing.T) topictest.Medium {
		server := redistest.Start(t)
		return topictest.Medium{Here: open(t, server.URL), There: open(t, server.URL), Break: server.Restart}
	})
}

func TestKilledAndRestartedTwentyTimes(t *testing.T) {
	server := redistest.Start(t)
	here, there := open(t, server.URL), open(t, server.URL)
	ear := topictest.Listen(t, there)
	n := uint64(0)
	for range 20 {
		gaps := ear.Gaps()
		server.Restart()
		for heard := false; !heard; { // a reader that looks into the journal at each gap misses nothing
			n++
			require.NoError(t, here.Publish([]topic.Message{topictest.Message(n)}))
			heard = ear.Soon(func(heard map[uint64]topic.Message, now int) bool {
				_, ok := heard[n]
				return ok && now > gaps
			})
		}
	}
}

func TestARedisThatIsNotThereYet(t *testing.T) {
	server := redistest.Start(t)
	server.Kill()
	bus := open(t, server.URL)
	require.NoError(t, bus.Publish([]topic.Message{topictest.Message(1)}), "nobody waits for Redis")
	server.Restart()
	ear := topictest.Listen(t, bus)
	require.NoError(t, bus.Publish([]topic.Message{topictest.Message(2)}))
	ear.Hears(2)
}

func TestWhatRedisCannotTakeIsLostAndThenAGap(t *testing.T) {
	server := redistest.Start(t)
	here, there := open(t, server.URL), open(t, server.URL)
	ear := topictest.Listen(t, there)
	require.NoError(t, client(t, server.URL).ClientPause(t.Context(), 2*time.Second).Err())
	var err error
	for n := uint64(1); err == nil; n++ {
		require.Less(t, n, uint64(1000), "what waits is bounded")
		err = here.Publish([]topic.Message{topictest.Message(n)})
	}
	require.ErrorIs(t, err, redis.ErrLost)
	ear.Until("there is a gap", func(_ map[uint64]topic.Message, gaps int) bool { return gaps > 1 })
}

func TestWhatRedisRefusesIsAGapLater(t *testing.T) {
	server := miniredis.RunT(t)
	here, there := open(t, "redis://"+server.Addr()), open(t, "redis://"+server.Addr())
	ear := topictest.Listen(t, there)
	server.SetError("LOADING Redis is loading the dataset in memory")
	require.NoError(t, here.Publish([]topic.Message{topictest.Message(1)}))
	require.False(t, ear.Soon(func(_ map[uint64]topic.Message, gaps int) bool { return gaps > 1 }))
	server.SetError("")
	ear.Until("there is a gap", func(heard map[uint64]topic.Message, gaps int) bool { return gaps == 2 && len(heard) == 0 })
	require.NoError(t, here.Publish([]topic.Message{topictest.Message(2)}))
	ear.Hears(2)
}

func TestAFlushIsNothing(t *testing.T) {
	url := redistest.Start(t).URL
	bus := open(t, url)
	ear := topictest.Listen(t, bus)
	require.NoError(t, client(t, url).FlushAll(t.Context()).Err())
	require.NoError(t, bus.Publish([]topic.Message{topictest.Message(1)}))
	ear.Hears(1)
	require.Equal(t, 1, ear.Gaps())
}

func TestWhatIsNotOursIsAGap(t *testing.T) {
	url := redistest.URL(t)
	bus := open(t, url)
	ear := topictest.Listen(t, bus)
	for i, garbage := range []string{
		"", "{", "null", "[]", "[1]", `[{"audience":"retail"}]`, strings.Repeat("[", 100_000),
		`[{"audience":"retail","type":"snapshot","topic":"lr.INE094A08176","seq":1,"payload":{}}]`,
		`[{"audience":"retail","type":"exit_path_update","topic":"lr.INE094A08176.exit","seq":1,"payload":{}}]`,
	} {
		require.NoError(t, client(t, url).Publish(t.Context(), t.Name(), garbage).Err())
		ear.Until("there is another gap", func(heard map[uint64]topic.Message, gaps int) bool { return gaps == i+2 && len(heard) == 0 })
	}
}

func TestAServerThatFallsSilentIsLeft(t *testing.T) {
	server := redistest.Start(t)
	bus := open(t, server.URL)
	ear := topictest.Listen(t, bus)
	_, err := client(t, server.URL).ClientKillByFilter(t.Context(), "TYPE", "pubsub").Result()
	require.NoError(t, err)
	ear.Until("it listens again", func(_ map[uint64]topic.Message, gaps int) bool { return gaps == 2 })
}

func TestClosing(t *testing.T) {
	before := runtime.NumGoroutine()
	server := redistest.Start(t)
	for _, up := range []bool{true, false} {
		if !up {
			server.Kill()
		}
		bus, err := redis.Open(server.URL, redis.Options{})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- bus.Subscribe(ctx, func(topic.Heard) {}) }()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.NoError(t, bus.Close())
		require.ErrorIs(t, bus.Publish([]topic.Message{topictest.Message(1)}), redis.ErrLost)
	}
	asking := 1 // it runs in a goroutine of its own
	require.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+asking }, 20*time.Second, 10*time.Millisecond)
}

func TestAnAddressThatIsNone(t *testing.T) {
	_, err := redis.Open("http://host", redis.Options{})
	require.ErrorIs(t, err, redis.ErrInvalid)
	require.ErrorContains(t, err, "url")
}

func client(t *testing.T, url string) *goredis.Client {
	t.Helper()
	o, err := goredis.ParseURL(url)
	require.NoError(t, err)
	c := goredis.NewClient(o)
	t.Cleanup(func() { _ = c.Close() })
	return c
}
