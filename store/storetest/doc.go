// Package storetest is the conformance suite of the journal, the inbox and the
// anchor: each promise in the comments of those ports is a case here.
package storetest
