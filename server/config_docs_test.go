package server

import (
	"flag"
	"os"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the files that derive from the code")

func TestConfigYAMLHoldsTheDefaults(t *testing.T) {
	const path = "../config.yaml"
	if *update {
		if err := os.WriteFile(path, []byte(DefaultYAML()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(raw) != DefaultYAML() {
		t.Error("config.yaml differs from the defaults; run make generate")
	}
	c, err := LoadConfig(Source{File: path})
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range c.Settings() {
		if !strings.HasPrefix(s.Origin, path+":") {
			t.Errorf("%s comes from %q, not from the file", s.Key, s.Origin)
		}
		if f := fieldByKey(configFields(c), s.Key); f.text() != f.Default {
			t.Errorf("%s is %q in the file, default %q", s.Key, f.text(), f.Default)
		}
	}
}

func TestReadmeConfigTable(t *testing.T) {
	const path, begin, end = "../README.md", "<!-- config:begin -->\n", "<!-- config:end -->"
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	head, rest, found := strings.Cut(string(raw), begin)
	old, tail, found2 := strings.Cut(rest, end)
	if !found || !found2 {
		t.Fatalf("%s lacks the markers of the configuration table", path)
	}
	if *update {
		if err := os.WriteFile(path, []byte(head+begin+ConfigTable()+end+tail), 0o644); err != nil {
			t.Fatal(err)
		}
	} else if old != ConfigTable() {
		t.Error("the configuration table of README.md is stale; run make generate")
	}
}
