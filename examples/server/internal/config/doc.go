// Package config reads the pool's YAML file and says everything that is wrong
// with it at once.
//
// [Default] is what the server runs with when it is given no file. A file must
// say who pays what for what (pool, db, exchanges and a price for each unit);
// anything else that it leaves out is as in the default.
package config
