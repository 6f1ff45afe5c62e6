package lint

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the import path of the root.
const module = "github.com/ringmq/ringmq"

// source is one parsed Go file.
type source struct {
	path  string // slash-separated, from the module's root
	lines int
	fset  *token.FileSet
	tree  *ast.File
}

// folder is the package's place in the module; "." is the root.
func (s *source) folder() string { return path.Dir(s.path) }

// name is the package's name, without the suffix of an external test package.
func (s *source) name() string {
	if s.isTest() {
		return strings.TrimSuffix(s.tree.Name.Name, "_test")
	}
	return s.tree.Name.Name
}

func (s *source) isTest() bool { return strings.HasSuffix(s.path, "_test.go") }

// isExternalTest reports whether the file is of the package's external tests, "package x_test".
func (s *source) isExternalTest() bool { return s.isTest() && s.tree.Name.Name != s.name() }

// isExample reports whether the file shows the package in use, from outside, as a program has it.
func (s *source) isExample() bool {
	return s.isExternalTest() && strings.HasPrefix(path.Base(s.path), "example")
}

// at names the place of a node, as "folder/file.go:12".
func (s *source) at(n ast.Node) string {
	return fmt.Sprintf("%s:%d", s.path, s.fset.Position(n.Pos()).Line)
}

// imports are the import paths of the file; those of the module without the module's own path, "." for the root.
func (s *source) imports() []string {
	var paths []string
	for _, spec := range s.tree.Imports {
		paths = append(paths, imported(spec))
	}
	return paths
}

func imported(spec *ast.ImportSpec) string {
	p, _ := strconv.Unquote(spec.Path.Value) // the parser has checked it
	return fromRoot(p)
}

// outside marks import paths that are not of the module, so that "codec" is ours and "!net" is not.
const outside = "!"

func fromRoot(importPath string) string {
	if importPath == module {
		return "."
	}
	if inside, ok := strings.CutPrefix(importPath, module+"/"); ok {
		return inside
	}
	return outside + importPath
}

// readModule parses every Go file below root, whatever its build tags, except what the go command ignores too:
// testdata, vendor, folders that begin with a dot or an underscore, and modules inside the module.
func readModule(root string) ([]*source, error) {
	var files []*source
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name != root && isIgnored(name) {
				return fs.SkipDir
			}
			return nil
		}
		if filepath.Ext(name) != ".go" {
			return nil
		}
		f, err := readFile(root, name)
		files = append(files, f)
		return err
	})
	return files, err
}

func isIgnored(dir string) bool {
	base := filepath.Base(dir)
	if base == "testdata" || base == "vendor" || base[0] == '.' || base[0] == '_' {
		return true
	}
	_, err := os.Stat(filepath.Join(dir, "go.mod"))
	return err == nil
}

func readFile(root, name string) (*source, error) {
	rel, err := filepath.Rel(root, name)
	if err != nil {
		return nil, err
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	s := &source{path: filepath.ToSlash(rel), lines: strings.Count(string(text), "\n"), fset: token.NewFileSet()}
	s.tree, err = parser.ParseFile(s.fset, s.path, text, parser.ParseComments|parser.SkipObjectResolution)
	return s, err
}

// thisModule is the source of the module that this test is in.
func thisModule(t *testing.T) []*source {
	t.Helper()
	root, err := moduleRoot()
	require.NoError(t, err)
	files, err := readModule(root)
	require.NoError(t, err)
	return files
}

func moduleRoot() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("no go.mod in this folder or above it")
		}
		dir = parent
	}
}

// writeModule makes a module of the given files, by path, and reads it.
func writeModule(t *testing.T, texts map[string]string) []*source {
	t.Helper()
	root := t.TempDir()
	for name, text := range texts {
		file := filepath.Join(root, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o755))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	files, err := readModule(root)
	require.NoError(t, err)
	return files
}

func TestReadModule(t *testing.T) {
	files := writeModule(t, map[string]string{
		"go.mod":          "module m\n",
		"root.go":         "package m\n",
		"a/a.go":          "package a\n",
		"a/a_windows.go":  "package a\n",
		"a/a_tagged.go":   "//go:build never\n\npackage a\n",
		"a/b/b_test.go":   "package b_test\n",
		"a/testdata/x.go": "package x\n",
		".hidden/x.go":    "package x\n",
		"_old/x.go":       "package x\n",
		"vendor/x/x.go":   "package x\n",
		"other/go.mod":    "module other\n",
		"other/x.go":      "package x\n",
		"a/readme.md":     "no Go\n",
	})
	var paths []string
	for _, f := range files {
		paths = append(paths, f.path)
	}
	require.ElementsMatch(t, []string{"root.go", "a/a.go", "a/a_windows.go", "a/a_tagged.go", "a/b/b_test.go"}, paths)
}

func TestReadModuleRefusesWhatDoesNotParse(t *testing.T) {
	root := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "x.go"), []byte("package"), 0o600))
	_, err := readModule(root)
	require.ErrorContains(t, err, "x.go")
}

func TestThisModuleIsRead(t *testing.T) {
	folders := map[string]bool{}
	for _, f := range thisModule(t) {
		folders[f.folder()] = true
	}
	require.Subset(t, folders, map[string]bool{".": true, "internal/lint": true, "internal/leak": true})
}
