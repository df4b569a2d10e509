//go:build !race

package live

import "testing"

// The library has data races of its own, between a poll that is being answered and
// the closing of its session, which the race detector reports now and then and no
// wrapper can mend (docs/engine-zishang.md). make test runs this once without it.
func TestZishang(t *testing.T) {
	testEngine(t, func(_ *testing.T, h Handler, o Options) Engine { return NewZishang(h, o) })
}
