package lint

import (
	"fmt"
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// optionsPage says of each option what it is called in libzmq, and which test shows it.
const optionsPage = "docs/options.md"

func TestEveryOptionHasARow(t *testing.T) {
	root, err := moduleRoot()
	require.NoError(t, err)
	page, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(optionsPage)))
	require.NoError(t, err)
	report(t, optionRows(thisModule(t), string(page)))
}

// optionRows compares the options that the packages export with the rows of the page, and the tests that the rows name
// with those that there are.
func optionRows(files []*source, page string) []string {
	options, tests := exportedOptions(files), testNames(files)
	rows := map[string]bool{}
	var found []string
	for line := range strings.Lines(page) {
		names, test, ok := optionRow(line)
		if !ok {
			continue
		}
		for _, name := range names {
			rows[name] = true
			if !options[name] {
				found = append(found, fmt.Sprintf("%s has a row for %s, which is no option", optionsPage, name))
			}
		}
		if !tests[test] {
			found = append(found, fmt.Sprintf("%s names %q for %v, which is no test", optionsPage, test, names))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(options)) {
		if !rows[name] {
			found = append(found, fmt.Sprintf("%s has no row for %s", optionsPage, name))
		}
	}
	return found
}

var (
	optionName = regexp.MustCompile("`([a-z]+\\.With\\w+)`")
	quoted     = regexp.MustCompile("^`([^`]+)`$")
)

// optionRow reads a row of five cells: libzmq, ringmq, default, values, test.
func optionRow(line string) (names []string, test string, ok bool) {
	cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
	if len(cells) != 5 {
		return nil, "", false
	}
	for _, m := range optionName.FindAllStringSubmatch(cells[1], -1) {
		names = append(names, m[1])
	}
	if m := quoted.FindStringSubmatch(strings.TrimSpace(cells[4])); m != nil {
		test = m[1]
	}
	return names, test, len(names) > 0
}

// exportedOptions are the functions With… of all packages that return an option of a socket, as "socket.WithLinger".
func exportedOptions(files []*source) map[string]bool {
	found := map[string]bool{}
	for f, fn := range functions(files) {
		if !f.isTest() && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "With") && returnsOption(f, fn) {
			found[f.name()+"."+fn.Name.Name] = true
		}
	}
	return found
}

func returnsOption(f *source, fn *ast.FuncDecl) bool {
	if fn.Type.Results == nil || len(fn.Type.Results.List) != 1 {
		return false
	}
	switch r := fn.Type.Results.List[0].Type.(type) {
	case *ast.Ident:
		return r.Name == "Option" && f.name() == "socket"
	case *ast.SelectorExpr:
		return isSelector(r, localName(f, module+"/socket"), "Option")
	}
	return false
}

// testNames are the tests of all packages, as "internal/wiretest.TestPingFlood".
func testNames(files []*source) map[string]bool {
	found := map[string]bool{}
	for f, fn := range functions(files) {
		if f.isTest() && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Test") {
			found[f.folder()+"."+fn.Name.Name] = true
		}
	}
	return found
}

func functions(files []*source) func(func(*source, *ast.FuncDecl) bool) {
	return func(yield func(*source, *ast.FuncDecl) bool) {
		for _, f := range files {
			for _, d := range f.tree.Decls {
				if fn, ok := d.(*ast.FuncDecl); ok && !yield(f, fn) {
					return
				}
			}
		}
	}
}

func TestOptionRows(t *testing.T) {
	files := writeModule(t, map[string]string{
		"socket/options.go": "package socket\n\ntype Option struct{}\n\n" +
			"func WithA() Option { return Option{} }\nfunc WithB(n int) Option { return Option{} }\n",
		"socket/options_test.go": "package socket\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) {}\n",
		"spool/spool.go":         "package spool\n\ntype Option struct{}\n\nfunc WithC() Option { return Option{} }\n",
	})
	const row = "| `ZMQ_A` | %s | 0 | any | %s |\n"
	a, b := fmt.Sprintf(row, "`socket.WithA`", "`socket.TestA`"), fmt.Sprintf(row, "`socket.WithB`", "`socket.TestA`")
	for name, tc := range map[string]struct {
		page string
		want []string
	}{
		"complete":   {a + b, nil},
		"both":       {fmt.Sprintf(row, "`socket.WithA`, `socket.WithB`", "`socket.TestA`"), nil},
		"no row":     {a, []string{"docs/options.md has no row for socket.WithB"}},
		"no test":    {a + fmt.Sprintf(row, "`socket.WithB`", "`socket.TestB`"), []string{`docs/options.md names "socket.TestB" for [socket.WithB], which is no test`}},
		"no option":  {a + b + fmt.Sprintf(row, "`spool.WithC`", "`socket.TestA`"), []string{"docs/options.md has a row for spool.WithC, which is no option"}},
		"not quoted": {a + fmt.Sprintf(row, "`socket.WithB`", ""), []string{`docs/options.md names "" for [socket.WithB], which is no test`}},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, tc.want, optionRows(files, tc.page))
		})
	}
}
