// Package zmtp is the codec of ZMTP, the ZeroMQ Message Transport Protocol: RFC 23 (3.0), RFC 37 (3.1), RFC 13 (2.0)
// and RFC 15 (1.0). It is sans-IO: functions append to a slice, or parse a slice and return what they consumed. It
// keeps no state, copies nothing that it parses and allocates nothing except the names that [ParseProperties] visits;
// every function may be called by many goroutines at once.
//
// One connection, in bytes:
//
//	greeting   FF | 8 bytes | 7F | 03 | 01 | mechanism, 20 bytes | as-server | 31 bytes of 0    [AppendGreeting]
//	frame      flags | size u8                  | body                                          [AppendFrame]
//	           flags | size u64, if flags has 2 | body
//	command    the body of a frame whose flags have 4:  length u8 | name | data                 [AppendCommand]
//	metadata   the data of READY:  length u8 | name | length u32 | value, and so on             [AppendProperty]
//
// All integers are big-endian. ZMTP 1.0 has neither greeting nor commands, and frames of its own: see
// [AppendHeaderV1].
//
// A size that a parse function returns is what the peer claims. No function here allocates by it, and no caller may
// before it has compared it with a limit of its own.
package zmtp
