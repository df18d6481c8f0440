// Package weekend replays a tape of candles on a chain in memory, once without
// the stabilizer and once with it, and tells what the difference was and what
// it cost.
//
// The world it builds is the Vault plan's: public PMM pools, private pools that
// meet in gold, a stabilizer contract with an inventory, a reserve with a vault
// behind it. In it the crowd panics, arbitrageurs keep pools and market
// together, and everyone's tokens are counted. The engines are the SDK's own:
// after every block the stabilizer observes, decides and acts through
// evenkeel.Runner, every minute the reserve monitor; their journals are verified
// and decided again while the replay goes on.
//
//	tape ── path ──► scenario ──► play ──► trace      what the price did
//	                    │          ▲ │
//	                    └ panic    │ └──► chronicle   what the stabilizer did
//	                         engines over stage        └──► Result
//
// [Run] tells one weekend in full, [Sweep] many in numbers, [FitOf] how closely
// the pool follows the tape when nobody interferes. What is real and what is
// invented is said by [Setup.Assumptions], in every output.
package weekend
