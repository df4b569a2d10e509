package schema_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/relevo/relevo/schema"
)

type amount struct{}

func (amount) JSONSchema() map[string]any { return map[string]any{"type": "number"} }

type inner struct {
	A int64 `json:"a"`
}

type whole struct {
	inner
	Name   *string         `json:"name"`
	Amount amount          `json:"amount"`
	When   time.Time       `json:"when"`
	Raw    json.RawMessage `json:"raw,omitempty"`
	Maybe  *amount         `json:"maybe,omitempty"`
	Parts  []partJSON      `json:"parts"`
	One    *partJSON       `json:"one"`
	Hidden string          `json:"-"`
	*extra
}

type partJSON struct {
	On bool `json:"on"`
}

type extra struct {
	More map[string]float64 `json:"more"`
}

func TestReflector(t *testing.T) {
	r := schema.NewReflector("#/c/")
	for name, c := range map[string]struct {
		of   any
		want string
	}{
		"struct": {whole{}, `{"$ref":"#/c/Whole"}`},
		"keys": {schema.Keys{"ok": schema.Const(true), "n": schema.Optional{Of: 0}, "parts": schema.List{Of: partJSON{}}},
			`{"properties":{"n":{"type":"integer"},"ok":{"const":true},"parts":{"items":{"$ref":"#/c/Part"},"type":"array"}},"required":["ok","parts"],"type":"object"}`},
		"anonymous": {struct {
			Kind schema.Schema `json:"kind"`
		}{}, `{"properties":{"kind":{"additionalProperties":{},"type":"object"}},"required":["kind"],"type":"object"}`},
		"nothing": {nil, `{"type":"null"}`},
		"enum":    {schema.Text("a", "b"), `{"enum":["a","b"],"type":"string"}`},
	} {
		if got, _ := json.Marshal(r.Of(c.of)); string(got) != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
	const want = `{"Part":{"properties":{"on":{"type":"boolean"}},"required":["on"],"type":"object"},` +
		`"Whole":{"properties":{"a":{"type":"integer"},"amount":{"type":"number"},"maybe":{"type":"number"},` +
		`"more":{"additionalProperties":{"type":"number"},"type":"object"},"name":{"type":["string","null"]},` +
		`"one":{"anyOf":[{"$ref":"#/c/Part"},{"type":"null"}]},"parts":{"items":{"$ref":"#/c/Part"},"type":"array"},` +
		`"raw":{},"when":{"format":"date-time","type":"string"}},"required":["a","amount","name","one","parts","when"],"type":"object"}}`
	if got, _ := json.Marshal(r.Components); string(got) != want {
		t.Errorf("components\n%s\nwant\n%s", got, want)
	}
}

func TestReflectorRefuses(t *testing.T) {
	type Part struct{ X int }
	for name, v := range map[string]any{"a function": func() {}, "a second Part": Part{}} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			r := schema.NewReflector("")
			r.Of(partJSON{})
			r.Of(v)
		})
	}
}
