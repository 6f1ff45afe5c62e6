package codec_test

import (
	"testing"

	"github.com/ringmq/ringmq/codec"
	"github.com/ringmq/ringmq/internal/leak"
)

// Msgpack has a goroutine for each type of struct that is embedded by pointer, from when it first decodes one until the
// process ends; those of the tests are there before leaks are looked for.
func TestMain(m *testing.M) {
	v := numbers{Pointed: new(Pointed)}
	if msg, err := codec.Marshal("", &v); err == nil {
		_, _ = codec.Unmarshal(msg, new(numbers))
	}
	leak.Main(m)
}
