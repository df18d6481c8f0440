package stabilizer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/evenkeelhq/evenkeel/stabilizer"
)

// One entry is one life of an engine: what it sees, a line each, and what it
// decides. The configuration is the Target profile (band 2 and 1 bps, two
// blocks sustained, a TWAP of two, three blocks between trades, k 100, cap
// 2,000) but for what its change says.
var lives = map[string]struct {
	change func(*stabilizer.Config)
	script string
}{
	"a one-block spike is ignored": {nil, `
		1      | HOLD warmup WARMUP 0
		1      | HOLD in_band IDLE 0
		1.02   | HOLD sustaining WATCH 1
		1      | HOLD in_band IDLE 0
		1      | HOLD in_band IDLE 0`},
	"a premium that lasts is sold, and the next trade waits for the cooldown": {nil, `
		1                | HOLD warmup WARMUP 0
		1.0013           | HOLD sustaining WATCH 1
		1.0013           | TRADE rebalance PENDING 2: SELL 1300
		1.0003 tx=mined  | HOLD cooldown ENGAGED 3
		1.0003           | HOLD cooldown ENGAGED 4
		1.0003           | TRADE rebalance PENDING 5: SELL 300
		1.00005 tx=mined | HOLD in_band IDLE 0`},
	"a discount is bought": {nil, `
		1      | HOLD warmup WARMUP 0
		0.9987 | HOLD sustaining WATCH 1
		0.9987 | TRADE rebalance PENDING 2: BUY 1300`},
	"between exit and enter an engine that is not engaged does nothing": {nil, `
		1        | HOLD warmup WARMUP 0
		1.00015  | HOLD in_band IDLE 0
		1.00015  | HOLD in_band IDLE 0`},
	"a jump across the target restarts the count and disengages": {nil, `
		1                | HOLD warmup WARMUP 0
		1.0013           | HOLD sustaining WATCH 1
		1.0013           | TRADE rebalance PENDING 2: SELL 1300
		0.9970 tx=mined  | HOLD sustaining WATCH 1
		0.9970           | HOLD cooldown WATCH 2
		0.9970           | TRADE rebalance PENDING 3: BUY 2000 [block_cap]`},

	"the inner band is for the side that was traded against": {nil, `
		1                | HOLD warmup WARMUP 0
		1.0013           | HOLD sustaining WATCH 1
		1.0013           | TRADE rebalance PENDING 2: SELL 1300
		1.00012 tx=mined | HOLD cooldown ENGAGED 3
		1.00012          | HOLD cooldown ENGAGED 4
		0.99961          | HOLD in_band IDLE 0`},

	"a price of nothing voids its slot and restarts the count": {nil, `
		1      | HOLD warmup WARMUP 0
		1.0013 | HOLD sustaining WATCH 1
		0      | HOLD price_invalid IDLE 0 !held
		1.0013 | HOLD warmup WARMUP 0
		1.0013 | HOLD sustaining WATCH 1
		1.0013 | TRADE rebalance PENDING 2: SELL 1300`},
	"a stale target holds, one of exactly the greatest age does not": {nil, `
		1             | HOLD warmup WARMUP 0
		1.0013        | HOLD sustaining WATCH 1
		1.0013 age=61 | HOLD oracle_stale IDLE 0 !held
		1.0013        | HOLD warmup WARMUP 0
		1.0013        | HOLD sustaining WATCH 1
		1.0013 age=60 | TRADE rebalance PENDING 2: SELL 1300`},
	"a feed without a price says why": {nil, `
		1 fault=oracle_divergence | HOLD oracle_divergence WARMUP 0 !held
		1 fault=oracle_stale      | HOLD oracle_stale WARMUP 0 !held
		1 fault=price_invalid     | HOLD price_invalid WARMUP 0 !held`},
	"a target that moves is followed": {nil, `
		1                    | HOLD warmup WARMUP 0
		1.0013 target=1.0013 | HOLD in_band IDLE 0
		1.0013 target=1.0013 | HOLD in_band IDLE 0
		1.0013               | HOLD sustaining WATCH 1`},

	"a depeg of the market halts although its sources disagree": {nil, `
		1                  | HOLD warmup WARMUP 0
		1 apart=0.95,21    | HOLD oracle_divergence WARMUP 0 !held
		1 apart=0.95,21    | HALT depeg HALTED 0
		1                  | HOLD warmup HALTED 0
		1                  | HALT depeg HALTED 0
		reset              | NONE reset IDLE 0
		1                  | HOLD in_band IDLE 0`},
	"a reorg restarts the count towards that, too": {nil, `
		1                       | HOLD warmup WARMUP 0
		1 market=0.95           | HOLD in_band IDLE 0
		1 market=0.95 n=2 h=b2  | HOLD in_band IDLE 0
		1 market=0.95           | HALT depeg HALTED 0`},
	"a pool far from a sound market shrinks and alerts but never halts": {nil, `
		1               | HOLD warmup WARMUP 0
		1.1 market=1    | HOLD sustaining WATCH 1 !pool_far_off
		1.1 market=1    | TRADE rebalance PENDING 2: SELL 2000 [pool_far block_cap] !pool_far_off
		1.1 market=1    | HOLD pending PENDING 3 !pool_far_off`},
	"the same pool without a market halts": {nil, `
		1               | HOLD warmup WARMUP 0
		1.1             | HOLD sustaining WATCH 1
		1.1             | HALT depeg HALTED 2
		resume          | NONE resumed HALTED 2
		1               | HALT depeg HALTED 0
		reset           | NONE reset IDLE 0
		1               | HOLD in_band IDLE 0`},
	"a market whose sources diverge holds": {nil, `
		1               | HOLD warmup WARMUP 0
		1 apart=1,20    | HOLD in_band IDLE 0
		1 apart=1,20.1  | HOLD oracle_divergence IDLE 0 !held`},

	"dear gas holds, and far off the target it may be dearer": {nil, `
		1              | HOLD warmup WARMUP 0
		1.0013 gas=51  | HOLD sustaining WATCH 1
		1.0013 gas=51  | HOLD gas WATCH 2 !held
		1.03 gas=200   | TRADE rebalance PENDING 3: SELL 2000 [block_cap]
		1.03           | HOLD pending PENDING 4`},
	"an emergency begins at its bound": {nil, `
		1              | HOLD warmup WARMUP 0
		1.00999        | HOLD sustaining WATCH 1
		1.00999 gas=51 | HOLD gas WATCH 2 !held
		1.01 gas=51    | HOLD gas WATCH 3 !held
		1.01 gas=51    | TRADE rebalance PENDING 4: SELL 2000 [block_cap]`},
	"a block that is not the newest is counted, not traded on": {nil, `
		1              | HOLD warmup WARMUP 0
		1.0013 head=9  | HOLD sustaining WATCH 1
		1.0013 head=9  | HOLD catching_up WATCH 2
		1.0013         | TRADE rebalance PENDING 3: SELL 1300`},
	"a sale never touches the floor of what is sold": {func(c *stabilizer.Config) { c.Base.Floor = dec("900") }, `
		1                | HOLD warmup WARMUP 0
		1.0013           | HOLD sustaining WATCH 1
		1.0013 base=900  | HOLD inventory WATCH 2 [inventory]
		1.0013 base=899  | HOLD inventory WATCH 3 [inventory]
		1.0013 base=1000.009 | TRADE rebalance PENDING 4: SELL 100 [inventory]`},
	"a purchase is paid from the quote that is above its floor": {func(c *stabilizer.Config) { c.Quote.Floor = dec("100") }, `
		1                | HOLD warmup WARMUP 0
		0.998            | HOLD sustaining WATCH 1
		0.998 quote=1098 | TRADE rebalance PENDING 2: BUY 1000 [inventory]`},
	"a purchase stops at the most we may hold": {func(c *stabilizer.Config) { c.Base.Max = dec("1000000") }, `
		1                 | HOLD warmup WARMUP 0
		0.998             | HOLD sustaining WATCH 1
		0.998             | HOLD inventory_max WATCH 2 [inventory_max]
		0.998 base=999500 | TRADE rebalance PENDING 3: BUY 500 [inventory_max]`},
	"a sale stops at the most quote we may hold": {func(c *stabilizer.Config) { c.Quote.Max = dec("1000000") }, `
		1                  | HOLD warmup WARMUP 0
		1.002              | HOLD sustaining WATCH 1
		1.002 quote=998998 | TRADE rebalance PENDING 2: SELL 1000 [inventory_max]`},
	"limits are named in their order": {func(c *stabilizer.Config) {
		c.UnitsPerBps, c.WindowCap, c.WindowBlocks, c.MaxSlippageBps = dec("200"), dec("1500"), 10, dec("12")
	}, `
		1                | HOLD warmup WARMUP 0
		1.003            | HOLD sustaining WATCH 1
		1.003 base=1400  | TRADE rebalance PENDING 2: SELL 1200 [no_overshoot block_cap window_cap inventory slippage]`},
	"the smallest trade is still made, and less is dust": {func(c *stabilizer.Config) { c.UnitsPerBps, c.MinTrade = dec("0.1"), dec("1.3") }, `
		1        | HOLD warmup WARMUP 0
		1.0012   | HOLD sustaining WATCH 1
		1.0012   | HOLD dust WATCH 2
		1.0013   | HOLD dust WATCH 3
		1.0013   | TRADE rebalance PENDING 4: SELL 1.3`},

	"a private leg that is down holds the whole trade": {nil, `
		1                                | HOLD warmup WARMUP 0
		1.0013                           | HOLD sustaining WATCH 1
		1.0013 down=cUSDT>USDT@private   | HOLD no_private_route WATCH 2 !held
		1.0013 down=cEURT>XAU@private    | TRADE rebalance PENDING 3: SELL 1300`},
	"the public mempool is refused": {nil, `
		1             | HOLD warmup WARMUP 0
		1.0013        | HOLD sustaining WATCH 1
		1.0013 public | HOLD no_private_route WATCH 2 !held`},
	"the public mempool is used where that is allowed": {func(c *stabilizer.Config) { c.AllowPublic = true }, `
		1             | HOLD warmup WARMUP 0
		1.0013        | HOLD sustaining WATCH 1
		1.0013 public | TRADE rebalance PENDING 2: SELL 1300`},
	"an anchor off its own target holds": {func(c *stabilizer.Config) { c.AnchorBandBps = dec("50") }, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013 anchor=50.1 | HOLD no_private_route WATCH 2 !held
		1.0013 anchor=-51  | HOLD no_private_route WATCH 3 !held
		1.0013 anchor=-50  | TRADE rebalance PENDING 4: SELL 1300`},

	"a stuck transaction is offered more twice, then cancelled": {nil, `
		1              | HOLD warmup WARMUP 0
		1.0013         | HOLD sustaining WATCH 1
		1.0013         | TRADE rebalance PENDING 2: SELL 1300
		1.0013         | HOLD pending PENDING 3
		1.0013         | HOLD pending PENDING 4
		1.0013         | RESUBMIT stuck PENDING 5: SELL 1300 x1.125
		1.0013         | HOLD pending PENDING 6
		1.0013         | HOLD pending PENDING 7
		1.0013         | RESUBMIT stuck PENDING 8: SELL 1300 x1.265625
		1.0013         | HOLD pending PENDING 9
		1.0013         | HOLD pending PENDING 10
		1.0013         | CANCEL stuck PENDING 11: SELL 1300 x1.423828125
		1.0013         | HOLD pending PENDING 12
		cancelled      | NONE cancelled ENGAGED 12
		1.0013         | TRADE rebalance PENDING 13: SELL 1300`},
	"an intent that settles while it is being cancelled counts as filled": {func(c *stabilizer.Config) { c.MaxResubmits = 0 }, `
		1              | HOLD warmup WARMUP 0
		1.0013         | HOLD sustaining WATCH 1
		1.0013         | TRADE rebalance PENDING 2: SELL 1300
		1.0013         | HOLD pending PENDING 3
		1.0013         | HOLD pending PENDING 4
		1.0013         | CANCEL stuck PENDING 5: SELL 1300 x1.125
		mined n=6      | NONE filled ENGAGED 5
		1.0013         | HOLD cooldown ENGAGED 6`},
	"what was certainly never sent is sent again, the same": {nil, `
		1                   | HOLD warmup WARMUP 0
		1.0013              | HOLD sustaining WATCH 1
		1.0013              | TRADE rebalance PENDING 2: SELL 1300
		unsent              | NONE unsent PENDING 2
		1.0013              | RESUBMIT unsent PENDING 3: SELL 1300
		1.0013              | HOLD pending PENDING 4
		1.0013 tx=expired   | TRADE rebalance PENDING 5: SELL 1300 x1.125`},
	"an expired intent gives way to a new one that offers more": {nil, `
		1                   | HOLD warmup WARMUP 0
		1.0013              | HOLD sustaining WATCH 1
		1.0013              | TRADE rebalance PENDING 2: SELL 1300
		1.0013              | HOLD pending PENDING 3
		1.0013 tx=expired   | TRADE rebalance PENDING 4: SELL 1300 x1.125
		1.0013              | HOLD pending PENDING 5
		1.0013 tx=expired   | TRADE rebalance PENDING 6: SELL 1300 x1.265625
		1.0003 tx=mined     | HOLD cooldown ENGAGED 7
		1.0003              | HOLD cooldown ENGAGED 8
		1.0003              | TRADE rebalance PENDING 9: SELL 300`},
	"a partial fill is not chased: the next trade is sized by what is seen": {func(c *stabilizer.Config) {
		c.WindowCap, c.WindowBlocks = dec("1500"), 100
	}, `
		1                          | HOLD warmup WARMUP 0
		1.0013                     | HOLD sustaining WATCH 1
		1.0013                     | TRADE rebalance PENDING 2: SELL 1300
		1.0009 tx=mined filled=400 | HOLD cooldown ENGAGED 3
		1.0009                     | HOLD cooldown ENGAGED 4
		1.0009                     | TRADE rebalance PENDING 5: SELL 900
		1.0009 tx=mined            | HOLD cooldown ENGAGED 6
		1.0009                     | HOLD cooldown ENGAGED 7
		1.0009                     | TRADE rebalance PENDING 8: SELL 200 [window_cap]`},
	"reverts in a row halt, and a fill ends the row": {func(c *stabilizer.Config) { c.MaxReverts, c.MinBlocks = 2, 1 }, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013             | TRADE rebalance PENDING 2: SELL 1300
		1.0013 tx=reverted | TRADE rebalance PENDING 3: SELL 1300
		1.0013 tx=mined    | TRADE rebalance PENDING 4: SELL 1300
		1.0013 tx=reverted | TRADE rebalance PENDING 5: SELL 1300
		1.0013 tx=reverted | HALT tx_failures HALTED 6
		1.0013             | HALT tx_failures HALTED 7
		reset              | NONE reset IDLE 0
		1.0013             | HOLD sustaining WATCH 1`},
	"while nothing that is sent ever arrives, pause and halt get through": {nil, `
		1             | HOLD warmup WARMUP 0
		1.0013        | HOLD sustaining WATCH 1
		1.0013        | TRADE rebalance PENDING 2: SELL 1300
		pause         | NONE paused PAUSED 2
		1.0013        | HOLD paused PAUSED 3
		resume        | NONE resumed PENDING 3
		1.06          | HOLD pending PENDING 4
		1.06          | HALT depeg HALTED 5
		1.0013        | HALT depeg HALTED 6`},
	"trades that never arrive raise the alarm as if there were none": {func(c *stabilizer.Config) { c.AlarmBlocks = 4 }, `
		1                   | HOLD warmup WARMUP 0
		1.0013              | HOLD sustaining WATCH 1
		1.0013              | TRADE rebalance PENDING 2: SELL 1300
		1.0013              | HOLD pending PENDING 3
		1.0013 tx=expired   | TRADE rebalance PENDING 4: SELL 1300 x1.125
		1.0013              | HOLD pending PENDING 5
		1.0013 tx=expired   | TRADE rebalance PENDING 6: SELL 1300 x1.265625
		1.0013              | HOLD pending PENDING 7 !no_trade
		1.0013 tx=mined     | HOLD cooldown ENGAGED 8 !no_trade
		1.0013              | HOLD cooldown ENGAGED 9 !no_trade
		1.0013              | TRADE rebalance PENDING 10: SELL 1300
		1.0013              | HOLD pending PENDING 11`},
	"a guard that lasts raises the alarm and is named": {func(c *stabilizer.Config) { c.AlarmBlocks = 3 }, `
		1             | HOLD warmup WARMUP 0
		1.0013        | HOLD sustaining WATCH 1
		1.0013 used=2000 | HOLD block_cap WATCH 2 [block_cap]
		1.0013 used=2000 | HOLD block_cap WATCH 3 [block_cap]
		1.0013 used=2000 | HOLD block_cap WATCH 4 [block_cap] !no_trade
		1.0013        | TRADE rebalance PENDING 5: SELL 1300
		1 tx=mined    | HOLD in_band IDLE 0`},

	"a reorg restarts the count": {nil, `
		1           | HOLD warmup WARMUP 0
		1           | HOLD in_band IDLE 0
		1.0013      | HOLD sustaining WATCH 1
		1.0013 n=3 h=b3 | HOLD sustaining WATCH 1
		1.0013 h=b4 p=b3 | TRADE rebalance PENDING 2: SELL 1300`},
	"an orphaned fill is the same intent again, and its cooldown stays": {nil, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013             | TRADE rebalance PENDING 2: SELL 1300
		1.0013 tx=mined    | HOLD cooldown ENGAGED 3
		1.0013 n=4 h=b4    | HOLD pending PENDING 1
		1.0013 h=b5 tx=mined | HOLD cooldown WATCH 2
		1.0013 h=b6        | HOLD cooldown WATCH 3
		1.0013 h=b7        | TRADE rebalance PENDING 4: SELL 1300`},
	"an orphaned expiry is unresolved as well": {nil, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013             | TRADE rebalance PENDING 2: SELL 1300
		1.0013             | HOLD pending PENDING 3
		expired            | NONE expired ENGAGED 3
		1.0013 n=4 h=b4    | HOLD pending PENDING 1`},
	"a fill below the fork stays filled": {nil, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013             | TRADE rebalance PENDING 2: SELL 1300
		1.0013 tx=mined    | HOLD cooldown ENGAGED 3
		1.0013             | HOLD cooldown ENGAGED 4
		1.0013 n=5 h=b5    | HOLD sustaining WATCH 1
		1.0013 h=b6        | TRADE rebalance PENDING 2: SELL 1300`},
	"an orphaned revert is unresolved: it may yet be filled": {nil, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013             | TRADE rebalance PENDING 2: SELL 1300
		1.0013 tx=reverted | HOLD cooldown ENGAGED 3
		1.0013 n=4 h=b4    | HOLD pending PENDING 1`},
	"blocks that are known, skipped or of another chain leave no trace": {nil, `
		1 n=10          | HOLD warmup WARMUP 0
		1 n=12          | HOLD in_band IDLE 0
		1.0013 n=13     | HOLD sustaining WATCH 1
		1.0013 n=13     | HOLD duplicate WATCH 1
		1.0013 n=12     | HOLD stale_block WATCH 1
		1.0013 n=11     | HOLD late_block WATCH 1
		1.0013 n=9      | HOLD late_block WATCH 1
		1.0013 p=zz     | HOLD parent_mismatch WATCH 1
		1.0013          | TRADE rebalance PENDING 2: SELL 1300`},
	"a gap of the greatest size is borne, a larger one starts the TWAP anew": {nil, `
		1               | HOLD warmup WARMUP 0
		1.0013 n=4      | HOLD sustaining WATCH 1
		1.0013 n=8      | HOLD warmup WARMUP 0
		1.0013          | HOLD sustaining WATCH 1`},
	"a reorg from beyond memory halts": {func(c *stabilizer.Config) { c.ReorgBlocks = 2 }, `
		1                | HOLD warmup WARMUP 0
		1                | HOLD in_band IDLE 0
		1                | HOLD in_band IDLE 0
		1                | HOLD in_band IDLE 0
		1 n=3 h=b3       | HOLD in_band IDLE 0
		1 h=b4           | HOLD in_band IDLE 0
		1 n=2 h=c2       | HALT reorg_too_deep HALTED 0
		1 n=2 h=c2       | HOLD warmup HALTED 0
		1 n=3 h=c3       | HALT reorg_too_deep HALTED 0
		reset            | NONE reset IDLE 0
		1 n=4 h=c4       | HOLD in_band IDLE 0`},

	"what halts first stays the reason": {func(c *stabilizer.Config) { c.ReorgBlocks, c.MaxReverts = 2, 1 }, `
		1                  | HOLD warmup WARMUP 0
		1.0013             | HOLD sustaining WATCH 1
		1.0013             | TRADE rebalance PENDING 2: SELL 1300
		1.0013 tx=reverted | HALT tx_failures HALTED 3
		1.0013             | HALT tx_failures HALTED 4
		1.0013 n=3 h=b3    | HALT tx_failures HALTED 0`},

	"the day's losses end at the budget": {func(c *stabilizer.Config) {
		c.DailyLossBudget, c.GasCost, c.MinBlocks = dec("3"), dec("2"), 1
	}, `
		1                 | HOLD warmup WARMUP 0
		1.0012            | HOLD sustaining WATCH 1
		1.0012            | TRADE rebalance PENDING 2: SELL 1200
		1.0012 tx=mined   | TRADE rebalance PENDING 3: SELL 1200
		1.0012 tx=mined   | HALT loss_budget HALTED 4
		reset             | NONE reset IDLE 0
		1.0012            | HOLD sustaining WATCH 1
		1.0012            | TRADE rebalance PENDING 2: SELL 1200`},
	"a loss is what was received, if that is known": {func(c *stabilizer.Config) {
		c.DailyLossBudget, c.GasCost, c.MinBlocks = dec("3"), dec("2"), 1
	}, `
		1                                 | HOLD warmup WARMUP 0
		1.0012                            | HOLD sustaining WATCH 1
		1.0012                            | TRADE rebalance PENDING 2: SELL 1200
		1.0012 tx=mined received=1200.27  | HALT loss_budget HALTED 3`},
	"a fill that a reorg repeats is a loss once": {func(c *stabilizer.Config) {
		c.DailyLossBudget, c.GasCost, c.MinBlocks = dec("3"), dec("2"), 1
	}, `
		1                      | HOLD warmup WARMUP 0
		1.0012                 | HOLD sustaining WATCH 1
		1.0012                 | TRADE rebalance PENDING 2: SELL 1200
		1 tx=mined             | HOLD in_band IDLE 0
		1.0012 n=4 h=b4        | HOLD pending PENDING 1
		1.0012 h=b5 tx=mined   | TRADE rebalance PENDING 2: SELL 1200`},
	"a clock that goes back over midnight gives no new budget": {func(c *stabilizer.Config) {
		c.DailyLossBudget, c.GasCost, c.MinBlocks = dec("3"), dec("2"), 1
	}, `
		1                             | HOLD warmup WARMUP 0
		1.0012                        | HOLD sustaining WATCH 1
		1.0012                        | TRADE rebalance PENDING 2: SELL 1200
		1.0012 tx=mined               | TRADE rebalance PENDING 3: SELL 1200
		1.0012 tx=mined took=-86400   | HALT loss_budget HALTED 4`},
	"a new day has a new budget": {func(c *stabilizer.Config) {
		c.DailyLossBudget, c.GasCost, c.MinBlocks, c.MaxPriceAge = dec("3"), dec("2"), 1, 48*time.Hour
	}, `
		1                           | HOLD warmup WARMUP 0
		1.0012                      | HOLD sustaining WATCH 1
		1.0012                      | TRADE rebalance PENDING 2: SELL 1200
		1.0012 tx=mined             | TRADE rebalance PENDING 3: SELL 1200
		1.0012 tx=mined took=86400  | TRADE rebalance PENDING 4: SELL 1200`},
	"profit, guarded, must be made": {func(c *stabilizer.Config) {
		c.ProfitGuard, c.FeeBps, c.GasCost, c.MinProfit = true, dec("3"), dec("0.1"), dec("0.26")
	}, `
		1      | HOLD warmup WARMUP 0
		1.0012 | HOLD sustaining WATCH 1
		1.0012 | TRADE rebalance PENDING 2: SELL 1200`},
	"and not a millionth less": {func(c *stabilizer.Config) {
		c.ProfitGuard, c.FeeBps, c.GasCost, c.MinProfit = true, dec("3"), dec("0.1"), dec("0.260001")
	}, `
		1      | HOLD warmup WARMUP 0
		1.0012 | HOLD sustaining WATCH 1
		1.0012 | HOLD unprofitable WATCH 2`},
	"a flow that trades of this size cannot carry raises an alert": {nil, `
		1                | HOLD warmup WARMUP 0
		1.0013           | HOLD sustaining WATCH 1
		1.0013 flow=13000.1 | TRADE rebalance PENDING 2: SELL 1300 !cantilever_shortfall`},
	"and one that they just carry does not": {nil, `
		1                | HOLD warmup WARMUP 0
		1.0013           | HOLD sustaining WATCH 1
		1.0013 flow=13000 | TRADE rebalance PENDING 2: SELL 1300`},

	"the accumulated deviation adds to the size, and stands still while a limit binds": {func(c *stabilizer.Config) {
		c.UnitsPerBps, c.UnitsPerBpsBlock, c.BlockCap = dec("50"), dec("10"), dec("700")
	}, `
		1               | HOLD warmup WARMUP 0
		1.0012          | HOLD sustaining WATCH 1
		1.0012          | TRADE rebalance PENDING 2: SELL 700 [block_cap]
		1.0006 tx=mined | HOLD cooldown ENGAGED 3
		1.0006          | HOLD cooldown ENGAGED 4
		1.0006          | TRADE rebalance PENDING 5: SELL 480
		1 tx=mined      | HOLD in_band IDLE 0`},
	"the accumulated deviation leaks and is clamped": {func(c *stabilizer.Config) {
		c.UnitsPerBps, c.UnitsPerBpsBlock, c.Leak, c.MaxIntegral = dec("50"), dec("10"), dec("0.5"), dec("14")
	}, `
		1               | HOLD warmup WARMUP 0
		1.0012          | HOLD sustaining WATCH 1
		1.0012          | TRADE rebalance PENDING 2: SELL 740`},

	"a dry run decides alike and waits for nothing": {func(c *stabilizer.Config) { c.DryRun = true }, `
		1               | HOLD warmup WARMUP 0
		1.0013          | HOLD sustaining WATCH 1
		1.0013          | DRY_TRADE rebalance ENGAGED 2: SELL 1300
		1.0013          | HOLD cooldown ENGAGED 3
		1.0013 n=4 h=b4 | HOLD sustaining WATCH 1
		1.0013          | HOLD cooldown WATCH 2
		1.0013          | DRY_TRADE rebalance ENGAGED 3: SELL 1300`},
	"an unknown command is consumed and changes nothing": {nil, `
		1      | HOLD warmup WARMUP 0
		dance  | NONE unknown_command WARMUP 0`},
}

func TestLives(t *testing.T) {
	for name, c := range lives {
		t.Run(name, func(t *testing.T) {
			cfg := target()
			if c.change != nil {
				c.change(&cfg)
			}
			replay(t, cfg, c.script)
		})
	}
}

// replay compares a script with what an engine makes of it.
func replay(t *testing.T, cfg stabilizer.Config, script string) *life {
	t.Helper()
	l := &life{t: t, engine: engine(t, cfg)}
	var want, got []string
	for line := range strings.Lines(script) {
		seen, decided, ok := strings.Cut(strings.TrimSpace(line), "|")
		if !ok {
			continue
		}
		seen = strings.TrimSpace(seen)
		want = append(want, seen+" | "+strings.TrimSpace(decided))
		got = append(got, seen+" | "+l.step(seen))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	return l
}
