// Package load measures how late people hear, and how soon they are answered. It is
// tests only, each ends by itself, and they print what they measured with the machine
// and the command.
//
// TestServer runs the server as people do, in a process of its own: books are pushed
// to it, readers follow over WebSockets what becomes of them, and others ask for
// translations. It says what each side took of the processors, and how late the
// readers themselves were:
//
//	go test ./examples/server/load -v -run TestServer -subscribers=2000 -silent=50 -gets=0 -for=15s
//	go test ./examples/server/load -v -run TestServer -subscribers=2000 -silent=50 -gets=0 -for=15s -instruments=50
//	go test ./examples/server/load -v -run TestServer -subscribers=1 -silent=0 -gets=2000 -for=15s -instruments=50
//
// TestLoad and TestTwoServers have hubs and readers in one process:
//
//	go test ./examples/server/load -v -run 'Load|Two' -subscribers=2000 -instruments=20 -silent=50 -for=60s -restarts=20
//
// All of them hold every reader to the one promise: each frame of a stream once and
// in order, or a snapshot.
package load
