// Package pool is a liquidity provider's side of an ALP pool: it registers, hands
// in a proof of its open orders every minute, and recomputes what the server
// credits for them:
//
//	pot      = reward × min(1, total/target)
//	expected = pot × side ratio × rank ratio × amount / rank total
//
// Call [New], then [Provider.Register] and [Provider.Run].
package pool
