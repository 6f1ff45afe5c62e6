// Package sockstest is a SOCKS5 proxy (RFC 1928) for tests. It connects where it is asked to, by names of its own that
// nobody else can look up, with a user name and password (RFC 1929) if it is told to want them. It answers a byte at a
// time, so that a client that counts on whole answers is found out.
//
//	s := sockstest.Start(t, sockstest.Config{Hosts: map[string]string{"feed.invalid": "127.0.0.1"}})
//	push, err := pipeline.NewPush(socket.WithSOCKSProxy(s.Addr, "", ""))
package sockstest
