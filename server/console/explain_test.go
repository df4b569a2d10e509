package console

import (
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// What the sockets of this process tell: every state, and what it must not be.
func TestExplain(t *testing.T) {
	toldAs(t, map[string]storyCase{
		"confirmed live": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", -5, 9)
			f.confirmed("a", 2, 12)
			f.confirmed("a", 4, 13)
			f.opened("a", -60, 13, true)
		}, "confirmed", "live", "", "here", 2, "a", 1, 1},
		"confirmed, the first confirmation forgotten": {func(f *facts) {
			f.exact = at(3)
			f.came("a", -60, 3, 3)
			f.confirmed("a", 4, 13)
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"open, sent, not confirmed yet": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", -5, 9)
			f.opened("a", -60, 9, false)
		}, "waiting", "", "", "here", 0, "a", 1, 0},
		"not handed over yet, though nothing is on its way": {func(f *facts) {
			f.delivered = false
			f.came("a", -60, 3, 3)
			f.opened("a", -60, 9, true)
		}, "waiting", "", "", "here", 0, "a", 1, 0},
		"nothing on its way and the confirmation forgotten": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.opened("a", -60, 0, true)
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"beginning forgotten, confirmed": {func(f *facts) {
			f.kept = at(-10)
			f.opened("a", -60, 12, true)
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"beginning forgotten, not confirmed": {func(f *facts) {
			f.kept = at(-10)
			f.opened("a", -60, 9, false)
		}, "waiting", "", "", "here", 0, "a", 1, 0},
		"confirmed and then left": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 5, 12, "transport close")
		}, "confirmed", "live", "", "here", 0, "a", 1, 1},
		"cut and owed": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.slot("here", 9, -60, 1, nil)
		}, "away", "", "", "here", 1, "", 1, 0},
		"away since before, owed": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", -30, 9, "ping timeout")
			f.slot("here", 9, -60, -30, nil)
		}, "away", "", "", "here", -30, "", 1, 0},
		"cut and back": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.note(live.TrailConnected, "b", 10, 9, 15, "recovered")
			f.note(live.TrailReplayed, "b", 10, 9, 15, "")
			f.confirmed("b", 11, 15)
			f.slot("here", 9, -60, 1, func(s *slotFact) { s.taken = at(10) })
			f.slot("here", 15, 10, 0, nil)
			f.opened("b", 10, 15, true)
		}, "confirmed", "replay", "", "here", 11, "b", 1, 1},
		"back, sent again, not confirmed yet": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.came("b", 10, 9, 15)
			f.opened("b", 10, 0, false)
		}, "waiting", "", "", "here", 0, "b", 1, 0},
		"sent late to a socket that was there": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", 5, 12, 12)
			f.confirmed("b", 6, 13)
			f.left("a", 20, 9, "ping timeout")
			f.note(live.TrailReplayed, "b", 20, 9, 12, "")
			f.confirmed("b", 22, 15)
			f.opened("b", 5, 15, true)
		}, "confirmed", "replay", "", "here", 22, "b", 1, 1},
		"told to load again, too many": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 9, 2000, events.ResyncTooMany)
			f.confirmed("b", 22, 2000)
			f.opened("b", 20, 2000, true)
		}, "expired", "", events.ResyncTooMany, "", 20, "b", 1, 0},
		"told to load again, from where is not known": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 0, 2000, events.ResyncWindow)
		}, "expired", "", events.ResyncWindow, "", 20, "b", 1, 0},
		"confirmed, and told to load again for something later": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", 1, 12)
			f.left("a", 2, 12, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 12, 2000, events.ResyncTooMany)
		}, "confirmed", "live", "", "here", 1, "a", 1, 1},
		"the same, from where is not known": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.confirmed("a", 1, 12)
			f.left("a", 2, 12, "ping timeout")
			f.came("b", 20, 2000, 2000)
			f.note(live.TrailResynced, "b", 20, 0, 2000, events.ResyncTooMany)
		}, "confirmed", "live", "", "here", 1, "a", 1, 1},
		"told to load again before the event": {func(f *facts) {
			f.came("a", -20, 8, 8)
			f.note(live.TrailResynced, "a", -20, 2, 8, events.ResyncWindow)
			f.confirmed("a", 3, 11)
		}, "confirmed", "live", "", "here", 3, "a", 1, 1},
		"never there": {nil, "absent", "", "", "", 0, "", 0, 0},
		"gone before": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", -30, 9, "client namespace disconnect")
		}, "absent", "", "", "", 0, "", 0, 0},
		"came later": {func(f *facts) {
			f.came("a", 10, 12, 12)
			f.confirmed("a", 12, 14)
			f.slot("here", 14, 10, 0, nil)
			f.opened("a", 10, 14, true)
		}, "absent", "", "", "", 0, "", 0, 0},
		"closed the page without a confirmation": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "client namespace disconnect")
		}, "absent", "", "client namespace disconnect", "here", 1, "a", 1, 0},
		"closed the page, and nobody will come back for it": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.left("a", 1, 9, "transport close")
			f.slot("here", 9, -60, 1, func(s *slotFact) { s.owed = at(20) })
		}, "absent", "", "transport close", "here", 1, "a", 1, 0},
		"one page has it, the other waits": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", -50, 4, 4)
			f.confirmed("a", 2, 12)
			f.opened("a", -60, 12, true)
			f.opened("b", -50, 9, false)
		}, "waiting", "", "", "here", 0, "b", 2, 1},
		"one page has it, the other was closed": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", -50, 4, 4)
			f.confirmed("a", 2, 12)
			f.left("b", 1, 9, "transport close")
		}, "confirmed", "live", "", "here", 2, "a", 2, 1},
		"one page has it, the other is away": {func(f *facts) {
			f.came("a", -60, 3, 3)
			f.came("b", -50, 4, 4)
			f.confirmed("a", 2, 12)
			f.left("b", 1, 9, "ping timeout")
			f.slot("here", 9, -50, 1, nil)
		}, "away", "", "", "here", 1, "", 2, 1},
		"the account is younger": {func(f *facts) {
			f.kept = at(10)
			f.user.CreatedAt = models.ToLima(at(5))
		}, "absent", "", "", "", 0, "", 0, 0},
	})
}
