// Package bench measures Evenkeel side by side with its peers.
package bench
