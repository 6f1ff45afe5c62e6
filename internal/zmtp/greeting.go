package zmtp

import (
	"bytes"
	"encoding/binary"
)

// Offsets and lengths in bytes of the greeting (RFC 23, "Formal Grammar"; RFC 13 for ZMTP 2.0).
const (
	// SignatureSize is the length of the signature, which is all that is safe to send to a peer of unknown version.
	SignatureSize = 10

	// GreetingSize is the length of the greeting of ZMTP 3.0 and later.
	GreetingSize = 64

	// GreetingSizeV2 is the length of the greeting of ZMTP 2.0, which ends with the socket type.
	GreetingSizeV2 = 12

	// MaxMechanism is the longest name of a security mechanism.
	MaxMechanism = 20

	majorAt     = SignatureSize
	minorAt     = 11
	mechanismAt = 12
	asServerAt  = 32
)

const (
	signatureFirst = 0xFF
	signatureLast  = 0x7F

	// versionedBit of the signature's last byte is set by every version from 2.0 on. A ZMTP 1.0 peer has there the
	// flags of its identity frame, which is never followed by another.
	versionedBit = 0x01
)

// The version that we announce.
const (
	Major = 3
	Minor = 1
)

// Greeting is what a greeting of ZMTP 3.0 or later says (RFC 23, RFC 37).
type Greeting struct {
	Major, Minor byte
	Mechanism    string // at most MaxMechanism bytes
	AsServer     bool   // says nothing: libzmq servers send false, so roles come from configuration
}

// AppendSignature appends the ten bytes that open every greeting: FF, the length of our identity plus one as a u64,
// and 7F. Peers from 2.0 on pay no heed to the eight bytes between. To a peer of ZMTP 1.0 the whole is the header of
// the frame that brings our identity.
func AppendSignature(dst []byte, identityLen int) []byte {
	dst = binary.BigEndian.AppendUint64(append(dst, signatureFirst), uint64(identityLen)+1)
	return append(dst, signatureLast)
}

// AppendGreeting appends the 64 bytes of a greeting.
func AppendGreeting(dst []byte, g Greeting, identityLen int) []byte {
	dst = append(AppendSignature(dst, identityLen), g.Major, g.Minor)
	var rest [GreetingSize - mechanismAt]byte
	copy(rest[:MaxMechanism], g.Mechanism)
	if g.AsServer {
		rest[asServerAt-mechanismAt] = 1
	}
	return append(dst, rest[:]...)
}

// Protocol is how a peer speaks, as far as its greeting has told.
type Protocol uint8

// The protocols that [Recognise] tells apart.
const (
	ProtocolUnknown     Protocol = iota // needs more bytes
	ProtocolUnversioned                 // ZMTP 1.0: no greeting, the bytes begin the peer's identity frame
	ProtocolVersioned                   // ZMTP 2.0 or later; the major version has not arrived
	ProtocolV1                          // major 0: a ZMTP 2.0 greeting, then the framing of ZMTP 1.0
	ProtocolV2                          // major 1 or 2: ZMTP 2.0
	ProtocolV3                          // major 3 and every later one
)

// Recognise tells the peer's protocol by the first bytes that it sent. need is how many bytes from the start it takes
// to know more, or, once the protocol is settled, how long the whole greeting is; it is 0 for ProtocolUnversioned,
// which has none.
func Recognise(b []byte) (p Protocol, need int, err error) {
	switch {
	case len(b) == 0:
		return ProtocolUnknown, 1, nil
	case b[0] != signatureFirst:
		return ProtocolUnversioned, 0, nil
	case len(b) < SignatureSize:
		return ProtocolUnknown, SignatureSize, nil
	}
	switch last := b[SignatureSize-1]; {
	case last&versionedBit == 0:
		return ProtocolUnversioned, 0, nil
	case last != signatureLast:
		return ProtocolUnknown, 0, ErrGreeting
	case len(b) <= majorAt:
		return ProtocolVersioned, majorAt + 1, nil
	}
	p, need = byMajor(b[majorAt])
	return p, need, nil
}

// byMajor follows RFC 37, which has 2 for another name of ZMTP 2.0.
func byMajor(major byte) (p Protocol, need int) {
	switch major {
	case 0:
		return ProtocolV1, GreetingSizeV2
	case 1, 2:
		return ProtocolV2, GreetingSizeV2
	}
	return ProtocolV3, GreetingSize
}

// ParseGreeting reads a whole greeting that [Recognise] found to be of ProtocolV3. The filler is not looked at, and
// any as-server byte but 0 is true.
func ParseGreeting(b []byte) (Greeting, error) {
	if len(b) < GreetingSize {
		return Greeting{}, ErrGreeting
	}
	if p, _, err := Recognise(b[:majorAt+1]); p != ProtocolV3 || err != nil {
		return Greeting{}, ErrGreeting
	}
	return Greeting{
		Major:     b[majorAt],
		Minor:     b[minorAt],
		Mechanism: string(bytes.TrimRight(b[mechanismAt:asServerAt], "\x00")),
		AsServer:  b[asServerAt] != 0,
	}, nil
}
