// Package evenkeel keeps liquidity and pegs level: it watches, decides, writes
// the decision down, acts, and can prove afterwards why.
//
// # The shape of every engine
//
//	observe (World) -> Step (pure) -> Append (state, observation, decision) -> Act (idempotent)
//
// An [Engine] is a pure function from a state and an observation to a new state
// and a decision. A [World] is its I/O half. A [Runner] joins the two and keeps
// the journal in a [Store]. The same engine therefore runs in a unit test, in a
// simulation of a million blocks, in a bot and in a server; only the adapters
// differ. Three laws follow:
//
//   - Durable before visible: a decision is in the journal before it is acted on.
//   - Truth comes from observing: what an Act answered is never believed; an
//     intent stays in the state until an observation shows that it settled.
//   - One writer: an Append of a number already taken fails, and whoever sees
//     that stands by.
//
// A simulation forks by copying a state, a restart is [Store].Last, a replay is
// a fold ([Replay]), and [Verify] walks the hash chain of the journal.
//
// # Where things are
//
// Vocabulary and arithmetic: exchange, chain, chain/abi, pmm, pmm/mesh, reserve.
// Engines: stabilizer, stabilizer/parity, reserve/monitor, reward, reward/payout,
// liquidity, liquidity/stress, liquidity/maker, and the models liquidity/market,
// liquidity/market/measure and liquidity/market/cost; risk, risk/score, risk/topic,
// risk/capital. For people who ask: liquidity/chronicle. Adapters: exchange/binance,
// bitfinex, bybit, coinbase, gate, kraken, okx, poloniex and paper, chain/memchain,
// reward/memory, reward/rpc, reward/file, liquidity/memory, store/memory; as modules
// of their own chain/evm, store/redis, store/sql. Conformance suites:
// exchange/exchangetest, chain/chaintest, chain/bridgetest, reward/ledgertest,
// reward/payout/payouttest, liquidity/liquiditytest, store/storetest,
// risk/topic/topictest. An import only goes down: engines never import adapters or
// each other.
//
// # Glossary
//
//   - anchor: the asset through which tokens are compared and routed, gold
//     (XAU); also the place outside the database where journal heads are
//     published ([Anchor]).
//   - band: the distance from the peg within which nothing is done, in bps.
//   - batch: one payment to many addresses, made once.
//   - bps: a basis point, 1/10,000.
//   - bucket: one of the five purposes, A to E, for which capital is set aside.
//   - coverage: what is available divided by what is required.
//   - depth: the amount in a pool; units per bps, what moves its price by 1 bps.
//   - deviation: (price - target) / target, in bps.
//   - intent: something decided and not yet seen to have settled.
//   - journal: the append-only, hash-chained records of one key.
//   - key: the name of one engine's journal, such as "peg/cUSDC".
//   - market: the price at which an asset trades elsewhere.
//   - peg, target: the price that an asset is meant to have.
//   - PMM: proactive market maker, a pool that concentrates its liquidity
//     around a guide price.
//   - proof: a signed request for the open orders of an account, for somebody
//     else to send.
//   - rank: a band around the peg within which an order earns, and its part.
//   - reason: why a decision is what it is; every decision has one.
//   - reserve: what is held to defend a peg; required, what must be held.
//   - round: the interval for which liquidity is rewarded at once.
//   - spot: the price of a pool at the end of a block.
//   - TWAP: the time-weighted average of a price.
//   - world: all that an engine may see and touch.
package evenkeel
