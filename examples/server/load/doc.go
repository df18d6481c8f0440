// Package load puts subscribers on the server's socket and measures how late they
// hear. It is tests only, each ends by itself, and they print what they measured with
// the machine and the command:
//
//	go test ./server/load -v
//	go test ./server/load -v -subscribers=2000 -instruments=20 -silent=50 -for=60s -restarts=20
//
// The subscribers are in the process that serves them, so what they take is measured
// with it. Both tests hold every subscriber to the one promise: each frame of a
// stream once and in order, or a snapshot.
package load
