// Package contracts holds the contracts that keep a peg on a chain, compiled, and
// what it takes to deploy them.
//
// A chain with the stabilization mesh of the Vault plan has tokens, a public pool
// for each pair that users trade, private pools that tie each token to an anchor
// such as XAU, and a stabilizer that trades through the private pools when the
// price of a public one has left its peg. The sources are in src, in Solidity; they
// say what each contract does and why. The pools calculate what package pmm
// calculates, to the wei.
//
// # What to call
//
// [Load] gives a contract's ABI and code; [Artifact.Creation] the data of the
// transaction that deploys it, [Artifact.ABI] that of calls. Nothing here sends
// anything. [Reason] puts a revert into words. The calls that the engines need have
// methods of their own in package chain/abi, without go-ethereum.
//
// README.md is for whoever deploys: the order, the roles, the gas.
package contracts
