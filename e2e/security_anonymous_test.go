package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// impostor is somebody who is not signed in, or not any more.
type impostor struct{ name, cookie string }

// TestSecurityAnonymous records every event of the table for every room that its
// audience may have, and shows who of those not signed in hears what: the public event
// alone (contract 1.2, 2.2, 2.8, 5.15), and over the push WebSocket nothing (emergencies
// contract 4.2). A Master's socket proves that each was sent.
func TestSecurityAnonymous(t *testing.T) {
	t.Parallel()
	p := start(t, models.SQLite)
	const dni = "11112222"
	max := p.hire("max", models.Master)
	max.newClient(dni)
	visitor := p.stranger()
	visitor.send("GET", "/login", nil).want(200)
	crowd := []impostor{
		{"No cookie", ""},
		{"Cookie of a visitor", visitor.cookie()},
		{"Token that was never given", "session=" + strings.Repeat("A", len(max.cookie())-len("session="))},
		{"Token of a session with one character changed", forged(max.cookie())},
		{"Token under another name", "__Host-" + max.cookie()},
		{"Signed out", p.gone("ana", func(who *person) { who.send("GET", "/logout", nil).want(302) })},
		{"Deactivated user", p.gone("berta", func(who *person) {
			max.json("POST", fmt.Sprintf("/users/api/toggle_status/%d", who.id), nil).want(200)
		})},
		{"Deleted user", p.gone("carla", func(who *person) {
			max.json("DELETE", fmt.Sprintf("/users/api/delete/%d", who.id), nil).want(200)
		})},
		{"Before the password was reset", p.gone("dora", func(who *person) {
			max.json("POST", fmt.Sprintf("/reset_password/%d", who.id), map[string]any{"new_password": "otra-clave-7"}).want(200)
		})},
	}
	desk := &emergencyDesk{process: p, admin: p.caller("max")}
	desk.patient = desk.newPatient("000111")
	desk.request()
	p.delivered()
	control := max.socket()
	watchConsole(t, control)
	sockets := map[string]map[string]*livetest.Client{}
	pushed := map[string]*pushSocket{}
	for _, who := range crowd {
		sockets[who.name] = map[string]*livetest.Client{}
		for _, transport := range []string{"websocket", "polling"} {
			s, err := livetest.Connect(soon(t), livetest.Dial{URL: p.url, Transport: transport, Header: http.Header{"Cookie": {who.cookie}}})
			if err != nil {
				t.Fatalf("%s over %s: %v", who.name, transport, err)
			}
			t.Cleanup(s.Close)
			sockets[who.name][transport] = s
			// What is never relayed and what is never joined, tried first.
			for _, in := range events.AllInbound() {
				argument := `{"dni":"` + dni + `"}`
				if in.Argument["type"] == "boolean" {
					argument = "true"
				}
				if err := s.Emit(soon(t), in.Name, argument); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Barrier(soon(t)); err != nil {
				t.Fatal(err)
			}
			if got := s.Names(); !slices.Equal(got, []string{"joined_room"}) {
				t.Errorf("%s over %s heard %v of its own requests", who.name, transport, got)
			}
		}
	}

	for _, who := range crowd {
		header := http.Header{}
		if who.cookie != "" {
			header.Set("Cookie", who.cookie)
		}
		s, err := dialPush(t, who.name, p.url+pushPath+"?id_operador=1", header)
		if err != nil {
			t.Fatalf("%s: push: %v", who.name, err)
		}
		pushed[who.name] = s
	}
	due := p.everyEvent(max, dni)
	p.delivered()
	if err := control.Barrier(soon(t)); err != nil {
		t.Fatal(err)
	}
	for name, probe := range due {
		if !slices.ContainsFunc(control.Events(), func(e livetest.Event) bool { return strings.Contains(e.Arg(), probe) }) {
			t.Errorf("nobody heard %s, so the test shows nothing of it", name)
		}
	}
	measured := newTable("Who", "Hears over WebSocket", "Hears over polling", "Hears over the push WebSocket")
	for _, who := range crowd {
		row := []string{who.name}
		for _, transport := range []string{"websocket", "polling"} {
			s := sockets[who.name][transport]
			if err := s.Barrier(soon(t)); err != nil {
				t.Fatal(err)
			}
			heard := s.Names()[1:]
			if !slices.Equal(heard, []string{"tipos_cambio_actualizados"}) {
				t.Errorf("%s over %s heard %v", who.name, transport, heard)
			}
			row = append(row, "`"+strings.Join(heard, "`, `")+"` alone")
		}
		pushed[who.name].mute()
		measured.add(append(row, "nothing")...)
	}
	p.listening(0)
	measured.documented(t, "anonymous")
}

// gone is the cookie of a user who was signed in until end.
func (p *process) gone(name string, end func(who *person)) string {
	p.t.Helper()
	who := p.hire(name, models.Trader)
	cookie := who.cookie()
	end(who)
	return cookie
}

// forged changes one character in the middle of a token.
func forged(cookie string) string {
	b := []byte(cookie)
	at := len(b) / 2
	if b[at]++; b[at] == 'z'+1 || b[at] == 'Z'+1 || b[at] == '9'+1 {
		b[at] = 'A'
	}
	return string(b)
}

// everyEvent records each row of the table once, for all rooms that fit its audience,
// and returns what the payload of those that a Master hears holds, by name and row.
func (p *process) everyEvent(master *person, dni string) map[string]string {
	p.t.Helper()
	witness := p.callWitness()
	due := map[string]string{}
	err := witness.store.Tx(soon(p.t), func(tx *models.Tx) error {
		for i, row := range events.All() {
			probe := fmt.Sprintf("probe %d of the table", i)
			payload, err := json.Marshal(map[string]string{"probe": probe, "role": models.Master})
			if err != nil {
				return err
			}
			record := models.EventRecord{Name: row.Name, Payload: payload, Except: row.Audience.Except}
			for _, room := range row.Audience.Rooms {
				record.Rooms = append(record.Rooms, everyRoom(room, master.id, dni)...)
			}
			if len(row.Audience.Except) == 0 && !strings.Contains(fmt.Sprint(row.Audience.Rooms), "session_") {
				due[fmt.Sprintf("%s, row %d", row.Name, i)] = probe
			}
			if err := tx.Record(record); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		err = witness.store.NotifyEvents(soon(p.t), "")
	}
	if err != nil {
		p.t.Fatal(err)
	}
	return due
}

// everyRoom fills in a placeholder of the table. An answer to one socket goes to all
// who are signed in here: the worst that could become of it.
func everyRoom(room string, user int64, dni string) []string {
	switch room {
	case "role_<Role>":
		return []string{events.RoomRole(models.Master), events.RoomRole(models.Trader), events.RoomRole(models.Operador)}
	case "user_<id>":
		return []string{events.RoomUser(user)}
	case "client_<dni>":
		return []string{events.RoomClient(dni)}
	case "<this socket>":
		return []string{events.RoomAuthenticated}
	}
	if before, _, found := strings.Cut(room, "<"); found {
		return []string{before + "999999"}
	}
	return []string{room}
}
