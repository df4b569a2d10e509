package console

import (
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// What slots tell of other nodes and of runs that are over, and what nobody tells.
func TestExplainElsewhere(t *testing.T) {
	toldAs(t, map[string]storyCase{
		"another node, confirmed": {func(f *facts) { f.slot("there", 12, -60, 0, nil) }, "confirmed", "", "", "there", 0, "", 1, 1},
		"another node, waiting":   {func(f *facts) { f.slot("there", 9, -60, 0, nil) }, "waiting", "", "", "there", 0, "", 1, 0},
		"another node, away":      {func(f *facts) { f.slot("there", 9, -60, 5, nil) }, "away", "", "", "there", 5, "", 1, 0},
		"another node, dead, open": {func(f *facts) {
			f.slot("there", 9, -60, 0, func(s *slotFact) { s.alive, s.owed = false, at(3600) })
		}, "away", "", "", "there", 0, "", 1, 0},
		"another node, came later":          {func(f *facts) { f.slot("there", 12, 5, 0, nil) }, "absent", "", "", "", 0, "", 0, 0},
		"another node, told to load again":  {func(f *facts) { f.slot("there", 2000, 5, 0, func(s *slotFact) { s.told = events.ResyncTooMany }) }, "expired", "", events.ResyncTooMany, "there", 5, "", 1, 0},
		"another node, confirmed, gone":     {func(f *facts) { f.slot("there", 12, -60, 5, nil) }, "confirmed", "", "", "there", 0, "", 1, 1},
		"another node, gone without a slot": {func(f *facts) { f.other = "there" }, "unknown", "", "node", "there", 0, "", 0, 0},
		"from another node to this one": {func(f *facts) {
			f.slot("there", 9, -60, 1, func(s *slotFact) { s.taken = at(10) })
			f.came("b", 10, 9, 15)
			f.confirmed("b", 11, 15)
		}, "confirmed", "replay", "", "here", 11, "b", 1, 1},
		"from another node to a third": {func(f *facts) {
			f.slot("there", 9, -60, 1, func(s *slotFact) { s.taken = at(10) })
			f.slot("third", 15, 10, 0, nil)
		}, "confirmed", "replay", "", "third", 0, "", 1, 1},
		"taken, and nothing known of who did": {func(f *facts) { f.slot("there", 9, -60, 1, func(s *slotFact) { s.taken = at(10) }) }, "unknown", "", "taken", "", 0, "", 0, 0},

		"restarted since, nothing known":   {func(f *facts) { f.kept = at(10) }, "unknown", "", "restart", "", 0, "", 0, 0},
		"no trail":                         {func(f *facts) { f.kept = time.Time{} }, "unknown", "", "restart", "", 0, "", 0, 0},
		"restarted since, the slot has it": {func(f *facts) { f.kept = at(10); f.slot("before", 12, -60, 8, nil) }, "confirmed", "", "", "before", 0, "", 1, 1},
		"restarted since, the slot lacks it": {func(f *facts) {
			f.kept = at(10)
			f.slot("before", 9, -60, 0, func(s *slotFact) { s.alive, s.owed = false, at(3600) })
		}, "away", "", "", "before", 0, "", 1, 0},
		"restarted since, back": {func(f *facts) {
			f.kept = at(10)
			f.slot("before", 9, -60, 8, func(s *slotFact) { s.taken = at(12) })
			f.note(live.TrailConnected, "b", 12, 9, 15, "")
			f.confirmed("b", 13, 15)
		}, "confirmed", "replay", "", "here", 13, "b", 1, 1},
		"an engine that tells nothing, open": {func(f *facts) {
			f.confirms = false
			f.note(live.TrailConnected, "a", -60, 0, 0, "")
			f.opened("a", -60, 0, false)
		}, "unknown", "", "engine", "here", 0, "a", 1, 0},
		"an engine that tells nothing, gone": {func(f *facts) {
			f.confirms = false
			f.note(live.TrailConnected, "a", -60, 0, 0, "")
			f.left("a", 5, 0, "transport close")
		}, "unknown", "", "engine", "here", 0, "a", 1, 0},
		"an engine that tells nothing, came later": {func(f *facts) {
			f.confirms = false
			f.note(live.TrailConnected, "a", 5, 0, 0, "")
			f.opened("a", 5, 0, false)
		}, "absent", "", "", "", 0, "", 0, 0},
		"a push socket": {func(f *facts) { f.push = true }, "unknown", "", "push", "", 0, "", 0, 0},
		"a push socket beside a page": {func(f *facts) {
			f.push = true
			f.came("a", -60, 3, 3)
			f.confirmed("a", 2, 12)
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
	})
}

// For whom an event was not, and for whom it was.
func TestExplainAudience(t *testing.T) {
	toldAs(t, map[string]storyCase{
		"for another role": {func(f *facts) { f.to("role_Master", "role_Operador"); f.confirmedPage() }, "not_addressed", "", "role", "", 0, "", 0, 0},
		"for another user": {func(f *facts) { f.to("user_8", "user_70"); f.confirmedPage() }, "not_addressed", "", "user", "", 0, "", 0, 0},
		"for a client":     {func(f *facts) { f.to("client_12345678"); f.confirmedPage() }, "not_addressed", "", "client_room", "", 0, "", 0, 0},
		"for a client that a page follows": {func(f *facts) {
			f.to("client_12345678")
			f.confirmedPage()
			f.slot("here", 12, -60, 0, func(s *slotFact) { s.rooms = []string{"client_12345678"} })
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"for a client and not the staff": {func(f *facts) {
			f.to("client_12345678")
			f.event.Except = []string{events.RoomAuthenticated}
			f.confirmedPage()
			f.slot("here", 12, -60, 0, func(s *slotFact) { s.rooms = []string{"client_12345678"} })
		}, "not_addressed", "", "excepted", "", 0, "", 0, 0},
		"for a session":    {func(f *facts) { f.to("session_9"); f.confirmedPage() }, "not_addressed", "", "session", "", 0, "", 0, 0},
		"for this user":    {func(f *facts) { f.to("user_7"); f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"for this role":    {func(f *facts) { f.to("role_Trader"); f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"for the public":   {func(f *facts) { f.to("public"); f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"inactive":         {func(f *facts) { f.user.Status = models.Inactive }, "not_addressed", "", "inactive", "", 0, "", 0, 0},
		"inactive, had it": {func(f *facts) { f.user.Status = models.Inactive; f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"has that role since": {func(f *facts) {
			f.to("role_Trader")
			f.roleThen, f.roleMoved = models.Operador, true
			f.confirmedPage()
		}, "not_addressed", "", "role", "", 0, "", 0, 0},
		"had that role then, has it": {func(f *facts) {
			f.to("role_Operador")
			f.roleThen, f.roleMoved = models.Operador, true
			f.confirmedPage()
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"had that role then, was away": {func(f *facts) {
			f.to("role_Operador")
			f.roleThen, f.roleMoved = models.Operador, true
			f.came("a", -60, 3, 3)
			f.left("a", -10, 9, "ping timeout")
			f.slot("here", 9, -60, -10, nil)
		}, "not_addressed", "", "role", "", -10, "", 1, 0},
		"role then not known":                  {func(f *facts) { f.to("role_Trader"); f.roleThen, f.roleMoved = "", true; f.confirmedPage() }, "not_addressed", "", "role", "", 0, "", 0, 0},
		"role moved, but it was for everybody": {func(f *facts) { f.roleThen, f.roleMoved = "", true; f.confirmedPage() }, "confirmed", "live", "", "here", 2, "a", 1, 1},
	})
}
