package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

// board is a desk with the namespace of the Admin UI: who has the role Master may look,
// and so may who knows the password of "ops".
type board struct {
	*desk
	mu       sync.Mutex
	now      time.Time
	acts     []AdminAct
	forbids  bool
	broken   bool
	demoted  bool
	attempts int
}

func newBoard(t *testing.T, change ...func(*AdminConfig, *desk)) *board {
	b := &board{now: time.Unix(1_700_000_000, 0)}
	b.desk = newDesk(t, func(_ *testing.T, h Handler, o Options) Engine {
		o.Admin = &AdminConfig{
			Login: b.login, MayLook: b.mayLook, Acted: b.acted, Lifetime: time.Hour, Node: "node", Now: b.clock, Log: o.Log,
			Limits: Limits{EventsPerSecond: 1, EventBurst: 5},
		}
		for _, c := range change {
			c(o.Admin, b.desk)
		}
		return NewNative(h, o)
	}, func(d *desk, o *Options) {
		b.desk = d
		d.onAuth = func(r *http.Request, id *middleware.Identity) error {
			if id.UserID != 0 {
				id.SessionID, id.ExpiresAt = id.UserID*100, b.clock().Add(time.Hour)
			}
			return nil
		}
	})
	return b
}

func (b *board) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *board) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func (b *board) login(_ context.Context, address, name, password string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attempts++
	switch {
	case address != "127.0.0.1":
		return errors.New("who is " + address)
	case b.broken:
		return errors.New("database is down")
	case password == "again and again":
		return ErrTooManyLogins
	case name != "ops" || password != "right":
		return ErrWrongLogin
	}
	return nil
}

func (b *board) mayLook(_ context.Context, id middleware.Identity) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return false, errors.New("database is down")
	}
	return id.Role == "Master" && !b.demoted, nil
}

func (b *board) acted(_ context.Context, a AdminAct) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forbids {
		return errors.New("disk is full")
	}
	b.acts = append(b.acts, a)
	return nil
}

// admin joins the namespace.
func (b *board) admin(header http.Header, auth string) (*livetest.Client, error) {
	return b.adminOver("websocket", header, auth)
}

func (b *board) adminOver(transport string, header http.Header, auth string) (*livetest.Client, error) {
	c, err := livetest.Connect(b.t.Context(), livetest.Dial{URL: b.url, Transport: transport, Header: header, Namespace: AdminNamespace, Auth: auth})
	if err == nil {
		b.t.Cleanup(c.Close)
	}
	return c, err
}

// master is admin for a Master, past the list of all sockets.
func (b *board) master(id int) *livetest.Client {
	b.t.Helper()
	c, err := b.admin(user(id, "Master"), "")
	if err != nil {
		b.t.Fatal(err)
	}
	b.heard(c, "all_sockets", "")
	return c
}

// heard waits for an event with the text in its arguments.
func (b *board) heard(c *livetest.Client, name, text string) livetest.Event {
	b.t.Helper()
	e, err := c.WaitFor(b.t.Context(), name+" with "+text, func(e livetest.Event) bool {
		return e.Name == name && strings.Contains(plain(e), text)
	})
	if err != nil {
		b.t.Fatalf("%v; it heard %v", err, c.Names())
	}
	return e
}

func plain(e livetest.Event) string {
	raw, _ := json.Marshal(e.Args)
	return string(raw)
}

// off waits until the socket is out.
func (b *board) off(c *livetest.Client, what string) {
	b.t.Helper()
	eventually(b.t, what, func() bool { return c.Disconnected() || c.Closed() })
}

func (b *board) ask(c *livetest.Client, packet string) {
	b.t.Helper()
	if err := c.Send(b.t.Context(), "42/admin,"+packet); err != nil {
		b.t.Fatal(err)
	}
}

// Switched off nothing of it exists.
func TestAdminSwitchedOff(t *testing.T) {
	d := newDesk(t, func(_ *testing.T, h Handler, o Options) Engine { return NewNative(h, o) })
	for _, transport := range transportsUnderTest {
		for _, auth := range []string{"", `{"username":"ops","password":"right"}`} {
			_, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: user(1, "Master"), Namespace: AdminNamespace, Auth: auth})
			if err == nil || err.Error() != `CONNECT_ERROR {"message":"Invalid namespace"}` {
				t.Errorf("%s with %q: %v", transport, auth, err)
			}
		}
	}
	if n := d.engine.(*Native).admin; n != nil {
		t.Errorf("an admin namespace: %v", n)
	}
}

func TestAdminWhoMayLook(t *testing.T) {
	b := newBoard(t)
	first, err := b.admin(nil, `{"username":"ops","password":"right"}`)
	if err != nil {
		t.Fatal(err)
	}
	var kept string
	if err := json.Unmarshal(b.heard(first, "session", "").Args[0], &kept); err != nil || len(kept) < 32 {
		t.Fatalf("session %q: %v", kept, err)
	}
	const no, often = `CONNECT_ERROR {"message":"invalid credentials"}`, `CONNECT_ERROR {"message":"too many attempts, try again later"}`
	for name, c := range map[string]struct {
		header http.Header
		auth   string
		want   string
	}{
		"nobody":                      {nil, "", no},
		"nobody with empty fields":    {nil, `{"username":"","password":""}`, no},
		"an Operador":                 {user(2, "Operador"), "", no},
		"a Trader":                    {user(3, "Trader"), `{"sessionId":null}`, no},
		"a Master":                    {user(4, "Master"), "", ""},
		"a Master with empty fields":  {user(4, "Master"), `{"username":"","password":""}`, ""},
		"a Master with an unknown id": {user(4, "Master"), `{"sessionId":"undefined"}`, ""},
		"a Master who mistypes":       {user(4, "Master"), `{"username":"ops","password":"wrong"}`, no},
		"an Operador with the login":  {user(2, "Operador"), `{"username":"ops","password":"right"}`, ""},
		"the wrong password":          {nil, `{"username":"ops","password":"wrong"}`, no},
		"the wrong name":              {nil, `{"username":"root","password":"right"}`, no},
		"no password":                 {nil, `{"username":"ops"}`, no},
		"only a password":             {nil, `{"password":"right"}`, no},
		"an id that goes on":          {nil, `{"sessionId":"` + kept + `"}`, ""},
		"an unknown id":               {nil, `{"sessionId":"` + strings.Repeat("A", 32) + `"}`, no},
		"an endless id":               {nil, `{"sessionId":"` + strings.Repeat("A", 100_000) + `"}`, no},
		"fields of another form":      {nil, `{"username":{"$ne":1},"password":["right"]}`, no},
		"too many attempts":           {nil, `{"username":"ops","password":"again and again"}`, often},
	} {
		for _, transport := range transportsUnderTest {
			c2, err := b.adminOver(transport, c.header, c.auth)
			if got := text(err); got != c.want {
				t.Errorf("%s over %s: %s, want %s", name, transport, got, c.want)
			}
			if err == nil {
				b.heard(c2, "all_sockets", "")
				c2.Close()
			}
		}
	}
	if b.places.Open() > 2*adminSockets {
		t.Errorf("%d places", b.places.Open())
	}
	if _, err := b.admin(http.Header{"Origin": {other}, "X-User": {"1 Master"}}, ""); err == nil || !strings.Contains(err.Error(), "refused with 400") {
		t.Errorf("foreign origin: %v", err)
	}
	b.set(func() { b.broken = true })
	const down = `CONNECT_ERROR {"message":"service unavailable"}`
	for _, header := range []http.Header{user(4, "Master"), nil} {
		auth := ""
		if header == nil {
			auth = `{"username":"ops","password":"right"}`
		}
		if _, err := b.admin(header, auth); text(err) != down {
			t.Errorf("without a database: %v", err)
		}
	}
	b.set(func() { b.broken = false; b.now = b.now.Add(time.Hour) })
	if _, err := b.admin(nil, `{"sessionId":"`+kept+`"}`); text(err) != no {
		t.Errorf("an id whose time is over: %v", err)
	}
	b.off(first, "a login whose time is over ends")
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Who looks is told of everybody who comes, goes and moves, and of nothing that is
// personal beyond who it is and from which address.
func TestAdminPicture(t *testing.T) {
	b := newBoard(t)
	b.mayWatch = func(middleware.Identity, string) bool { return true }
	secret := user(7, "Trader")
	secret.Set("Cookie", "session=s3cr3t")
	before := b.connect("polling", secret)
	look := b.master(1)
	if got := plain(b.heard(look, "config", "")); got != `[{"supportedFeatures":["AGGREGATED_EVENTS","ALL_EVENTS","DISCONNECT","MDISCONNECT"]}]` {
		t.Errorf("config %s", got)
	}
	var seen []struct {
		ID, ClientID, Transport, Nsp string
		Data                         struct {
			UserID         int64 `json:"user_id"`
			Username, Role string
		}
		Handshake struct {
			Address        string
			Issued         int64
			Headers, Query map[string]any
		}
		Rooms []string
	}
	if err := json.Unmarshal(b.heard(look, "all_sockets", "").Args[0], &seen); err != nil || len(seen) != 2 {
		t.Fatalf("all_sockets: %v %+v", err, seen)
	}
	one, self := seen[0], seen[1]
	if one.ID != before.SID || one.Nsp != "/" || one.Transport != "polling" || one.Data.UserID != 7 || one.Data.Username != "user7" || one.Data.Role != "Trader" ||
		one.Handshake.Address != "127.0.0.1" || one.Handshake.Issued == 0 || one.Handshake.Headers == nil || len(one.Handshake.Headers)+len(one.Handshake.Query) != 0 ||
		strings.Join(one.Rooms, " ") != before.SID+" authenticated public role_Trader user_7" {
		t.Errorf("the socket: %+v", one)
	}
	if one.ClientID == "" || strings.Contains(before.Open.SID, one.ClientID) || self.ClientID == one.ClientID || self.Nsp != AdminNamespace {
		t.Errorf("clients %q and %q", one.ClientID, self.ClientID)
	}
	var stats struct {
		ServerID, Hostname                     string
		PID, ClientsCount, PollingClientsCount int
		Namespaces                             []struct {
			Name         string
			SocketsCount int
		}
	}
	if err := json.Unmarshal(b.heard(look, "server_stats", "").Args[0], &stats); err != nil || stats.ServerID != "node" || stats.PID == 0 ||
		stats.ClientsCount != 2 || stats.PollingClientsCount != 1 || len(stats.Namespaces) != 2 || stats.Namespaces[0].SocketsCount != 1 {
		t.Errorf("server_stats: %v %+v", err, stats)
	}

	anonymous := b.connect("websocket", nil)
	b.heard(look, "socket_connected", anonymous.SID)
	id, err := before.EmitAck(t.Context(), "join_client_room", `{"dni":"44556677"}`)
	if err == nil {
		_, err = before.Acked(t.Context(), id)
	}
	if err != nil {
		t.Fatal(err)
	}
	b.heard(look, "room_joined", "client_•••")
	b.engine.MoveUser(7, []string{events.RoomRole("Trader")}, []string{events.RoomRole("Operador")})
	b.heard(look, "room_left", "role_Trader")
	b.heard(look, "socket_updated", "Operador")
	b.heard(look, "server_stats", "rawConnection")
	anonymous.Close()
	b.heard(look, "socket_disconnected", anonymous.SID)
	gone := b.heard(look, "socket_disconnected", anonymous.SID)
	if !strings.Contains(plain(gone), "transport") {
		t.Errorf("without a reason: %s", plain(gone))
	}
	b.send(Message{Rooms: []string{events.RoomPublic}, Name: "secret_news"})
	for _, packet := range look.Packets() {
		for _, never := range []string{"44556677", "s3cr3t", "secret_news", before.Open.SID[:12], "X-User", "Cookie"} {
			if strings.Contains(packet, never) {
				t.Errorf("%q in %s", never, packet)
			}
		}
	}
}

// With nobody there nothing is kept and nothing runs.
func TestAdminNobodyLooks(t *testing.T) {
	b := newBoard(t)
	a := b.engine.(*Native).admin
	idle := func() bool {
		a.mu.Lock()
		defer a.mu.Unlock()
		return a.looking == 0 && a.stop == nil && a.picture.seen == nil && !a.reasons.wanted.Load()
	}
	b.connect("websocket", nil)
	if !idle() {
		t.Error("it looks for nobody")
	}
	first, second := b.master(1), b.master(2)
	first.Close()
	b.heard(second, "socket_disconnected", first.SID)
	if idle() {
		t.Error("it looks no more while somebody is there")
	}
	second.Close()
	eventually(t, "nobody looks", idle)
	b.master(3)
}

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
		look := b.master(1)
		for range adminAtOnce + 1 {
			b.connect("websocket", nil)
		}
		eventually(t, "all are listed", func() bool {
			listed := map[string]bool{}
			for _, e := range look.Events() {
				switch e.Name {
				case "socket_connected":
					listed[string(e.Args[0][:30])] = true
				case "all_sockets":
					var all []adminSeen
					if json.Unmarshal(e.Args[0], &all) == nil && len(all) > adminAtOnce+1 {
						return true
					}
				}
			}
			return len(listed) > adminAtOnce
		})
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
