// Package page is what the holder of a bond that hardly trades sees in a browser:
// how liquid it is for the size that he holds, which ways out there are and why
// others are closed, what leaving costs as the size grows, and what a portfolio
// costs to leave. It is one HTML page with its own style, scripts and charts, and
// loads nothing from anywhere else.
//
// All numbers come from the REST API of the liquidity-risk translator, and news of
// them over its WebSocket. The page takes their bodies as they are: it rounds, names
// and draws, and decides nothing. Where the socket is not there it asks again every
// 5 seconds and says so. What a visitor types stays in the address, behind its #,
// which browsers do not send; a key stays in memory until the page is closed.
//
// Call [Handler] with what a visitor can pick from and with the handler of all other
// paths.
package page
