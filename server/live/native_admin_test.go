package live

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

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
	if one.Nsp == AdminNamespace {
		one, self = self, one // they came within one millisecond
	}
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
