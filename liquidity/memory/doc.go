// Package memory is a banking system for tests and simulations: banks with
// positions, and providers whose transfers settle between them, late or never if
// the script says so. A [Chronicle] keeps what an engine decided about them.
package memory
