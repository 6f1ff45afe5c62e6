package lint

import (
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDrawingHasEveryLayer: docs/architecture.md says that the table of layers is its drawing.
func TestDrawingHasEveryLayer(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "architecture.md"))
	require.NoError(t, err)
	blocks := strings.Split(string(page), "```")
	require.Greater(t, len(blocks), 1)
	names := strings.FieldsFunc(blocks[1], func(r rune) bool { return strings.ContainsRune(" /\n{},", r) })
	for _, row := range layers {
		for _, p := range row {
			if p.folder == "." || p.folder == "internal/..." {
				continue // drawn as "ringmq", and by some of its packages
			}
			require.Contains(t, names, path.Base(strings.TrimSuffix(p.folder, "/...")), p.folder)
		}
	}
}
