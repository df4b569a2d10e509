package events_test

import (
	"os"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
)

// The types of the admin page are the table's, to the byte.
func TestTypeScript(t *testing.T) {
	const file = "../web/src/generated/events.ts"
	want := events.TypeScript()
	text, err := os.ReadFile(file)
	if err == nil && string(text) == want {
		return
	}
	if !*update {
		t.Fatalf("%s is not the table's (%v); run make generate", file, err)
	}
	if err := os.MkdirAll("../web/src/generated", 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
		t.Fatal(err)
	}
}

// Every name has its payloads, every payload is an interface, and there is one row for
// each of the table.
func TestTypeScriptHasTheTable(t *testing.T) {
	text := events.TypeScript()
	for _, row := range events.All() {
		if !strings.Contains(text, "\n  "+row.Name+": ") || !strings.Contains(text, `doc: "`+row.Doc+`"`) {
			t.Errorf("%s is missing", row.Name)
		}
	}
	for _, in := range events.AllInbound() {
		if !strings.Contains(text, "\n  "+in.Name+": ") {
			t.Errorf("what clients may send lacks %s", in.Name)
		}
	}
	for _, want := range []string{
		"  operacion_actualizada: OperationUpdated | OperationForClient;\n",
		"  old_status: string | null;\n",
		"  /** Private. */\n  client_name: string | null;\n",
		`  type: "info" | "success" | "warning" | "error";` + "\n",
		"  amount_usd: number;\n",
		"  payload: unknown;\n",
		"  ended: Readonly<Record<string, number>>;\n",
		"  events: readonly FeedEvent[];\n",
		"  console_watch: boolean;\n",
		"  join_client_room: { dni: string };\n",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
}
