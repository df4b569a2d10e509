package server_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// contract 5.8, 5.9: with the old cookie, and with the pid and the slot that it had, a
// socket of a session that has ended comes back as nobody and gets nothing.
func TestEndedSessionIsNotReplayed(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		for _, transport := range []string{"websocket", "polling"} {
			for _, recovers := range []bool{true, false} {
				who := d.hire(models.Trader)
				who.signInJSON(who.user.Username, deskPassword, false).want(t, 200)
				c := who.tabAt(d.http.URL, transport)
				d.toast("had", events.RoomAuthenticated)
				had, err := c.WaitEvent(t.Context(), "notification")
				if err != nil {
					t.Fatal(err)
				}
				dial := livetest.Dial{URL: d.http.URL, Transport: transport, Header: who.cookies()}
				if recovers {
					dial.Auth = fmt.Sprintf(`{"pid":%q,"offset":%q}`, c.PID, had.Offset())
				}
				who.json("POST", "/logout", nil).want(t, 200)
				if err := c.WaitClosed(t.Context()); err != nil {
					t.Fatal(err)
				}
				d.toast("missed", events.RoomAuthenticated)
				d.toast("missed too", events.RoomUser(who.user.ID))
				back, err := livetest.Connect(t.Context(), dial)
				if err != nil {
					t.Fatal(err)
				}
				d.toast("after", events.RoomAuthenticated, events.RoomUser(who.user.ID))
				if err := back.Barrier(t.Context()); err != nil {
					t.Fatal(err)
				}
				if len(back.Events()) != 0 {
					t.Errorf("%s, pid %v: comes back and gets %v", transport, recovers, back.Names())
				}
				back.Close()
			}
		}
	}, patient)
}

// contract 5.9: a session ends with its time, neither before nor long after; a page
// with a remembered sign-in may come back by that.
func TestSessionsEndWithTheirTime(t *testing.T) {
	eachDesk(t, func(t *testing.T, d *desk) {
		who, kept := d.join(models.Trader), d.hire(models.Trader)
		kept.signInJSON(kept.user.Username, deskPassword, true).want(t, 200)
		var ended, renewed []*livetest.Client
		for _, transport := range []string{"websocket", "polling"} {
			ended, renewed = append(ended, who.tabAt(d.http.URL, transport)), append(renewed, kept.tabAt(d.http.URL, transport))
		}
		d.advance(12*time.Hour - time.Second)
		d.app.ExpireSessions()
		for _, c := range append(ended, renewed...) {
			if err := c.Barrier(t.Context()); err != nil || c.Disconnected() {
				t.Errorf("ended before its time: %v", err)
			}
		}
		d.advance(time.Second)
		for _, c := range ended {
			if err := c.WaitClosed(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := c.Events()
			if last := got[len(got)-1]; last.Name != "session_ended" || last.Arg() != `{"reason":"expired"}` || !c.Disconnected() {
				t.Errorf("%s %s, DISCONNECT %v", last.Name, last.Arg(), c.Disconnected())
			}
		}
		for _, c := range renewed {
			if err := c.WaitClosed(t.Context()); err != nil || c.Disconnected() {
				t.Errorf("%v, DISCONNECT %v", err, c.Disconnected())
			}
		}
		kept.tabAt(d.http.URL, "websocket")
	}, patient)
}

// contract 5.9: what nobody told the server is found all the same: changes that no
// event tells of.
func TestLostEndsAreFound(t *testing.T) {
	for name, c := range map[string]struct {
		change func(tx *models.Tx, user int64) error
		away   bool
	}{
		"session deleted":  {func(tx *models.Tx, user int64) error { return tx.EndSessions(user, 0) }, true},
		"user deactivated": {func(tx *models.Tx, user int64) error { _, err := tx.SetStatus(user, models.Inactive); return err }, true},
		"role changed":     {func(tx *models.Tx, user int64) error { _, err := tx.SetRole(user, models.Operador); return err }, false},
	} {
		t.Run(name, func(t *testing.T) {
			eachDesk(t, func(t *testing.T, d *desk) {
				who, bystander := d.join(models.Trader), d.join(models.Trader)
				var ended, living []*livetest.Client
				for _, transport := range []string{"websocket", "polling"} {
					ended, living = append(ended, who.tabAt(d.http.URL, transport)), append(living, bystander.tabAt(d.http.URL, transport))
				}
				if err := d.store.Tx(t.Context(), func(tx *models.Tx) error { return c.change(tx, who.user.ID) }); err != nil {
					t.Fatal(err)
				}
				for _, s := range ended {
					if err := s.WaitClosed(t.Context()); err != nil {
						t.Error(err)
					}
					// The one that polls may learn of it from a request of its own.
					got := s.Events()
					last := got[len(got)-1]
					told := last.Name == "session_ended" && last.Arg() == `{"reason":"revoked"}`
					if s.Disconnected() != told || s == ended[0] && told != c.away {
						t.Errorf("last %s %s, DISCONNECT %v", last.Name, last.Arg(), s.Disconnected())
					}
				}
				for _, s := range living {
					if err := s.Barrier(t.Context()); err != nil {
						t.Errorf("somebody else: %v", err)
					}
				}
				if !c.away {
					back := who.tabAt(d.http.URL, "websocket")
					if greeting := back.Events()[0].Arg(); !strings.Contains(greeting, models.Operador) {
						t.Errorf("greeted with %s", greeting)
					}
				}
			}, quick)
		})
	}
}
