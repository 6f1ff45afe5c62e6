package zmtp

// A message of RADIO and DISH as a datagram. No RFC has it; it is what libzmq sends over UDP.
//
//	+--------+-----------------+--------------+
//	| length | group           | body         |
//	+--------+-----------------+--------------+
//	  1 byte   length bytes      the rest

// MaxGroup is the length of the longest group, in bytes (RFC 48).
const MaxGroup = 255

// AppendDatagram appends the datagram of a message. The group has at most MaxGroup bytes.
func AppendDatagram(dst, group, body []byte) []byte {
	dst = append(dst, byte(len(group)))
	return append(append(dst, group...), body...)
}

// ParseDatagram takes a datagram apart; group and body are parts of b. ok is false for what is none.
func ParseDatagram(b []byte) (group, body []byte, ok bool) {
	if len(b) == 0 || len(b)-1 < int(b[0]) {
		return nil, nil, false
	}
	n := 1 + int(b[0])
	return b[1:n:n], b[n:], true
}
