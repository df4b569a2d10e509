package live

import (
	"encoding/json"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// consoleWatch puts the socket into the console's room (true) or takes it out (false).
// Whoever may not watch is not told why nothing comes.
func (h *Hub) consoleWatch(s Socket, arg json.RawMessage) {
	var on *bool
	if json.Unmarshal(arg, &on) != nil || on == nil {
		return
	}
	if !*on {
		s.Leave(events.RoomConsole)
		return
	}
	if !h.config.Console(h.watcher(s)) {
		h.config.Counters.JoinRefusal()
		return
	}
	s.Join(events.RoomConsole)
	// A change of role takes the socket out of the role's room and of this one at once:
	// either it comes after the join, or the role is another here.
	if !h.config.Console(h.watcher(s)) {
		s.Leave(events.RoomConsole)
		h.config.Counters.JoinRefusal()
		return
	}
	h.config.Watched()
}

// watcher is who the socket speaks for, with the role as it is now.
func (h *Hub) watcher(s Socket) middleware.Identity {
	id := h.speaker(s)
	if !id.Anonymous() {
		id.Role = s.Role()
	}
	return id
}
