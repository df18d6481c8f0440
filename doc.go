// Package evenkeel keeps liquidity and pegs level.
package evenkeel
