// Package access says who asks, and what he may do.
//
// A request carries a credential: an API key, of which a configuration holds the
// SHA-256, or a signed token of an hour at most. An [Authenticator] makes an
// [Actor] of it: a name, roles, and for a bank which one it is. Each endpoint of
// an API is one [Rule] in one table, with the roles that may use it, and how often
// each actor may. What no rule mentions, nobody may.
//
// Begin with [New] and a [Config]; then a rule's [Rule.Admit] turns the actor into
// a [Caller], who sees all banks or its own.
package access
