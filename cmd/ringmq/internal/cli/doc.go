// Package cli is the command line of ringmq: its commands, what they read and print, and how they end.
//
//	main ─> Main (signals, standard streams) ─> Run (tests begin here) ─> one command
//	                                                                        endpoints, options  ─> socket
//	                                                                        arguments or lines  ─> messages out
//	                                                                        messages in         ─> lines
//
// Run takes everything from its arguments and returns the exit status, so that tests run commands against each other
// in one process.
package cli
