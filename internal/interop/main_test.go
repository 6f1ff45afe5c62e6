package interop_test

import (
	"testing"

	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) {
	makePublishers()
	leak.Main(m)
}
