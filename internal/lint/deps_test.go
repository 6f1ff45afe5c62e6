package lint

import (
	"fmt"
	"go/ast"
	"path"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const seeDrawing = "; see docs/architecture.md and internal/lint/layers_test.go"

// TestImportsPointDown walks the imports of every file, whatever its build tags.
func TestImportsPointDown(t *testing.T) {
	for _, finding := range badImports(thisModule(t)) {
		t.Error(finding)
	}
}

// badImports lists the imports that the table of layers does not allow, and the packages that it does not know.
func badImports(files []*source) []string {
	var found []string
	unknown := map[string]bool{}
	for _, f := range files {
		from := f.folder()
		if _, _, ok := find(from); !ok && !isHelper(from) && !unknown[from] {
			unknown[from] = true
			found = append(found, fmt.Sprintf("package %s is in no layer", from)+seeDrawing)
			continue
		}
		for _, to := range f.imports() {
			if reason := forbidden(f, to); reason != "" {
				found = append(found, fmt.Sprintf("%s: package %s imports %s: %s",
					f.path, from, strings.TrimPrefix(to, outside), reason)+seeDrawing)
			}
		}
	}
	return found
}

// forbidden says why the file may not import to, or "" if it may.
func forbidden(f *source, to string) string {
	from := f.folder()
	if f.isExample() || from == to {
		return ""
	}
	if isHelper(from) {
		return forbiddenToHelpers(to)
	}
	row, place, ok := find(from)
	if !ok {
		return "" // said once for the package
	}
	if !f.isTest() && matchesAny(place.not, to) {
		return place.why
	}
	if strings.HasPrefix(to, outside) {
		return ""
	}
	if isHelper(to) {
		if f.isTest() || place.helpers {
			return ""
		}
		return "that package is for tests only"
	}
	if f.isExternalTest() && matchesAny(place.tests, to) {
		return ""
	}
	if reason := wrongWay(from, to, row, place); reason != "" {
		return reason
	}
	if !f.isTest() && place.only != nil && !matchesAny(place.only, to) && !ownInternal(from, to) {
		return place.why
	}
	return ""
}

// wrongWay compares the layers alone.
func wrongWay(from, to string, row int, place place) string {
	toRow, toPlace, ok := find(to)
	switch {
	case !ok:
		return "that package is in no layer"
	case toRow > row:
		return ""
	case toRow < row:
		return "arrow points up"
	case place.family && toPlace.folder == place.folder, ownInternal(from, to):
		return ""
	}
	return "arrow points sideways"
}

// forbiddenToHelpers: helpers import everything but the programs of the top layer.
func forbiddenToHelpers(to string) string {
	if row, _, ok := find(to); ok && row == 0 && !isHelper(to) {
		return "a test helper imports no program"
	}
	return ""
}

// find returns the row and the place of the most specific folder in the table that matches pkg.
func find(pkg string) (row int, best place, ok bool) {
	for i, l := range layers {
		for _, p := range l {
			if matches(p.folder, pkg) && (!ok || moreSpecific(p.folder, best.folder)) {
				row, best, ok = i, p, true
			}
		}
	}
	return row, best, ok
}

// matches reports whether pkg is folder, or below it if folder ends in "/...".
func matches(folder, pkg string) bool {
	if dir, ok := strings.CutSuffix(folder, "/..."); ok {
		return pkg == dir || strings.HasPrefix(pkg, dir+"/")
	}
	return folder == pkg
}

func moreSpecific(a, b string) bool {
	aTree, bTree := strings.HasSuffix(a, "/..."), strings.HasSuffix(b, "/...")
	if aTree != bTree {
		return bTree
	}
	return len(a) > len(b)
}

// matchesAny looks for a package of the module, or for one from outside, in a list that does not mark which is which:
// the names of the two do not meet.
func matchesAny(folders []string, pkg string) bool {
	for _, f := range folders {
		if matches(f, strings.TrimPrefix(pkg, outside)) {
			return true
		}
	}
	return false
}

// ownInternal reports whether to is in an internal folder that hangs below a folder that from is in, such as
// pattern/internal/x for pattern/pubsub. The internal folder of the root is everybody's, and has layers of its own.
func ownInternal(from, to string) bool {
	owner, _, ok := strings.Cut(to, "/internal/")
	return ok && (from == owner || strings.HasPrefix(from, owner+"/"))
}

func isHelper(pkg string) bool {
	for _, h := range helpers {
		if ok, _ := path.Match(h, pkg); ok {
			return true
		}
	}
	return false
}

func TestForbidden(t *testing.T) {
	const code, test = "x.go", "x_test.go"
	for _, c := range []struct {
		from, file, to string
		want           string // part of the reason; "" if allowed
	}{
		{"pattern/pubsub", code, "socket", ""},
		{"pattern/pubsub", code, "internal/topics", ""},
		{"socket", code, "pattern/pubsub", "points up"},
		{"socket", code, "transport/tcp", ""},
		{"transport/tcp", code, "transport", ""},
		{"transport", code, "transport/tcp", "points up"},
		{"transport/tcp", code, "transport/ipc", "sideways"},
		{"internal/session", code, "security/null", ""},
		{"security/null", code, "security", ""},
		{"security", code, "security/null", "points up"},
		{"security/null", code, "internal/zmtp", ""},
		{"internal/ioloop", code, "internal/ring", ""},
		{"internal/ioloop", code, "internal/session", "points up"},
		{"internal/outq", code, "internal/zmtp", ""},
		{"internal/outq", code, "internal/ioloop", "sideways"},
		{"internal/zmtp", code, ".", ""},
		{"internal/zmtp", code, "internal/ring", "sideways"},
		{".", code, "internal/zmtp", "points up"},
		{".", code, "codec", "points up"},

		{"codec", code, ".", ""},
		{"codec", code, "pattern/pubsub", "never sees a socket"},
		{"codec", test, "pattern/pubsub", ""},
		{"socket", code, "codec", "points up"},

		{"pattern/pubsub", code, "transport/tcp", "no file descriptors"},
		{"pattern/pubsub", code, "transport", "no file descriptors"},
		{"pattern/pubsub", test, "transport/tcp", ""},
		{"pattern/pubsub", code, outside + "net", "no file descriptors"},
		{"pattern/pubsub", code, outside + "net/netip", ""},
		{"transport/tcp", code, "internal/topics", "no subscription"},
		{"transport/tcp", code, outside + "net", ""},
		{"internal/zmtp", code, outside + "golang.org/x/sys/unix", "sans-IO"},
		{"internal/zmtp", test, outside + "os", ""},
		{"batching", code, outside + "time", ""},

		{"examples/marketdata/feed", code, "examples/marketdata/book", ""},
		{"examples/marketdata", code, "cmd/ringmq", "sideways"},
		{"cmd/ringmq", code, "spool", ""},
		{"pattern/pubsub", code, "pattern/pipeline", "sideways"},
		{"pattern/pubsub", code, "pattern/internal/fair", ""},
		{"pattern/internal/fair", code, "pattern/pubsub", "sideways"},
		{"internal/zmtp", code, "internal/zmtp/internal/x", ""},

		{"socket", code, "internal/leak", "tests only"},
		{"socket", test, "internal/leak", ""},
		{".", test, "internal/leak", ""},
		{"bench/pushpull", code, "internal/testpeer", ""},
		{"transport/tcp", test, "transport/transporttest", ""},
		{"internal/testpeer", code, "pattern/pubsub", ""},
		{"internal/testpeer", code, "internal/leak", ""},
		{"internal/testpeer", code, "cmd/ringmq", "no program"},
		{"socket", test, "pattern/pubsub", "points up"},
		{"socket", test, "socket", ""},

		{"socket", code, "unheardof", "no layer"},
		{"socket", code, outside + "unheardof", ""},
	} {
		t.Run(c.from+" "+c.file+" "+c.to, func(t *testing.T) {
			got := forbidden(&source{path: path.Join(c.from, c.file), tree: &ast.File{Name: ast.NewIdent("x")}}, c.to)
			if c.want == "" {
				require.Empty(t, got)
			} else {
				require.Contains(t, got, c.want)
			}
		})
	}
}

func TestBadImports(t *testing.T) {
	const imports = "import (\n\t\"" + module + "\"\n\t\"" + module + "/pattern/pubsub\"\n)\n"
	files := writeModule(t, map[string]string{
		"go.mod":                         "module " + module + "\n",
		"example_test.go":                "package ringmq_test\n" + imports,
		"inside_test.go":                 "package ringmq\n" + imports,
		"transport/x_test.go":            "package transport_test\nimport _ \"" + module + "/transport/tcp\"\n",
		"transport/y_test.go":            "package transport\nimport _ \"" + module + "/transport/tcp\"\n",
		"socket/x_windows.go":            "package socket\n" + imports,
		"pattern/pubsub/x.go":            "package pubsub\nimport _ \"" + module + "/socket\"\n",
		"pattern/pubsub/y_never_test.go": "//go:build never\n\npackage pubsub_test\n" + imports,
		"newcomer/x.go":                  "package newcomer\n",
		"newcomer/y.go":                  "package newcomer\n",
	})
	require.ElementsMatch(t, []string{
		"inside_test.go: package . imports pattern/pubsub: arrow points up" + seeDrawing,
		"transport/y_test.go: package transport imports transport/tcp: arrow points up" + seeDrawing,
		"socket/x_windows.go: package socket imports pattern/pubsub: arrow points up" + seeDrawing,
		"package newcomer is in no layer" + seeDrawing,
	}, badImports(files))
}
