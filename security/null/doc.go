// Package null is the NULL security mechanism (RFC 23, "The NULL Security Mechanism"): no authentication and no
// confidentiality. Each side sends READY with its metadata at once, without waiting for the other's.
//
//	C: 04 size 05 "READY" metadata      S: 04 size 05 "READY" metadata
package null
