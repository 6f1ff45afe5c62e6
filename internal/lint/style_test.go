package lint

import (
	"fmt"
	"go/ast"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// maxLines is the length of a file that can still be read top-down; most are a quarter of it.
const maxLines = 600

// sleepAllowed lists the test files that may call time.Sleep, each with the reason why there is no event to wait for.
// A sleep inside synctest.Test needs no line here: it advances a fake clock and waits for nothing.
var sleepAllowed = map[string]string{}

func TestEveryPackageHasDoc(t *testing.T) {
	report(t, undocumented(thisModule(t)))
}

func TestFilesAreShort(t *testing.T) {
	report(t, tooLong(thisModule(t)))
}

func TestNoSleepInTests(t *testing.T) {
	report(t, sleeps(thisModule(t), sleepAllowed))
}

func TestAtomicsAreTyped(t *testing.T) {
	report(t, untypedAtomics(thisModule(t)))
}

func report(t *testing.T, findings []string) {
	t.Helper()
	for _, f := range findings {
		t.Error(f)
	}
}

// undocumented lists the packages without a doc.go that begins with a package comment.
func undocumented(files []*source) []string {
	docs := map[string]string{}
	for _, f := range files {
		docs[f.folder()] += "" // seen
		if path.Base(f.path) == "doc.go" && isPackageComment(f) {
			docs[f.folder()] = f.path
		}
	}
	var found []string
	for _, folder := range slices.Sorted(maps.Keys(docs)) {
		if docs[folder] == "" {
			found = append(found, fmt.Sprintf("package %s has no doc.go with a package comment", folder))
		}
	}
	return found
}

// isPackageComment reports whether the file's comment begins as godoc wants it: "Package name " for a library. A
// program's may begin in any way.
func isPackageComment(f *source) bool {
	text := f.tree.Doc.Text()
	if f.name() == "main" {
		return text != ""
	}
	return strings.HasPrefix(text, "Package "+f.name()+" ")
}

func tooLong(files []*source) []string {
	var found []string
	for _, f := range files {
		if !f.isTest() && f.lines > maxLines {
			found = append(found, fmt.Sprintf("%s has %d lines: split it, %d is the most", f.path, f.lines, maxLines))
		}
	}
	return found
}

// sleeps lists the calls of time.Sleep in tests outside the allowed files, and the allowed files that have none.
func sleeps(files []*source, allowed map[string]string) []string {
	var found []string
	unused := maps.Clone(allowed)
	for _, f := range files {
		if !f.isTest() {
			continue
		}
		for _, s := range selections(f, "time", "Sleep") {
			if _, ok := allowed[f.path]; ok {
				delete(unused, f.path)
				continue
			}
			found = append(found, f.at(s)+": time.Sleep in a test: wait for an event, or run it in synctest.Test")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unused)) {
		found = append(found, name+" does not sleep: take it off the list of files that may")
	}
	return found
}

// untypedAtomics lists the uses of the functions of sync/atomic in code that ships; its types are what we use, since
// they cannot be read or written by mistake without it, and are aligned on 32-bit systems.
func untypedAtomics(files []*source) []string {
	var found []string
	for _, f := range files {
		if f.isTest() {
			continue
		}
		for _, s := range selections(f, "sync/atomic", "Add", "And", "CompareAndSwap", "Load", "Or", "Store", "Swap") {
			found = append(found, fmt.Sprintf("%s: atomic.%s: use a type such as atomic.Int64", f.at(s), s.Sel.Name))
		}
	}
	return found
}

// selections lists the selectors on the package importPath whose name begins with one of the prefixes, outside the
// calls of synctest.Test.
func selections(f *source, importPath string, prefixes ...string) []*ast.SelectorExpr {
	pkg := localName(f, importPath)
	if pkg == "" {
		return nil
	}
	bubble := localName(f, "testing/synctest")
	var found []*ast.SelectorExpr
	ast.Inspect(f.tree, func(n ast.Node) bool {
		if call, ok := n.(*ast.CallExpr); ok && bubble != "" && isSelector(call.Fun, bubble, "Test") {
			return false
		}
		if s, ok := n.(*ast.SelectorExpr); ok && isSelector(s, pkg, prefixes...) {
			found = append(found, s)
		}
		return true
	})
	return found
}

func isSelector(n ast.Expr, pkg string, prefixes ...string) bool {
	s, ok := n.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	x, ok := s.X.(*ast.Ident)
	return ok && x.Name == pkg && slices.ContainsFunc(prefixes, func(p string) bool {
		return strings.HasPrefix(s.Sel.Name, p)
	})
}

// localName is the name that the file has for an import, or "" if it does not import it.
func localName(f *source, importPath string) string {
	for _, spec := range f.tree.Imports {
		if spec.Path.Value != strconv.Quote(importPath) {
			continue
		}
		if spec.Name != nil {
			return spec.Name.Name
		}
		return path.Base(importPath)
	}
	return ""
}

func TestUndocumented(t *testing.T) {
	files := writeModule(t, map[string]string{
		"good/doc.go":      "// Package good is.\npackage good\n",
		"good/x.go":        "package good\n",
		"cmd/tool/doc.go":  "// Tool does.\npackage main\n",
		"nodoc/x.go":       "// Package nodoc is.\npackage nodoc\n",
		"empty/doc.go":     "package empty\n",
		"cmd/empty/doc.go": "package main\n",
		"wrong/doc.go":     "// Package other is.\npackage wrong\n",
		"apart/doc.go":     "// Package apart is.\n\npackage apart\n",
		"tests/x_test.go":  "package tests_test\n",
	})
	var want []string
	for _, folder := range []string{"apart", "cmd/empty", "empty", "nodoc", "tests", "wrong"} {
		want = append(want, fmt.Sprintf("package %s has no doc.go with a package comment", folder))
	}
	require.Equal(t, want, undocumented(files))
}

func TestTooLong(t *testing.T) {
	lines := func(n int) string { return "package x\n" + strings.Repeat("\n", n-1) }
	files := writeModule(t, map[string]string{
		"x/most.go":      lines(maxLines),
		"x/long.go":      lines(maxLines + 1),
		"x/long_test.go": lines(maxLines + 1),
	})
	require.Equal(t, []string{"x/long.go has 601 lines: split it, 600 is the most"}, tooLong(files))
}

func TestSleeps(t *testing.T) {
	const sleep = "package x\nimport \"time\"\nfunc f() { time.Sleep(1) }\n"
	const inBubble = `package x
import ("testing"; "testing/synctest"; clock "time")
func f(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { clock.Sleep(1) })
	clock.Sleep(1)
}
`
	files := writeModule(t, map[string]string{
		"x/code.go":         sleep,
		"x/sleeps_test.go":  sleep,
		"x/may_test.go":     sleep,
		"x/bubble_test.go":  inBubble,
		"x/passed_test.go":  "package x\nimport \"time\"\nvar pause = time.Sleep\n",
		"x/without_test.go": "package x\nimport \"time\"\nvar now = time.Now\n",
	})
	const finding = ": time.Sleep in a test: wait for an event, or run it in synctest.Test"
	require.Equal(t, []string{
		"x/bubble_test.go:5" + finding,
		"x/passed_test.go:3" + finding,
		"x/sleeps_test.go:3" + finding,
		"x/without_test.go does not sleep: take it off the list of files that may",
	}, sleeps(files, map[string]string{"x/may_test.go": "a reason", "x/without_test.go": "a reason"}))
}

func TestUntypedAtomics(t *testing.T) {
	const head = "package x\nimport \"sync/atomic\"\n"
	files := writeModule(t, map[string]string{
		"x/typed.go":     head + "var n atomic.Int64\nvar v atomic.Value\nvar p atomic.Pointer[int]\nvar x = n.Add(1)\n",
		"x/untyped.go":   head + "var n int64\nvar a = atomic.AddInt64(&n, 1)\nvar b = atomic.LoadInt64(&n)\n",
		"x/x_test.go":    head + "var t int64\nvar u = atomic.AddInt64(&t, 1)\n",
		"x/other_pkg.go": "package x\nimport atomic \"example.com/atomic\"\nvar c = atomic.AddInt64()\n",
	})
	require.Equal(t, []string{
		"x/untyped.go:4: atomic.AddInt64: use a type such as atomic.Int64",
		"x/untyped.go:5: atomic.LoadInt64: use a type such as atomic.Int64",
	}, untypedAtomics(files))
}
