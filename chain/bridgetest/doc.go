// Package bridgetest holds implementations of chain.Bridge to the promises that
// its comments make. An adapter's test fills in a [Fixture] and calls [Run].
package bridgetest
