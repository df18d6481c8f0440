// Package vectors is the one way in for golden files.
//
// A package keeps the cases it needs under testdata/vectors, laid out by
// subject (testdata/vectors/pmm/curve.jsonl). When EVENKEEL_VECTORS names an
// absolute directory of the same layout, that directory is read instead, so a
// larger set can be run against the same tests.
package vectors
