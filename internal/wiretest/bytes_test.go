package wiretest

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// raw puts bytes together: an int is one byte, strings and byte slices are themselves.
func raw(parts ...any) []byte {
	b := []byte{}
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			if p < 0 || p > 255 {
				panic(fmt.Sprintf("wiretest: %d is no byte", p))
			}
			b = append(b, byte(p))
		case string:
			b = append(b, p...)
		case []byte:
			b = append(b, p...)
		default:
			panic(fmt.Sprintf("wiretest: %T is no bytes", p))
		}
	}
	return b
}

func zeros(n int) []byte { return make([]byte, n) }

func text(n int) string { return string(bytes.Repeat([]byte{'x'}, n)) }

func u32(n uint32) []byte { return binary.BigEndian.AppendUint32(nil, n) }

func u64(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }

// Flags of a frame.
const (
	more    = 1
	isLong  = 2
	isCmd   = 4
	lastOne = 0
)

// frame is a frame of ZMTP 2.0 and later in the only form that its size allows a sender: LONG from 256 bytes on.
func frame(flags int, parts ...any) []byte {
	body := raw(parts...)
	if len(body) < 256 {
		return raw(flags, len(body), body)
	}
	return longFrame(flags, body)
}

func longFrame(flags int, parts ...any) []byte {
	body := raw(parts...)
	return raw(flags|isLong, u64(uint64(len(body))), body)
}

// message is the frames of one message.
func message(frames ...string) []byte {
	var b []byte
	for i, f := range frames {
		flags := more
		if i == len(frames)-1 {
			flags = lastOne
		}
		b = append(b, frame(flags, f)...)
	}
	return b
}

// frameV1 is a frame of ZMTP 1.0: the length counts the flags, and 255 is too long for the short form.
func frameV1(flags int, parts ...any) []byte {
	body := raw(parts...)
	if len(body)+1 < 255 {
		return raw(len(body)+1, flags, body)
	}
	return raw(0xFF, u64(uint64(len(body)+1)), flags, body)
}

func command(name string, data ...any) []byte { return frame(isCmd, len(name), name, raw(data...)) }

func ping(ttl int, context string) []byte { return command("PING", ttl>>8, ttl&255, context) }
func pong(context string) []byte          { return command("PONG", context) }

// property is one of a READY's.
func property(name, value string) []byte { return raw(len(name), name, u32(uint32(len(value))), value) }

// ready is a READY command of the given properties, names and values by turns, after Socket-Type.
func ready(socketType string, properties ...string) []byte {
	b := property("Socket-Type", socketType)
	for i := 0; i < len(properties); i += 2 {
		b = append(b, property(properties[i], properties[i+1])...)
	}
	return command("READY", b)
}

// signature is the first ten bytes of every greeting, as libzmq sends them without an identity.
var signature = raw(0xFF, zeros(7), 1, 0x7F)

// greetingOf is a greeting of 64 bytes.
func greetingOf(major, minor int, mechanism string) []byte {
	return raw(signature, major, minor, mechanism, zeros(20-len(mechanism)), 0, zeros(31))
}

// greeting is what we send, and what an honest peer of today does.
var greeting = greetingOf(3, 1, "NULL")
