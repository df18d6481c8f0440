// Package source reads what is known of instruments from a file that other programs
// write.
//
// A .csv file begins with a line that names its columns; a .json file is an array of
// objects with the same names. Only the first three are required, and an empty value
// is as good as none:
//
//	isin                    once per file
//	bid, ask                in per cent of the face value
//	timestamp               when it was so, RFC 3339; without it, when the file was written
//	bid_size, ask_size      at the touch
//	l2_depth_qty, l2_levels what the visible book shows on both sides, and over how many levels
//	trades_count            in the window
//	vwap, volume_face       of these
//	time_since_last_trade_s seconds
//	window_s                seconds that trades and volume are of
//	rating, tenor           as the exit policy names them
//	issuer_class            as the exit policy names them
//	coupon_rate             per cent per year
//	maturity_date           such as 2031-06-30
//	issue_size              face value
//
// Numbers are plain, below 1e18 with at most 18 decimals. A line with a mistake hides
// its instrument and no other; so does an instrument that is told twice. A file that
// may be half written is not read at all: put a new one in its place by renaming it.
package source
