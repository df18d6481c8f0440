// Package crash kills the server in every way it can think of, and looks whether
// anything was lost or paid twice. It is tests only:
//
//	go test ./examples/server/crash              each point, 20 kills and 3 outages of each database
//	go test ./examples/server/crash -v -timeout 40m -hits=3 -kills=200 -restarts=20
//
// One test has two servers over one PostgreSQL and one Redis, kills Redis and each of
// them, and looks whether those who follow bonds were told everything in order. Each
// other test has a server in a process of its own, a venue and a wallet that
// outlive it, and providers who remember what they were told. Once the dust has
// settled, the books are held against what those know.
//
// A process that is killed leaves its writes with the operating system. That they
// survive a power failure as well is what store/sql asks of its databases, and
// nothing here can show.
package crash
