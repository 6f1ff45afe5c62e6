// Package nettest says, for tests, what the network of this machine has. It asks package net and the system, and nothing
// that is tested, so that a fault of ours never looks like a machine without.
package nettest
