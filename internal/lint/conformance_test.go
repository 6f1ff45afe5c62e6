package lint

import (
	"fmt"
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conformancePage says which of our tests prove what the tests of libzmq prove, and which would catch each trap.
const (
	conformancePage = "docs/conformance.md"
	traps           = 20
)

func TestConformancePageNamesTests(t *testing.T) {
	root, err := moduleRoot()
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(conformancePage)))
	require.NoError(t, err)
	report(t, conformanceRows(provingNames(thisModule(t)), string(page), traps))
}

// conformanceRow is a row of four cells: what it is about, what is right, our tests, the result.
type conformanceRow struct {
	about, tests []string
	result       string
}

var inTicks = regexp.MustCompile("`([^`]+)`")

func readConformanceRow(line string) (row conformanceRow, ok bool) {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	if len(cells) != 4 || strings.Contains(cells[0], "---") {
		return row, false
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	if cells[2] == "tests" {
		return row, false // the heading
	}
	row.about, row.tests, row.result = ticked(cells[0]), ticked(cells[2]), cells[3]
	if _, err := strconv.Atoi(cells[0]); err == nil {
		row.about = []string{cells[0]}
	}
	return row, true
}

func ticked(cell string) (names []string) {
	for _, m := range inTicks.FindAllStringSubmatch(cell, -1) {
		names = append(names, m[1])
	}
	return names
}

// conformanceRows lists the rows that name no test, or one that there is not; what has no row, or two; and rows without
// a result. Only a row that says so may be without a test.
func conformanceRows(tests map[string]bool, page string, traps int) (found []string) {
	seen := map[string]bool{}
	say := func(format string, args ...any) {
		found = append(found, conformancePage+" "+fmt.Sprintf(format, args...))
	}
	for line := range strings.Lines(page) {
		row, ok := readConformanceRow(line)
		if !ok {
			continue
		}
		for _, name := range row.about {
			if seen[name] {
				say("has two rows for %s", name)
			}
			seen[name] = true
		}
		switch {
		case len(row.about) == 0:
			say("has a row that is about nothing: %s", strings.TrimSpace(line))
		case row.result == "":
			say("has no result for %v", row.about)
		case len(row.tests) == 0 && !strings.HasPrefix(row.result, "not there"):
			say("names no test for %v", row.about)
		}
		for _, test := range row.tests {
			if !tests[test] {
				say("names %s for %v, which is no test", test, row.about)
			}
		}
	}
	for i := range traps {
		if trap := strconv.Itoa(i + 1); !seen[trap] {
			say("has no row for trap %s", trap)
		}
	}
	return found
}

// provingNames are the tests and the fuzz tests of all packages, as "socket.FuzzDecoder".
func provingNames(files []*source) map[string]bool {
	found := testNames(files)
	for f, fn := range functions(files) {
		if f.isTest() && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Fuzz") {
			found[f.folder()+"."+fn.Name.Name] = true
		}
	}
	return found
}

func TestConformanceRows(t *testing.T) {
	tests := provingNames([]*source{
		{path: "socket/x_test.go", tree: fileOf("TestA", "FuzzB", "helper")}, {path: "socket/x.go", tree: fileOf("TestC")},
	})
	require.Equal(t, map[string]bool{"socket.TestA": true, "socket.FuzzB": true}, tests)
	const head = "| libzmq | proves | tests | result |\n| --- | --- | --- | --- |\n"
	trap := "| 1 | right | `socket.TestA` | as libzmq |\n"
	for name, tc := range map[string]struct {
		page string
		want []string
	}{
		"good":      {head + "| `a`, `b` | x | `socket.TestA`, `socket.FuzzB` | as libzmq |\n" + trap, nil},
		"not there": {head + "| `a` | x | – | not there: CURVE |\n" + trap, nil},
		"no test":   {head + "| `a` | x | – | as libzmq |\n" + trap, []string{"names no test for [a]"}},
		"wrong test": {
			head + "| `a` | x | `socket.TestA`, `socket.TestC` | y |\n" + trap,
			[]string{"names socket.TestC for [a], which is no test"},
		},
		"twice":     {head + trap + trap, []string{"has two rows for 1"}},
		"no result": {"| `a` | x | `socket.TestA` | |\n" + trap, []string{"has no result for [a]"}},
		"no trap":   {head, []string{"has no row for trap 1"}},
		"nothing":   {"| a | x | `socket.TestA` | y |\n" + trap, []string{"has a row that is about nothing: | a | x | `socket.TestA` | y |"}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, w := range tc.want {
				want = append(want, conformancePage+" "+w)
			}
			require.Equal(t, want, slices.Clip(conformanceRows(tests, tc.page, 1)))
		})
	}
}

// fileOf is a file of functions.
func fileOf(names ...string) *ast.File {
	f := &ast.File{Name: ast.NewIdent("x")}
	for _, name := range names {
		f.Decls = append(f.Decls, &ast.FuncDecl{Name: ast.NewIdent(name)})
	}
	return f
}
