// Package examples holds the reference binaries.
package examples
