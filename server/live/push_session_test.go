package live

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

var signedOut = Ending{Name: "session_ended", Payload: json.RawMessage(`{"reason":"logout"}`)}

const toldOver = `{"type":"session_ended","reason":"logout"}`

// A mute socket wakes when the browser that opened it signs in, and not when another
// one does; one whose visitor signs in from elsewhere has to come back with the cookie.
// Emergencies contract 4.2.
func TestPushWake(t *testing.T) {
	p := newPushSite(t)
	p.open = []string{request(1)}
	mine, tab, foreign, nameless := p.dial(visiting("v1"), ""), p.dial(visiting("v1"), ""), p.dial(visiting("v2"), ""), p.dial(nil, "")
	id := middleware.Identity{UserID: 7, Role: models.Operador, SessionID: 70}
	p.signIn("", id)
	p.signIn("v1", middleware.Identity{}) // it is over already
	p.signIn("v3", id)
	mine.quiet()
	p.signIn("v1", id)
	for _, l := range []*listener{mine, tab} {
		l.wants(request(1))
		l.quiet()
	}
	p.push.Wake("v1") // once more changes nothing
	mine.quiet()
	foreign.quiet()
	nameless.quiet()
	p.signIn("v2", middleware.Identity{UserID: 3, Role: models.Trader, SessionID: 30})
	eventually(t, "a third one signed in", func() bool { return p.push.Totals().Wakes == 3 })
	foreign.quiet()
	stranger := p.dial(visiting("v4"), "")
	p.away["v4"] = true
	p.signIn("v4", id)
	if _, _, err := stranger.conn.Read(t.Context()); err == nil {
		t.Error("a socket of another address got something")
	}
	p.ended(reasonElsewhere)
	if got := p.push.Totals().Wakes; got != 3 {
		t.Errorf("%d wakes", got)
	}
}

// The end of a session mutes its sockets after telling them, and leaves them open; they
// wake at the next sign-in.
func TestPushSessionEnds(t *testing.T) {
	p := newPushSite(t)
	header := visiting("v1")
	header.Set("X-User", operator)
	l, colleague := p.dial(header, ""), p.dial(speaking("8 Operador 80"), "")
	p.listens(2)
	p.push.EndRooms([]string{events.RoomSession(70), events.RoomSession(99)}, signedOut)
	p.announce(1, 0)
	l.wants(toldOver)
	l.quiet()
	colleague.wants(request(1))
	p.push.EndRooms([]string{events.RoomSession(70)}, signedOut)
	l.quiet()
	p.open = []string{request(1)}
	p.signIn("v1", middleware.Identity{UserID: 7, Role: models.Operador, SessionID: 71})
	l.wants(request(1))
	p.listens(2)
	p.announce(2, 0)
	l.wants(request(2))
}

// A session that gives way to another one, or to its remembered login, is not told.
func TestPushSessionGoesOn(t *testing.T) {
	p := newPushSite(t)
	header := visiting("v1")
	header.Set("X-User", operator+" 700")
	l := p.dial(header, "")
	p.listens(1)
	id := middleware.Identity{UserID: 7, Role: models.Operador, RememberedID: 700}
	p.signed["v1"] = id
	p.push.EndRooms([]string{events.RoomSession(70)}, Ending{Back: true})
	p.announce(1, 0)
	l.wants(request(1))
	l.quiet()
	// The browser has signed in again: both are over, and there is another one.
	id.RememberedID, id.SessionID = 0, 71
	p.mu.Lock()
	p.signed["v1"] = id
	p.open = []string{request(1)}
	p.mu.Unlock()
	p.push.EndRooms([]string{events.RoomSession(70), events.RoomRemembered(700)}, Ending{Back: true})
	l.wants(request(1))
	p.listens(1)
	speakers := 0
	p.push.EachSpeaker(func(got middleware.Identity) {
		if speakers++; got.SessionID != 71 {
			t.Error(got)
		}
	})
	if speakers != 1 {
		t.Errorf("%d speakers", speakers)
	}
}

// A change of role moves, mutes and wakes at once.
func TestPushRole(t *testing.T) {
	p := newPushSite(t)
	p.open = []string{request(1)}
	l, other := p.dial(speaking(operator), ""), p.dial(speaking(master), "")
	l.wants(request(1))
	other.wants(request(1))
	p.listens(2)
	roles := []string{events.RoomRole(models.Master), events.RoomRole(models.Trader), events.RoomRole(models.Operador)}
	p.push.MoveUser(7, roles, []string{events.RoomRole(models.Trader)})
	p.announce(2, 0)
	other.wants(request(2))
	l.quiet()
	p.push.MoveUser(7, roles, []string{events.RoomRole(models.Master)})
	l.wants(request(1))
	p.listens(2)
	p.send(Message{Rooms: []string{events.RoomRole(models.Master)}, Name: "nueva_solicitud", Payload: json.RawMessage(request(3))})
	l.wants(request(3))
	p.push.MoveUser(7, roles, nil) // the old one goes at once, the new one is to come
	p.announce(4, 0)
	l.quiet()
	p.push.DropUser(1, false) // what the database says counts: nobody's session any more
	eventually(t, "mute", func() bool { return p.push.Listeners() == 0 })
}

// What ends or begins while a handshake is on its way counts.
func TestPushHandshakeRaces(t *testing.T) {
	var p *pushSite
	during := func() {}
	p = newPushSite(t, func(c *PushConfig) {
		c.Visitor = func(_ http.ResponseWriter, r *http.Request) string { during(); return r.Header.Get("X-Visitor") }
	})
	over := false
	resolve := p.push.config.Resolve
	p.push.config.Resolve = func(r *http.Request) (middleware.Identity, error) {
		p.mu.Lock()
		gone := over
		p.mu.Unlock()
		if gone {
			return middleware.Identity{}, nil
		}
		return resolve(r)
	}
	during = func() {
		p.mu.Lock()
		over = true
		p.mu.Unlock()
		p.push.EndRooms([]string{events.RoomSession(70)}, signedOut)
	}
	l := p.dial(speaking(operator), "")
	eventually(t, "mute", func() bool { return p.push.Listeners() == 0 })
	l.quiet()
	p.open = []string{request(1)}
	during = func() {
		id := middleware.Identity{UserID: 7, Role: models.Operador, SessionID: 71}
		p.signIn("v1", id)
	}
	p.dial(visiting("v1"), "").wants(request(1))
}

// A sign-in at another process wakes, too.
func TestPushRun(t *testing.T) {
	p := newPushSite(t)
	p.open = []string{request(1)}
	l, other := p.dial(visiting("v1"), ""), p.dial(visiting("v2"), "")
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	done := make(chan struct{})
	go func() {
		defer close(done)
		p.push.Run(ctx, 10*time.Millisecond, func(_ context.Context, visitors []string) (found []string, err error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			for _, v := range visitors {
				if _, ok := p.signed[v]; ok {
					found = append(found, v)
				}
			}
			return found, nil
		})
	}()
	l.quiet()
	p.mu.Lock()
	p.signed["v1"] = middleware.Identity{UserID: 7, Role: models.Operador, SessionID: 70}
	p.mu.Unlock()
	l.wants(request(1))
	other.quiet()
	stop()
	<-done
}

// Whoever sends positions hears when the first one listens and when the last one ends.
func TestPushListenersChanged(t *testing.T) {
	p := newPushSite(t)
	p.dial(nil, "")
	l := p.dial(speaking(operator), "")
	<-p.push.ListenersChanged()
	if p.push.Listeners() != 1 {
		t.Error("nobody listens")
	}
	second := p.dial(speaking(operator), "")
	_ = l.conn.CloseNow()
	eventually(t, "one", func() bool { return p.push.Listeners() == 1 })
	_ = second.conn.CloseNow()
	<-p.push.ListenersChanged()
	if p.push.Listeners() != 0 {
		t.Error("somebody listens")
	}
}
