package e2e

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/relevo/relevo/models"
)

// One line of the log for each connection, when it ends, and none before: a desk of
// hundreds that come and go must not fill it.
func TestPushLogLines(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite)
	mark := len(e.log.lines())
	s := e.olga.push("?id_operador=7")
	_, mute := e.pushVisitor("nobody")
	s.hears(e.request())
	mute.mute()
	about := func() (lines []string) {
		for _, l := range e.log.entries(mark) {
			if strings.Contains(l.Msg, "push") || strings.Contains(l.raw, pushPath) {
				lines = append(lines, l.raw)
			}
		}
		return lines
	}
	if got := about(); len(got) != 0 {
		t.Errorf("lines of sockets that are open: %v", got)
	}
	_ = s.conn.CloseNow()
	_ = mute.conn.CloseNow()
	e.eventually("one line for each", func() error {
		if got := about(); len(got) != 2 {
			return fmt.Errorf("%v", got)
		}
		return nil
	})
	e.delivered()
	for _, line := range about() {
		var l map[string]any
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"reason", "seconds", "sent", "state"} {
			if _, ok := l[field]; !ok {
				t.Errorf("a line without %s: %s", field, line)
			}
		}
		for _, secret := range secrets {
			if strings.Contains(line, secret) {
				t.Errorf("the log has %q: %s", secret, line)
			}
		}
	}
	if got := about(); len(got) != 2 {
		t.Errorf("%d lines for two connections: %v", len(got), got)
	}
}
