package e2e

import (
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/coder/websocket"

	"github.com/relevo/relevo/models"
)

// A restart says goodbye with 1001, and takes all clients back, which come at the same
// instant because their delay is a fixed one: each is greeted and gets every open request
// (emergencies contract 1.6, 4.3 rule 9).
func TestPushRestart(t *testing.T) {
	t.Parallel()
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		e := openEmergencies(t, d)
		const crowd = 200
		var ids []int64
		for range 5 {
			ids = append(ids, e.request())
		}
		gather := func() []*pushSocket {
			t.Helper()
			sockets := make([]*pushSocket, crowd)
			var all sync.WaitGroup
			for k := range sockets {
				all.Go(func() { sockets[k] = e.olga.push("?id_operador=1") })
			}
			all.Wait()
			if t.Failed() {
				t.FailNow()
			}
			for _, s := range sockets {
				s.hears(ids...)
				if got := s.list(); !slices.Equal(got, ids) {
					t.Fatalf("a socket got %v, want %v", got, ids)
				}
			}
			return sockets
		}
		before := gather()
		mark := e.log
		e.stop()
		for _, s := range before {
			if code, err := s.end(); code != websocket.StatusGoingAway {
				t.Fatalf("the end of the process ends a socket with %v, want 1001", err)
			}
		}
		lines := 0
		for _, l := range mark.entries(0) {
			if strings.Contains(l.Msg, "push socket") {
				lines++
			}
		}
		if lines != crowd {
			t.Errorf("%d lines of the log for %d sockets", lines, crowd)
		}
		e.restart()
		after := gather()
		ids = append(ids, e.request())
		for _, s := range after {
			s.hears(ids...)
		}
	})
}

// On Postgres, the sign-in at one process wakes the sockets that the browser opened at
// another one (emergencies contract 4.2, 4.3 rule 12).
func TestPushWokenAtAnotherProcess(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.Postgres, "RELEVO_SESSION_CHECK_INTERVAL=500ms")
	other := &process{t: t, dir: e.dir, env: e.env}
	other.run("127.0.0.1:0")
	t.Cleanup(other.stop)
	request := e.request()
	who := e.stranger()
	who.name = "a visitor"
	s := who.pushAt(other.url + pushPath)
	who.keep(s.header)
	s.mute()
	other.listening(0)
	who.enter("olga", "/auth/login")
	s.hears(request)
	s.hears(e.request())
	who.send("GET", "/logout", nil).want(302)
	s.await("session_ended", 1)
	last := e.request()
	witness := e.omar.pushAt(other.url + pushPath)
	witness.hears(last)
	s.barrier()
	if slices.Contains(s.requests(), last) {
		t.Error("signed out at another process, it hears on")
	}
}
