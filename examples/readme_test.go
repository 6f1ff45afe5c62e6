package examples_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestReadmeProgram runs the program in README.md as a reader would. It is to have no more than 20 lines.
func TestReadmeProgram(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	require.NoError(t, err)
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllSubmatch(readme, -1)
	require.Len(t, blocks, 1)
	require.LessOrEqual(t, strings.Count(string(blocks[0][1]), "\n"), 20)
	file := filepath.Join(t.TempDir(), "main.go")
	require.NoError(t, os.WriteFile(file, blocks[0][1], 0o600))

	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute) // it may have to be compiled
	defer cancel()
	cmd := exec.CommandContext(ctx, "go", "run", file)
	cmd.Dir = ".."
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Equal(t, "hello\n", string(out))
	require.Contains(t, string(readme), "It prints `hello`.")
}

// TestReadmeLinks follows the links to files of this repository, from the readme and from docs/differences.md.
func TestReadmeLinks(t *testing.T) {
	for _, page := range []string{"README.md", "docs/differences.md"} {
		text, err := os.ReadFile(filepath.Join("..", page))
		require.NoError(t, err)
		text = regexp.MustCompile("(?s)```.*?```").ReplaceAll(text, nil)
		links := regexp.MustCompile(`\]\(([^)]+)\)`).FindAllSubmatch(text, -1)
		require.NotEmpty(t, links, page)
		for _, link := range links {
			target, _, _ := strings.Cut(string(link[1]), "#")
			_, err := os.Stat(filepath.Join("..", filepath.Dir(page), target))
			require.NoError(t, err, page)
		}
	}
}
