// Package run runs the programs under measurement: one run is one or two processes (three beside a stopped subscriber)
// that speak the language of package proto, and comes to the values of the metrics of package plan.
//
// A run with a log on disk has a folder of its own. If there is to be something in the log already, a further program puts
// it there and is killed.
//
// The harness does nothing while they run but wait for their next line: what it used of the CPU is noted with each run.
package run
