// Package alps runs the liquidity engine for one pool: it looks at all banks every
// so often, records what the engine decides, carries it out in the operator's own
// book of accounts, and keeps what happened in the shape in which people ask for
// it. Package rest is how they ask.
//
// Whoever wants something puts a command into the inbox, where it is durable, and
// the next look answers it. All looks go through one Service, one at a time; of two
// servers on one database one leads, and the other stands by and lets the leader
// answer.
package alps
