// Package socket is the WebSocket side of the liquidity-risk API: people subscribe
// to topics and see what is said about an instrument while it happens.
//
// A [Hub] takes what engines publish, from its own server and over the bus from the
// others, and hands it to the clients that follow it. Every client of a stream gets
// every frame once and in order, or a snapshot: after a restart, a loss of the bus,
// or when it was too slow. Frames leave through topic.Tell and topic.Snapshot only,
// which show each role what risk.View lets it see.
//
// Call [New], run [Hub.Run] beside the server, and mount the hub at
// "GET /ws/liquidity-risk".
package socket
