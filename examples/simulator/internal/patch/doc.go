// Package patch reads YAML files that say how something differs from what it is by
// default. What a file leaves out stays as it was; what nobody knows is refused,
// with the file, the line and the rule.
package patch
