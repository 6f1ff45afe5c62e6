package lint

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// conformancePage says which of our tests prove what the tests of libzmq prove, what malformed input leads to, and which
// test would catch each trap.
const (
	conformancePage = "docs/conformance.md"
	traps           = 20
)

func TestConformancePageNamesTests(t *testing.T) {
	root, err := moduleRoot()
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(conformancePage)))
	require.NoError(t, err)
	var numbers []string
	for i := range traps {
		numbers = append(numbers, strconv.Itoa(i+1))
	}
	report(t, conformanceRows(proofsOf(thisModule(t)), string(page), lines(numbers)))
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

// conformanceRows lists the rows that name no test, or one that there is not; lines that have no row, or two; rows that
// are about no line; and rows without a result. Only a row that says what is not there may be without a test, and only
// for as long as that is so.
func conformanceRows(all proofs, page string, lines []string) (found []string) {
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
			switch {
			case seen[name]:
				say("has two rows for %s", name)
			case !slices.Contains(lines, name):
				say("has a row for %s, which is not asked for", name)
			}
			seen[name] = true
		}
		what, notThere := strings.CutPrefix(row.result, "not there: ")
		what, _, _ = strings.Cut(what, ";")
		switch {
		case len(row.about) == 0:
			say("has a row that is about nothing: %s", strings.TrimSpace(line))
		case row.result == "":
			say("has no result for %v", row.about)
		case len(row.tests) == 0 && !notThere:
			say("names no test for %v", row.about)
		}
		if last, known := absent[what]; notThere && (!known || all.packages[last]) {
			say("says that %s is not there for %v, which is not so", what, row.about)
		}
		for _, test := range row.tests {
			if !all.has(test) {
				say("names %s for %v, which is no test", test, row.about)
			}
		}
	}
	for _, line := range lines {
		if !seen[line] {
			say("has no row for %s", line)
		}
	}
	return found
}

// proofs are what a row may name, and the last elements of the paths of all packages.
type proofs struct {
	tests    map[string]bool            // and fuzz tests, as "socket.FuzzDecoder"
	literals map[string]map[string]bool // the strings in the tests of each folder: the names of cases are among them
	packages map[string]bool
}

// has tells whether there is a test of the name, and the case of it behind a slash, if there is one.
func (all proofs) has(name string) bool {
	folder, rest, _ := strings.Cut(name, ".")
	test, of, sub := strings.Cut(rest, "/")
	return all.tests[folder+"."+test] && (!sub || all.literals[folder][of])
}

func proofsOf(files []*source) proofs {
	all := proofs{tests: testNames(files), literals: map[string]map[string]bool{}, packages: map[string]bool{}}
	for f, fn := range functions(files) {
		if f.isTest() && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Fuzz") {
			all.tests[f.folder()+"."+fn.Name.Name] = true
		}
	}
	for _, f := range files {
		all.packages[path.Base(f.folder())] = true
		if !f.isTest() {
			continue
		}
		if all.literals[f.folder()] == nil {
			all.literals[f.folder()] = map[string]bool{}
		}
		for n := range ast.Preorder(f.tree) {
			if lit, ok := n.(*ast.BasicLit); ok && lit.Kind == token.STRING {
				s, _ := strconv.Unquote(lit.Value) // it was parsed, so it can be
				all.literals[f.folder()][s] = true
			}
		}
	}
	return all
}

func TestConformanceRows(t *testing.T) {
	files := writeModule(t, map[string]string{
		"socket/x_test.go": "package socket\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { t.Run(\"one case\", nil) }\n" +
			"func FuzzB(f *testing.F) {}\nfunc helper() {}\n",
		"socket/x.go":           "package socket\n\nfunc TestC() {}\n",
		"security/plain/doc.go": "package plain\n",
	})
	all := proofsOf(files)
	require.Equal(t, map[string]bool{"socket.TestA": true, "socket.FuzzB": true}, all.tests)
	const head = "| libzmq | proves | tests | result |\n| --- | --- | --- | --- |\n"
	row := func(about, tests, result string) string {
		return fmt.Sprintf("| %s | x | %s | %s |\n", about, tests, result)
	}
	trap, good := row("1", "`socket.TestA`", "as libzmq"), row("`a`, `b`", "`socket.TestA`, `socket.FuzzB`", "as libzmq")
	for name, tc := range map[string]struct {
		page string
		want []string
	}{
		"good":      {head + good + trap, nil},
		"case":      {row("`a`, `b`", "`socket.TestA/one case`", "as libzmq") + trap, nil},
		"not there": {row("`a`, `b`", "–", "not there: CURVE") + trap, nil},
		"in part":   {row("`a`, `b`", "`socket.TestA`", "not there: ZAP; the rest is") + trap, nil},
		"no test":   {row("`a`, `b`", "–", "as libzmq") + trap, []string{"names no test for [a b]"}},
		"excuse": {
			row("`a`, `b`", "–", "not there: time") + trap,
			[]string{"says that time is not there for [a b], which is not so"},
		},
		"stale": {
			row("`a`, `b`", "–", "not there: PLAIN") + trap,
			[]string{"says that PLAIN is not there for [a b], which is not so"},
		},
		"wrong test": {
			row("`a`, `b`", "`socket.TestA`, `socket.TestC`", "y") + trap,
			[]string{"names socket.TestC for [a b], which is no test"},
		},
		"wrong case": {
			row("`a`, `b`", "`socket.TestA/another case`", "y") + trap,
			[]string{"names socket.TestA/another case for [a b], which is no test"},
		},
		"twice":     {good + trap + trap, []string{"has two rows for 1"}},
		"no result": {row("`a`, `b`", "`socket.TestA`", "") + trap, []string{"has no result for [a b]"}},
		"no row":    {row("`a`", "`socket.TestA`", "y") + trap, []string{"has no row for b"}},
		"no trap":   {head + good, []string{"has no row for 1"}},
		"unasked":   {good + trap + row("`c`", "`socket.TestA`", "y"), []string{"has a row for c, which is not asked for"}},
		"nothing": {
			good + trap + row("a", "`socket.TestA`", "y"),
			[]string{"has a row that is about nothing: | a | x | `socket.TestA` | y |"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, w := range tc.want {
				want = append(want, conformancePage+" "+w)
			}
			require.Equal(t, want, slices.Clip(conformanceRows(all, tc.page, []string{"a", "b", "1"})))
		})
	}
}
