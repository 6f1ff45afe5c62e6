// Package dnstest is a DNS server (RFC 1035) on the loopback interface, for tests: it knows the addresses that it was
// told and answers NXDOMAIN to all else. A resolver that asks it asks nobody else.
//
//	s := dnstest.Start(t)
//	s.Set("feed.test.", "127.0.0.1", "::1")
//	addrs, err := s.Resolver().LookupNetIP(ctx, "ip", "feed.test.")
package dnstest
