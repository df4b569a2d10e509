package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
)

// contract 1.2 and 5.1
func testAnonymous(t *testing.T, open opener) {
	d := newDesk(t, open)
	for _, transport := range transportsUnderTest {
		c := d.connect(transport, nil)
		barrier(t, c)
		d.send(Message{Rooms: []string{events.RoomAuthenticated, events.RoomRole("Master"), events.RoomRole(""), events.RoomUser(0)}})
		barrier(t, c)
		if got := c.Names(); len(got) != 0 {
			t.Errorf("%s: anonymous socket got %v", transport, got)
		}
		d.send(Message{Rooms: []string{events.RoomPublic}, Name: "rates"})
		barrier(t, c)
		if got := c.Names(); !slices.Equal(got, []string{"rates"}) {
			t.Errorf("%s: anonymous socket got %v", transport, got)
		}
	}
}

// contract 1.3 and 1.4
func testWelcome(t *testing.T, open opener) {
	d := newDesk(t, open)
	for _, transport := range transportsUnderTest {
		c := d.connect(transport, user(7, "Operador"))
		e, err := c.WaitEvent(t.Context(), "connection_established")
		if err != nil {
			t.Fatal(err)
		}
		var body map[string]string
		if err := json.Unmarshal([]byte(e.Arg()), &body); err != nil {
			t.Fatal(err)
		}
		if len(body) != 3 || body["message"] == "" || body["user"] != "user7" || body["role"] != "Operador" {
			t.Errorf("welcome %s", e.Arg())
		}
		packets := c.Packets()
		if len(packets) < 2 || !strings.HasPrefix(packets[0], "40{") || !strings.HasPrefix(packets[1], "42[") {
			t.Errorf("%s: packets %v", transport, packets)
		}
		for _, room := range []string{"role_Operador", "user_7", "authenticated", "public"} {
			d.send(Message{Rooms: []string{room}, Name: room})
			barrier(t, c)
			if count(c, room) != 1 {
				t.Errorf("%s: not in room %s", transport, room)
			}
		}
		c.Close()
	}
	totals := d.counters.Totals()
	if totals.Connects["websocket"] != 1 || totals.Connects["polling"] != 1 {
		t.Errorf("connects %v", totals.Connects)
	}
}

// contract 5.5, and nobody for no room
func testAudience(t *testing.T, open opener) {
	d := newDesk(t, open)
	master, trader, anonymous := d.greeted("websocket", 1, "Master"), d.greeted("polling", 2, "Trader"), d.connect("websocket", nil)
	masterTab := d.greeted("polling", 1, "Master")
	barrier(t, anonymous) // rooms follow the CONNECT reply, and nothing greets it
	all := []string{events.RoomAuthenticated, events.RoomRole("Master"), events.RoomUser(1), events.RoomPublic}
	for i, c := range []struct {
		rooms, except []string
		want          [4]int // master, second tab, trader, anonymous
	}{
		{all, nil, [4]int{1, 1, 1, 1}},
		{[]string{events.RoomAuthenticated, events.RoomRole("Master")}, nil, [4]int{1, 1, 1, 0}},
		{[]string{events.RoomUser(1), events.RoomUser(1)}, nil, [4]int{1, 1, 0, 0}},
		{[]string{events.RoomPublic}, []string{events.RoomAuthenticated}, [4]int{0, 0, 0, 1}},
		{all, []string{events.RoomRole("Master")}, [4]int{0, 0, 1, 1}},
		{all, []string{"nobody is here"}, [4]int{1, 1, 1, 1}},
		{nil, nil, [4]int{}},
		{[]string{}, []string{events.RoomRole("Trader")}, [4]int{}},
		{[]string{"nobody is here"}, nil, [4]int{}},
		{[]string{""}, nil, [4]int{}},
	} {
		name := "case" + strconv.Itoa(i)
		d.send(Message{Rooms: c.rooms, Except: c.except, Name: name, Payload: json.RawMessage(`{"n":12345678901234567890,"m":1.10}`)})
		barrier(t, master, masterTab, trader, anonymous)
		got := [4]int{count(master, name), count(masterTab, name), count(trader, name), count(anonymous, name)}
		if got != c.want {
			t.Errorf("rooms %q except %q: got %v, want %v", c.rooms, c.except, got, c.want)
		}
	}
	e, err := master.WaitEvent(t.Context(), "case0")
	if err != nil || e.Arg() != `{"n":12345678901234567890,"m":1.10}` {
		t.Errorf("payload changed on its way: %s %v", e.Arg(), err)
	}
	for _, bad := range []Message{{Rooms: all}, {Rooms: all, Name: "x", Payload: json.RawMessage(`{`)}} {
		if d.engine.Send(bad) == nil {
			t.Errorf("sent %+v", bad)
		}
	}
}

// contract 1.5 and 1.6
func testInbound(t *testing.T, open opener) {
	d := newDesk(t, open)
	names := []string{"dashboard_refresh", "join_client_room", "console_watch"}
	for _, entity := range []string{"operation", "client", "user"} {
		for _, act := range []string{"created", "updated", "deleted"} {
			names = append(names, entity+"_"+act)
		}
	}
	names = append(names, "unknown", "message", "error")
	for _, transport := range transportsUnderTest {
		for _, header := range []http.Header{nil, user(3, "Trader")} {
			c, onlooker := d.connect(transport, header), d.greeted(transport, 4, "Master")
			for _, name := range names {
				for _, args := range [][]string{nil, {`{}`}, {`null`}, {`{"dni":5}`}, {`"text"`}, {`{}`, `{}`}} {
					id, err := c.EmitAck(t.Context(), name, args...)
					if err != nil {
						t.Fatal(err)
					}
					barrier(t, c)
					known := !slices.Contains([]string{"unknown", "message", "error"}, name)
					if want := known && len(args) == 1; c.HasAck(id) != want {
						t.Errorf("%s %s%v: ack %v, want %v", transport, name, args, c.HasAck(id), want)
					}
					if c.HasAck(id) {
						if got, _ := c.Acked(t.Context(), id); got != "[]" {
							t.Errorf("%s acked with %s", name, got)
						}
					}
				}
			}
			barrier(t, onlooker)
			if got := onlooker.Names(); len(got) != 1 {
				t.Errorf("inbound events were relayed: %v", got)
			}
			refreshed := count(c, "refresh_dashboard")
			if header == nil && len(c.Names()) != 0 || header != nil && refreshed == 0 {
				t.Errorf("%s %v: events %v", transport, header, c.Names())
			}
			c.Close()
			onlooker.Close()
		}
	}
	if d.counters.Totals().HandlerPanics != 0 {
		t.Error("a handler panicked")
	}
	d.loud()
}

func testInboundOrder(t *testing.T, open opener) {
	d := newDesk(t, open)
	for _, transport := range transportsUnderTest {
		const n = 500
		c := d.connect(transport, nil)
		var packets, got []string
		for i := range n {
			packets = append(packets, fmt.Sprintf(`42["user_updated","%s %d"]`, transport, i))
		}
		if err := c.Send(t.Context(), packets...); err != nil {
			t.Fatal(err)
		}
		barrier(t, c)
		for _, s := range d.saw() {
			if strings.HasPrefix(s, `user_updated "`+transport) {
				got = append(got, s)
			}
		}
		for i := range n {
			if want := fmt.Sprintf(`user_updated "%s %d"`, transport, i); i >= len(got) || got[i] != want {
				t.Fatalf("%s: %d of %d events, first wrong is %d", transport, len(got), n, i)
			}
		}
		c.Close()
	}
}

// contract 5.2
func testJoinClientRoom(t *testing.T, open opener) {
	d := newDesk(t, open, func(d *desk, _ *Options) {
		d.mayWatch = func(id middleware.Identity, dni string) bool { return dni == "12345678" || dni == "X-1" }
	})
	long := strings.Repeat("1", longestDNI+1)
	for _, transport := range transportsUnderTest {
		c := d.connect(transport, nil)
		for _, ask := range []struct {
			dni            string
			answered, join bool
		}{
			{`"12345678"`, true, true},
			{`"X-1"`, true, true},
			{`"87654321"`, true, false},
			{`"../x"`, true, false},
			{`"` + long + `"`, true, false},
			{`"` + long + long + `"`, false, false},
			{`""`, false, false},
			{`7`, false, false},
		} {
			before := len(c.Events())
			if err := c.Emit(t.Context(), "join_client_room", `{"dni":`+ask.dni+`}`); err != nil {
				t.Fatal(err)
			}
			barrier(t, c)
			plain := strings.Trim(ask.dni, `"`)
			got := c.Events()[before:]
			if answered := len(got) == 1 && got[0].Name == "joined_room" &&
				got[0].Arg() == `{"room":"client_`+plain+`","dni":"`+plain+`"}`; answered != ask.answered || len(got) > 1 {
				t.Errorf("%s: answer to %s: %v", transport, ask.dni, got)
			}
			name := "for " + plain
			d.send(Message{Rooms: []string{events.RoomClient(plain)}, Name: name})
			barrier(t, c)
			if joined := count(c, name) == 1; joined != ask.join {
				t.Errorf("%s: joined the room of %s: %v", transport, ask.dni, joined)
			}
		}
		c.Close()
	}
	if got := d.counters.Totals().JoinRefusals; got != 8 {
		t.Errorf("%d refusals counted", got)
	}
	// More than a page ever asks for: answered, but not joined.
	c := d.connect("websocket", nil)
	for range deskWatches {
		if err := c.Emit(t.Context(), "join_client_room", `{"dni":"00000000"}`); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.Emit(t.Context(), "join_client_room", `{"dni":"12345678"}`); err != nil {
		t.Fatal(err)
	}
	barrier(t, c)
	d.send(Message{Rooms: []string{events.RoomClient("12345678")}})
	barrier(t, c)
	if count(c, "joined_room") != deskWatches+1 || count(c, "tick") != 0 {
		t.Errorf("beyond the limit: %v", c.Names())
	}
}

// contract 5.10
func testRefreshLimit(t *testing.T, open opener) {
	d := newDesk(t, open)
	tab, second, foreign := d.greeted("websocket", 5, "Trader"), d.greeted("polling", 5, "Trader"), d.greeted("websocket", 6, "Trader")
	if err := tab.Emit(t.Context(), "dashboard_refresh", `{}`); err != nil {
		t.Fatal(err)
	}
	barrier(t, tab, second, foreign)
	if count(tab, "refresh_dashboard") != 1 || count(second, "refresh_dashboard") != 1 || count(foreign, "refresh_dashboard") != 0 {
		t.Errorf("refresh reached %v, %v, %v", tab.Names(), second.Names(), foreign.Names())
	}
	for range 200 {
		if err := tab.Emit(t.Context(), "dashboard_refresh", `{}`); err != nil {
			t.Fatal(err)
		}
	}
	barrier(t, tab)
	if got := count(tab, "refresh_dashboard"); got >= 100 {
		t.Errorf("%d refreshes for 201 requests", got)
	}
}
