// Package memory is a topic.Bus within one process.
package memory
