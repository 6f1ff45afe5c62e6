package lint

import (
	"fmt"
	"go/ast"
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// opening are the packages whose users open sockets, or descriptors of another kind.
var opening = []string{"socket", "pattern/...", "transport/...", "net", "golang.org/x/sys/unix"}

// leakPackage has the TestMain for all packages; it tests itself.
const leakPackage = "internal/leak"

func TestLeaksAreLookedFor(t *testing.T) {
	report(t, unwatched(thisModule(t)))
}

// unwatched lists the packages with tests that open sockets and no TestMain that looks for what they leave behind. The
// tests open what the package itself does, too.
func unwatched(files []*source) []string {
	tested, opens, watched := map[string]bool{}, map[string]string{}, map[string]bool{}
	for _, f := range files {
		folder := f.folder()
		tested[folder] = tested[folder] || f.isTest()
		watched[folder] = watched[folder] || watchesForLeaks(f)
		if what := opened(f); what != "" {
			opens[folder] = what
		}
	}
	var found []string
	for _, folder := range slices.Sorted(maps.Keys(opens)) {
		if tested[folder] && !watched[folder] && folder != leakPackage {
			found = append(found, fmt.Sprintf("package %s opens what %s has, and its tests have no TestMain with leak.Main",
				folder, opens[folder]))
		}
	}
	return found
}

// opened names a package by which the file opens something, or is "". What is imported for its name alone opens nothing.
func opened(f *source) string {
	if matchesAny(opening, f.folder()) {
		return f.folder()
	}
	for _, spec := range f.tree.Imports {
		if spec.Name != nil && spec.Name.Name == "_" {
			continue
		}
		if p := imported(spec); matchesAny(opening, p) {
			return p
		}
	}
	return ""
}

// watchesForLeaks reports whether the file has a TestMain that calls leak.Main.
func watchesForLeaks(f *source) bool {
	leak := localName(f, module+"/"+leakPackage)
	for _, d := range f.tree.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if !f.isTest() || !ok || leak == "" || fn.Recv != nil || fn.Name.Name != "TestMain" || fn.Body == nil {
			continue
		}
		for n := range ast.Preorder(fn.Body) {
			if call, ok := n.(*ast.CallExpr); ok && isSelector(call.Fun, leak, "Main") {
				return true
			}
		}
	}
	return false
}

func TestUnwatched(t *testing.T) {
	const imports = "import \"" + module + "/pattern/pubsub\"\nvar _ = pubsub.NewPub\n"
	const main = "import \"" + module + "/internal/leak\"\nfunc TestMain(m *testing.M) { leak.Main(m) }\n"
	files := writeModule(t, map[string]string{
		"bare/x_test.go":            "package bare_test\n" + imports,
		"code/x.go":                 "package code\n" + imports,
		"code/x_test.go":            "package code\n",
		"untested/x.go":             "package untested\n" + imports,
		"good/x_test.go":            "package good_test\n" + imports,
		"good/main_test.go":         "package good_test\n" + main,
		"prepared/main_test.go":     "package prepared\nimport rest \"" + module + "/internal/leak\"\nfunc TestMain(m *testing.M) {\n\tprepare()\n\trest.Main(m)\n}\n",
		"prepared/x_test.go":        "package prepared\n" + imports,
		"forgetful/main_test.go":    "package forgetful\nfunc TestMain(m *testing.M) { m.Run() }\n",
		"forgetful/x_test.go":       "package forgetful\nimport \"net\"\nvar _ net.Conn\n",
		"misplaced/x_test.go":       "package misplaced\nimport \"net\"\nvar _ net.Conn\n",
		"misplaced/main.go":         "package misplaced\n" + main,
		"pattern/pair/x_test.go":    "package pair\n",
		leakPackage + "/x_test.go":  "package leak\nimport \"net\"\nvar _ net.Conn\nfunc TestMain(m *testing.M) { Main(m) }\n",
		"names/x_test.go":           "package names\nimport _ \"" + module + "/transport/tcp\"\nimport \"net/netip\"\n",
		"internal/topics/x_test.go": "package topics\n",
	})
	const rest = " has, and its tests have no TestMain with leak.Main"
	require.Equal(t, []string{
		"package bare opens what pattern/pubsub" + rest,
		"package code opens what pattern/pubsub" + rest,
		"package forgetful opens what " + outside + "net" + rest,
		"package misplaced opens what " + outside + "net" + rest,
		"package pattern/pair opens what pattern/pair" + rest,
	}, unwatched(files))
}
