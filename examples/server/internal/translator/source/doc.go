// Package source reads what is known of instruments from a file that other programs
// write, as package table does. The columns of the book are required, down to the age
// of the last trade, as when it is pushed:
//
//	isin                    once per file
//	bid, ask                in per cent of the face value
//	bid_size, ask_size      at the touch
//	l2_depth_qty, l2_levels what the visible book shows on both sides, and over how many levels
//	trades_count            in the window
//	vwap, volume_face       of these
//	time_since_last_trade_s seconds
//	timestamp               when it was so, RFC 3339; without it, when the file was written
//	window_s                seconds that trades and volume are of
//	rating, tenor           as the exit policy names them
//	issuer_class            as the exit policy names them
//	coupon_rate             per cent per year
//	maturity_date           such as 2031-06-30
//	issue_size              face value
//
// A line with a mistake hides its instrument and no other.
package source
