// Package transport says what a transport is and finds the one that an endpoint names.
//
// An endpoint is a prefix and an address, "tcp://127.0.0.1:5556": the prefix chooses the transport, the address is that
// transport's own business. There are three kinds:
//
//	Stream   tcp, ipc    Listen and Dial give byte streams; a session speaks ZMTP over them
//	Local    inproc      Bind and Connect bring two peers of one process together; no bytes, no ZMTP
//	Datagram udp         Open and Aim give sockets of single datagrams; no connections, no ZMTP
//
//	endpoint ──Lookup──> Transport ─┬─ Stream ──Dial, Accept──> net.Conn ──> session ──> pipe
//	                                ├─ Local  ──accept(peer)──────────────────────────> pipe
//	                                └─ Datagram ──Open, Aim──> DatagramSocket ────────> pipe
//
// A transport registers itself when it is imported, as the drivers of database/sql do, so that a program gets another
// one with one import and no other change:
//
//	import _ "example.com/ringmq-vsock"
//
// A transport knows addresses and how to make a connection. It sees no message, no subscription and no option that
// does not concern it; it does not retry, which is the socket's work.
//
// # Errors
//
// The errors of transports are of type [*ringmq.Error], new for each call, with Endpoint and Err set, and with Value
// where one part of the endpoint is to blame. Op and Socket are empty: the socket that made the call knows them and
// may fill them in. [errors.Is] finds the sentinel, such as [ringmq.ErrAddrInUse], and where there is one the error of
// the operating system.
//
// Package transporttest has the suite that every stream transport passes.
package transport
