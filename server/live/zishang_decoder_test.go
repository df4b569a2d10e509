package live

import (
	"errors"
	"testing"
)

func FuzzDecodeEvent(f *testing.F) {
	for _, seed := range []string{"", "[]", `["x"]`, `12["x",{}]`, "[null]", `["connect"]`, `99999999999999999999["x"]`, `[["x"]]`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		event, err := decodeEvent(data)
		if err != nil && !errors.Is(err, errPacket) {
			t.Errorf("error of another kind: %v", err)
		}
		if err == nil && event.name == "connect" {
			t.Error("a reserved name passed")
		}
	})
}
