package events

import (
	"fmt"
	"strings"
)

// Markdown renders the table for the README; a test holds the two equal.
func Markdown() string {
	var b strings.Builder
	b.WriteString("| Event | Payload | Audience | Class | When |\n| --- | --- | --- | --- | --- |\n")
	for _, r := range All() {
		audience := "`" + strings.Join(r.Audience.Rooms, "` `") + "`"
		if len(r.Audience.Except) > 0 {
			audience += " except `" + strings.Join(r.Audience.Except, "` `") + "`"
		}
		payload := "`{}`"
		if fields := r.PayloadFields(); len(fields) > 0 {
			payload = "`" + strings.Join(fields, "` `") + "`"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s |\n", r.Name, payload, audience, r.Class, r.Doc)
	}
	return b.String()
}
