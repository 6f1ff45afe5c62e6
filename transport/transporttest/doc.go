// Package transporttest is the suite that every stream transport passes. A transport calls it in one line for each
// form that its addresses have:
//
//	transporttest.Run(t, "tcp", func(*testing.T) string { return "127.0.0.1:*" })
package transporttest
