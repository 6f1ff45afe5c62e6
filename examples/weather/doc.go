// Weather publishes the temperature of several towns and averages that of one: PUB and SUB sockets, with the town as
// topic.
//
//	go run ./examples/weather [endpoint]
package main
