package live

import (
	"slices"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// Whoever comes back, with its session or as one that knows of none, asks again before it
// gets anything of the console: only client rooms are remembered.
func TestConsoleIsNotRemembered(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 100)
	for _, withPID := range []bool{true, false} {
		c := n.client("websocket", "1 7 Master", "")
		watches(t, c, "true")
		if err := c.Emit(t.Context(), "join_client_room", `{"dni":"12345678"}`); err != nil {
			t.Fatal(err)
		}
		barrier(t, c)
		if got := n.engine.Members(events.RoomConsole); got != 1 {
			t.Fatalf("%d watch", got)
		}
		c.Reset()
		n.gone()
		auth := ""
		if withPID {
			auth = authOf(c.PID, "")
		}
		back := n.client("websocket", "1 7 Master", auth)
		state, _ := n.engine.SocketState(back.SID)
		if withPID != (back.SID == c.SID) || !slices.Contains(state.Rooms, events.RoomClient("12345678")) {
			t.Errorf("by pid %v: it did not go on: in %v", withPID, state.Rooms)
		}
		if n.engine.Members(events.RoomConsole) != 0 || slices.Contains(state.Rooms, events.RoomConsole) {
			t.Errorf("by pid %v: it watches still", withPID)
		}
		watches(t, back, "true")
		if n.engine.Members(events.RoomConsole) != 1 {
			t.Errorf("by pid %v: it may not watch again", withPID)
		}
		back.Send(t.Context(), "41")
		back.Close()
		n.gone()
	}
}
