// Package consumertest proves what a consumer of this module gets.
//
// Inside the workspace every module sees its neighbours' files, so a missing
// requirement or an uninvited dependency stays hidden. The tests of this package
// publish the checkout to a module proxy in a temporary directory, as tagged
// versions, and build hosts against that, outside the workspace. The race detector
// leaves them out: what they run are builds, which have no races to be found.
package consumertest
