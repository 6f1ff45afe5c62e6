// Package lint holds the rules of this repository that are checked by tests; it has no code of its own.
//
//	layers_test.go       the table of layers: who may import whom
//	deps_test.go         imports point down
//	style_test.go        doc.go in each package, length of files, sleeps in tests, untyped atomics
//	leaks_test.go        packages whose tests open sockets look for leaks
//	options_test.go      docs/options.md has a row for every option
//	conformance_test.go  docs/conformance.md has a row for every line and names tests that there are; the lines are in
//	                     conformance_lines_test.go
//	source_test.go       how the source is read: all files of the module, whatever their build tags
//
// Each rule is a function over parsed files that returns what it found, so that it is itself tested on source that
// breaks it. A package that the table does not know fails the test; add it to the layer where it belongs.
package lint
