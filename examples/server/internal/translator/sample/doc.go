// Package sample has a hundred bonds to try a translator with. What was traded of
// them is real: ISIN, prices, yield, value and number of trades are what the
// National Stock Exchange of India reported of one day. What nobody publishes is
// modelled, the same for a bond each time: rating, tenor and class of the issuer,
// spread and depth of the book, market makers, auctions, and what is known of its
// risks. The sources of an instrument say which is which.
//
// Nothing here is a statement about those bonds.
package sample
