package live

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

func TestAdminActs(t *testing.T) {
	b := newBoard(t)
	look := b.master(1)
	trader, other, kept := b.greeted("websocket", 7, "Trader"), b.greeted("polling", 8, "Trader"), b.greeted("websocket", 9, "Operador")
	for _, ignored := range []string{
		`["_disconnect","/",true]`, `["_disconnect","/",true,""]`, `["_disconnect","/",true,null]`, `["_disconnect","/other",true,"` + trader.SID + `"]`,
	} {
		b.ask(look, ignored)
	}
	b.ask(look, `["_disconnect","/",false,"`+trader.SID+`"]`)
	b.off(trader, "one socket is disconnected")
	if other.Disconnected() || other.Closed() {
		t.Error("another is as well")
	}
	look.Close()

	look = b.master(1)
	b.ask(look, `["emit","/","role_Trader","operation_created",{"forged":true}]`)
	b.ask(look, `["join","/","role_Master","`+kept.SID+`"]`)
	b.ask(look, `["leave","/","role_Operador","`+kept.SID+`"]`)
	b.ask(look, `["_disconnect","/",false,"role_Trader"]`)
	b.off(other, "the members of a room are disconnected")
	barrier(t, kept)
	if state, _ := b.engine.SocketState(kept.SID); count(kept, "operation_created") != 0 || len(state.Rooms) != 4 || b.engine.Members("role_Master") != 0 {
		t.Errorf("emit, join or leave did something: %v", state.Rooms)
	}
	b.set(func() {
		if len(b.acts) != 2 || b.acts[0].UserID != 1 || b.acts[0].Name != "user1" || b.acts[0].Target != trader.SID || b.acts[0].Address != "127.0.0.1" ||
			b.acts[1].Target != "role_Trader" || b.acts[1].Sockets != 1 {
			t.Errorf("recorded: %+v", b.acts)
		}
		b.forbids = true
	})
	mate := b.master(2)
	b.ask(mate, `["_disconnect","/",true,"`+kept.SID+`"]`)
	b.ask(mate, `["nothing"]`)
	b.heard(mate, "server_stats", "")
	b.set(func() { b.forbids = false })
	if kept.Disconnected() || kept.Closed() {
		t.Error("disconnected without a record")
	}
	b.ask(mate, `["_disconnect","/admin",true,"`+look.SID+`"]`)
	b.off(look, "another who looks is disconnected")
}

func TestAdminReadOnly(t *testing.T) {
	b := newBoard(t, func(c *AdminConfig, _ *desk) { c.ReadOnly = true })
	look, kept := b.master(1), b.greeted("websocket", 7, "Trader")
	if got := plain(b.heard(look, "config", "")); got != `[{"supportedFeatures":["AGGREGATED_EVENTS","ALL_EVENTS"]}]` {
		t.Errorf("config %s", got)
	}
	b.ask(look, `["_disconnect","/",true,"`+kept.SID+`"]`)
	b.ask(look, `["_disconnect","/",true,"role_Trader"]`)
	b.heard(look, "socket_connected", kept.SID)
	b.set(func() {
		if len(b.acts) != 0 || kept.Disconnected() || kept.Closed() {
			t.Errorf("acts %+v", b.acts)
		}
	})
}

// What lets a socket in ends it (contract 5.9).
func TestAdminEnds(t *testing.T) {
	for name, end := range map[string]func(b *board){
		"the session ends":       func(b *board) { b.engine.EndRooms([]string{events.RoomSession(100)}, Ending{}) },
		"the role changes":       func(b *board) { b.engine.MoveUser(1, []string{"role_Master"}, []string{"role_Trader"}) },
		"the user is signed out": func(b *board) { b.engine.DropUser(1, true) },
		"the user is dropped":    func(b *board) { b.engine.DropUser(1, false) },
	} {
		t.Run(name, func(t *testing.T) {
			b := newBoard(t)
			look, mate := b.master(1), b.master(2)
			poll, err := b.adminOver("polling", user(1, "Master"), "")
			if err != nil {
				t.Fatal(err)
			}
			login, err := b.admin(user(1, "Master"), `{"username":"ops","password":"right"}`)
			if err != nil {
				t.Fatal(err)
			}
			end(b)
			b.off(look, "it is out")
			b.off(poll, "it is out over polling")
			newcomer := b.connect("websocket", nil)
			b.heard(mate, "socket_connected", newcomer.SID)
			b.heard(login, "socket_connected", newcomer.SID)
			for _, e := range look.Events() {
				if strings.Contains(plain(e), newcomer.SID) {
					t.Errorf("heard after its end: %s", plain(e))
				}
			}
		})
	}
	t.Run("while it connects", func(t *testing.T) {
		var b *board
		b = newBoard(t, func(c *AdminConfig, _ *desk) {
			ask := c.MayLook
			c.MayLook = func(ctx context.Context, id middleware.Identity) (bool, error) {
				may, err := ask(ctx, id)
				b.set(func() { b.demoted = true })
				b.engine.MoveUser(id.UserID, nil, nil)
				return may, err
			}
		})
		c, err := b.admin(user(1, "Master"), "")
		if err == nil {
			b.off(c, "whose role changed meanwhile is out")
			if count(c, "all_sockets") != 0 {
				t.Error("it saw who is there")
			}
		}
	})
}

// The watch of sessions knows whose sessions these sockets are by.
func TestAdminSpeakers(t *testing.T) {
	b := newBoard(t)
	b.master(5)
	var ids []middleware.Identity
	b.engine.EachSpeaker(func(id middleware.Identity) { ids = append(ids, id) })
	if len(ids) != 1 || ids[0].SessionID != 500 || ids[0].Role != "Master" {
		t.Errorf("speakers %+v", ids)
	}
	if n := len(b.engine.Stats()) + len(b.engine.UsersOnline()); n != 0 {
		t.Errorf("%d kinds of sockets counted as people's", n)
	}
}

// One connection may be in both namespaces: then what ends one of them leaves the other.
func TestAdminSharedConnection(t *testing.T) {
	b := newBoard(t)
	c := b.greeted("websocket", 1, "Master")
	if err := c.Send(t.Context(), "40/admin,"); err != nil {
		t.Fatal(err)
	}
	b.heard(c, "all_sockets", c.SID)
	barrier(t, c) // it is in its rooms
	b.engine.MoveUser(1, []string{"role_Master"}, []string{"role_Trader"})
	eventually(t, "it is out of the namespace", func() bool { return c.Disconnected() })
	barrier(t, c)
	if b.engine.Members("role_Trader") != 1 {
		t.Error("the root's socket is gone")
	}
	if err := c.Send(t.Context(), "40/third,", "40/fourth,"); err != nil {
		t.Fatal(err)
	}
	barrier(t, c)
}

func TestAdminLimits(t *testing.T) {
	t.Run("flood", func(t *testing.T) {
		b := newBoard(t)
		look, mate := b.master(1), b.master(2)
		for range 5 + 15 {
			if look.Send(t.Context(), `42/admin,["noise"]`) != nil {
				break
			}
		}
		b.off(look, "who floods is closed")
		if mate.Closed() {
			t.Error("another is as well")
		}
	})
	t.Run("binary", func(t *testing.T) {
		b := newBoard(t)
		look := b.master(1)
		_ = look.Send(t.Context(), `451-/admin,["_disconnect",{"_placeholder":true,"num":0}]`, "x")
		b.off(look, "who breaks the protocol is closed")
	})
	t.Run("attempts", func(t *testing.T) {
		b := newBoard(t)
		c, err := livetest.OpenTransport(t.Context(), livetest.Dial{URL: b.url})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(c.Close)
		for range 3 * adminAttempts {
			_ = c.Send(t.Context(), `40/admin,{"username":"ops","password":"wrong"}`)
			eventually(t, "it is answered", func() bool { return c.Closed() || len(c.Packets()) > 0 })
		}
		if err := c.WaitClosed(t.Context()); err != nil {
			t.Fatal(err)
		}
		b.set(func() {
			if b.attempts > adminAttempts {
				t.Errorf("%d passwords tried on one connection", b.attempts)
			}
		})
	})
	t.Run("full", func(t *testing.T) {
		b := newBoard(t)
		for range adminSockets {
			b.master(1)
		}
		if _, err := b.admin(user(1, "Master"), ""); text(err) != `CONNECT_ERROR {"message":"too many admin sockets"}` {
			t.Errorf("one too many: %v", err)
		}
	})
	t.Run("crowd", func(t *testing.T) {
		b := newBoard(t)
		first := b.connect("websocket", nil)
		look := b.master(1)
		for range adminListed {
			b.connect("websocket", nil)
		}
		b.heard(look, "server_stats", fmt.Sprintf(`{"name":"/","socketsCount":%d}`, adminListed+1))
		last := b.master(2)
		var listed []adminSeen
		if err := json.Unmarshal(b.heard(last, "all_sockets", "").Args[0], &listed); err != nil {
			t.Fatal(err)
		}
		if len(listed) != adminListed || !slices.ContainsFunc(listed, func(s adminSeen) bool { return s.ID == first.SID }) {
			t.Errorf("%d are listed, and not who was there first", len(listed))
		}
		first.Close()
		b.heard(look, "socket_disconnected", first.SID)
		if look.Closed() || last.Closed() {
			t.Error("who looks is closed")
		}
	})
}

// A login goes on for its time, and the newest of them only.
func TestAdminLogins(t *testing.T) {
	l, now := newAdminLogins(time.Minute), time.Unix(1_700_000_000, 0)
	first, _ := l.begin(now)
	for range adminResumed - 1 {
		l.begin(now)
	}
	if _, ok := l.goOn(first, now.Add(time.Minute-1)); !ok {
		t.Error("a login ends early")
	}
	if _, ok := l.goOn(first, now.Add(time.Minute)); ok {
		t.Error("a login has no end")
	}
	second, _ := l.begin(now)
	for range adminResumed {
		l.begin(now)
	}
	if _, ok := l.goOn(second, now); ok || l.rows.Len() != adminResumed {
		t.Errorf("%d logins are kept", l.rows.Len())
	}
}
