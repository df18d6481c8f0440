package socket_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/evenkeelhq/evenkeel/examples/server/internal/socket"
	"github.com/evenkeelhq/evenkeel/liquidity/market"
	"github.com/evenkeelhq/evenkeel/risk"
	"github.com/evenkeelhq/evenkeel/risk/topic"
	"github.com/evenkeelhq/evenkeel/risk/topic/memory"
)

func TestMoreAtOnceThanAQueueHasRoomForIsASnapshot(t *testing.T) {
	bus := new(memory.Bus)
	in(t, func(o *socket.Options) { o.Bus = bus }, func(t *testing.T, r *rig) {
		reader := r.as("professional")
		reader.subscribe(bond)
		reader.hears("ack subscribe "+bond+" 0", "snapshot "+bond+" 0")
		var all []topic.Message // of another server, heard in one go
		for range topic.QueueSize + 44 {
			stamp, d := r.decide(bond, riskUpdate)
			told, err := topic.Tell(market.ISIN("INE094A08176"), stamp.ID(), stamp.At, d)
			require.NoError(t, err)
			for _, m := range told {
				if m.Audience == risk.Professional {
					all = append(all, m)
				}
			}
		}
		require.NoError(t, bus.Publish(all))
		reader.hears("snapshot " + bond + " 300")
		r.tell(bond, riskUpdate)
		reader.hears("risk_update " + bond + " 301 after 300")
		require.Equal(t, uint64(1), r.hub.Counts().Coalesced)
		require.Zero(t, r.hub.Counts().Dropped)
	})
}
