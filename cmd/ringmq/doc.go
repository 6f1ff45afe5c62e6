// Ringmq is the command-line tool of the library: it sends and receives messages with any socket type, by hand or from
// a script, and measures the library on the machine it runs on.
//
//	ringmq pull --bind 'tcp://*:5557'
//	ringmq push --connect tcp://127.0.0.1:5557 hello
//	ringmq bench
//
// "ringmq help" says the rest.
package main
