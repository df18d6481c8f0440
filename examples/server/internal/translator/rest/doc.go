// Package rest is the translator's API: the calls of the liquidity-risk document
// under /api/v1/liquidity-risk, and how others tell it what they know. [Rules] is
// who may do what; [Declare] declares all of it.
//
// What somebody sees of a translation is risk.View's answer for his role, and no
// more. What not everybody may see is written down first: who asked what, and when.
//
//	400  an ISIN, mode, detail, size or time that is none
//	403  more than the role may see
//	404  an instrument of which nothing is known
//	409  there is nothing to translate yet, or at that time; what is told is older than what is known
//	413  more than 100 instruments at once
//	422  what is told cannot be true, such as a crossed book
//	503  too many insist at once, or the database is away: ask again
package rest
