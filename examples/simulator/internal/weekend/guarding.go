package weekend

import (
	"time"

	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// guards are the reasons that end spending rather than delay it by a few
// blocks.
var guards = map[stabilizer.Reason]bool{
	stabilizer.Depeg: true, stabilizer.LossBudget: true, stabilizer.TxFailures: true,
	stabilizer.Inventory: true, stabilizer.InventoryMax: true, stabilizer.WindowCap: true,
	stabilizer.Slippage: true, stabilizer.Dust: true, stabilizer.Unprofitable: true,
	stabilizer.Gas: true, stabilizer.NoPrivateRoute: true,
	stabilizer.OracleStale: true, stabilizer.OracleDivergence: true, stabilizer.PriceInvalid: true,
}

// guarding finds the guard that ended the spending: after the last trade, the
// first one that held for long, or else the first one.
type guarding struct {
	stop *Stop
	firm bool // stop held for long
	now  Stop // what holds at present
	run  int  // for so many blocks in a row
}

// long is for how many blocks a guard holds that does not merely delay.
const long = 10

func (g *guarding) hold(r stabilizer.Reason, at time.Time) {
	if !guards[r] {
		g.run = 0
		return
	}
	if g.run == 0 || g.now.Reason != string(r) {
		g.now, g.run = Stop{At: at, Reason: string(r)}, 0
	}
	g.run++
	lasts := g.run >= long
	if g.stop == nil || lasts && !g.firm && g.stop.Reason != g.now.Reason {
		stop := g.now
		g.stop = &stop
	}
	g.firm = g.firm || lasts
}
