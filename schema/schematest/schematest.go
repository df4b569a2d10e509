// Package schematest checks documents and the data that they describe.
package schematest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// Document is a document whose schemas data can be held against. Objects are taken
// as closed: a key that the document does not name is a fault of the document. It is
// safe for concurrent use.
type Document struct {
	tree any

	mu       sync.Mutex
	compiler *jsonschema.Compiler
	compiled map[string]*jsonschema.Schema
}

const documentURL = "https://desk.example/document.json"

// Read takes a document as JSON text.
func Read(text []byte) (*Document, error) {
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	d := &Document{tree: tree, compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	d.compiler.AssertFormat()
	if err := d.compiler.AddResource(documentURL, closed(tree)); err != nil {
		return nil, fmt.Errorf("read document: %w", err)
	}
	return d, nil
}

// closed is a copy of a tree in which each object schema with properties forbids others.
func closed(tree any) any {
	switch node := tree.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, v := range node {
			if out[k] = v; k != "requestBody" { // what the server takes may have more keys
				out[k] = closed(v)
			}
		}
		_, hasProperties := node["properties"].(map[string]any)
		if _, open := node["additionalProperties"]; hasProperties && !open && node["type"] == "object" {
			out["additionalProperties"] = false
		}
		return out
	case []any:
		out := make([]any, len(node))
		for i, v := range node {
			out[i] = closed(v)
		}
		return out
	}
	return tree
}

// At is the part of the document under the keys; nil when there is none.
func (d *Document) At(keys ...string) any {
	node := d.tree
	for _, key := range keys {
		m, _ := node.(map[string]any)
		node = m[key]
	}
	return node
}

// Keys are the names under At(keys...).
func (d *Document) Keys(keys ...string) []string {
	var names []string
	m, _ := d.At(keys...).(map[string]any)
	for name := range maps.Keys(m) {
		names = append(names, name)
	}
	return names
}

// Check holds JSON text against the schema that stands under the keys.
func (d *Document) Check(data []byte, keys ...string) error {
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("not JSON: %w", err)
	}
	s, err := d.schema(keys)
	if err != nil {
		return err
	}
	return s.Validate(value)
}

var pointerEscape = strings.NewReplacer("~", "~0", "/", "~1")

func (d *Document) schema(keys []string) (*jsonschema.Schema, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	pointer := documentURL + "#"
	for _, key := range keys {
		pointer += "/" + strings.NewReplacer("{", "%7B", "}", "%7D", " ", "%20").Replace(pointerEscape.Replace(key))
	}
	if s := d.compiled[pointer]; s != nil {
		return s, nil
	}
	s, err := d.compiler.Compile(pointer)
	if err == nil {
		d.compiled[pointer] = s
	}
	return s, err
}

// Conforms tells how a JSON document breaks the JSON schema in a file; nil when it does not.
func Conforms(document []byte, schemaFile string) error {
	text, err := os.ReadFile(schemaFile)
	if err != nil {
		return err
	}
	tree, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return fmt.Errorf("read %s: %w", schemaFile, err)
	}
	d := &Document{compiler: jsonschema.NewCompiler(), compiled: map[string]*jsonschema.Schema{}}
	if err := d.compiler.AddResource(documentURL, tree); err != nil {
		return fmt.Errorf("read %s: %w", schemaFile, err)
	}
	return d.Check(document)
}

// Fresh holds a generated file to what it would be now, to the byte, or with rewrite
// writes it.
func Fresh(t *testing.T, file string, want []byte, rewrite bool) {
	t.Helper()
	have, err := os.ReadFile(file)
	if err == nil && bytes.Equal(have, want) {
		return
	}
	if !rewrite {
		t.Fatalf("%s is stale; run make generate", file)
	}
	if !json.Valid(want) {
		t.Fatalf("%s would not be JSON", file)
	}
	if err := os.WriteFile(file, want, 0o644); err != nil {
		t.Fatal(err)
	}
}
