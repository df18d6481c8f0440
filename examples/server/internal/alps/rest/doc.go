// Package rest is the ALPS API: the eight calls of the ALPS document under
// /api/v1/alps, and what people need besides. [Rules] is who may do what; [Mount]
// declares all of it.
//
// A call that wants money moved becomes a command: durable before it is answered,
// answered by the engine's next look, and made once for each actor and
// Idempotency-Key. The engine's refusals are problems:
//
//	202  it waits for a second person: the answer has the action's id, amount and version
//	403  whoever approves is who proposed, or what is asked is not permitted here
//	404  no such bank, action, transfer or loan, or none that the caller may see
//	409  amount or version are no longer those of the action, or it is in another phase
//	422  gates or limits keep it back: errors has every reason
//	423  a kill switch is tripped
//	503  written down and not answered yet: ask again with the same Idempotency-Key
package rest
