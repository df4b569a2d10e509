package events_test

import (
	"flag"
	"os"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
)

var update = flag.Bool("update", false, "rewrite the event table of README.md")

// The README's table of events is the catalogue's, to the byte.
func TestReadme(t *testing.T) {
	const file, begin, end = "../README.md", "<!-- events:begin -->\n", "<!-- events:end -->"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	_, after, closed := strings.Cut(rest, end)
	if !found || !closed {
		t.Fatalf("%s lacks the marks %q and %q", file, begin, end)
	}
	want := before + begin + "\n" + events.Markdown() + "\n" + end + after
	if want == string(text) {
		return
	}
	if !*update {
		t.Fatal("the event table of README.md is not the catalogue's; run make generate")
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}
