// Package enginetest checks the laws that every engine of this module keeps.
package enginetest
