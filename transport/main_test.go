package transport_test

import (
	"testing"

	"github.com/ringmq/ringmq/internal/leak"
)

func TestMain(m *testing.M) { leak.Main(m) }
