// Package abi encodes and decodes the handful of contract calls that the module
// makes, so that the core needs no Ethereum library to speak to a contract.
//
// All of their arguments and results are static, so the Solidity ABI reduces to
// one rule: a call is its four-byte selector followed by one 32-byte big-endian
// word per argument, a result is one word per value (Solidity documentation,
// "Contract ABI Specification"). The selector is the start of the Keccak-256
// hash of the signature.
//
// Each call is a [Method] that works both ways, for whoever calls the contract
// and for whoever plays it:
//
//	call := abi.BalanceOf.Call(token, owner)          // a chain.Call, ready for Client.Read
//	balance, err := abi.BalanceOf.Result(answers[0])
//
// Decoding is strict: another length, another selector, dirty high bytes or a
// value out of its type's range are an error that wraps [ErrInvalid], never a
// panic or a truncated number.
//
// Sources: ERC-20 (EIP-20); DODO contractV2 c58c067, DSPStorage.sol and
// DSPTrader.sol, which DPP matches; Vault plan Appendix A for the stabilizer.
package abi
