// Package fault lets a test kill the server at any call that leaves it: built with
// the tag faultpoint, each such call is a point. Without the tag there is nothing
// but [Points], which wraps nothing.
//
//	EVENKEEL_FAULT_LOG=points.log            writes down each point that is passed
//	EVENKEEL_FAULT='http sendmany#3/before'  dies there, as by kill -9
//
// A point is named for its port, its method and what tells the calls apart: the
// key of a journal, the method of a wallet. #3 is the third such call; before it
// is one moment to die, after it another, and during it, 20 ms after it began, the
// last one.
package fault
