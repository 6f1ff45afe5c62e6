// Package nats is the contestant NATS: its server inside the publisher's process, and nats.go on both sides, over TCP.
//
// Core NATS has no flow control: its limits are raised so far that nothing is lost.
//
// Its log is a stream of JetStream in files. Each sender publishes a message and waits for the acknowledgement.
package nats
