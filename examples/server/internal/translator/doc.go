// Package translator says of each bond that is known here how risky it is, how
// liquid, and how to get out of it: engine risk, run for many instruments.
// Package rest is how people ask.
//
// What is told of an instrument is durable before it is answered, and translated
// right after. Each translation is a record of the instrument's journal, "lr/" and
// the ISIN, chained by hashes: it is what people are shown while it is young, what
// an auditor finds for a time past, and what can be decided again. Beside it only two
// things are remembered, both made of records: the newest look at an instrument, for
// 250 ms, and in package rest the answers to what many ask of one record.
//
//	Put      what others tell: books, auctions, makers, bonds, facts of risk
//	Report   what became of sales, for calibration
//	Fast     the newest translation, made again if it has outlived its time
//	Accurate one made now
//	At       the one that held at a time
package translator
