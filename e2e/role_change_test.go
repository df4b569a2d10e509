package e2e

import (
	"fmt"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// A change of role moves the user's open sockets, over whatever transport, and ends
// neither them nor the session. The user is told; the old role's events do not come
// after the answer any more, the new role's do. It makes no difference whether the
// server or the command line made the change (contract 2.1, 5.9).
func TestRoleChangeMovesOpenSockets(t *testing.T) {
	doors := map[string]func(p *process, max, who *person, role string){
		"REST": func(_ *process, max, who *person, role string) {
			max.json("PUT", fmt.Sprintf("/users/api/update/%d", who.id), map[string]any{"role": role}).want(200)
		},
		"command line": func(p *process, _, who *person, role string) {
			p.command("", "user", "role", who.name, role)
			p.delivered() // the server has seen what it was not asked to do
		},
	}
	for door, change := range doors {
		for _, engine := range []string{"native", "zishang520"} {
			t.Run(door+" "+engine, func(t *testing.T) {
				eachDialect(t, func(t *testing.T, d models.Dialect) {
					s := &scene{process: start(t, d, "RELEVO_SOCKET_ENGINE="+engine), withoutOffsets: engine != "native"}
					s.changeRoles(t, change)
				})
			})
		}
	}
}

func (s *scene) changeRoles(t *testing.T, change func(p *process, max, who *person, role string)) {
	max := s.hire("max", models.Master)
	mona := s.hire("mona", models.Master)
	tina := s.hire("tina", models.Trader)
	s.delivered()
	s.sockets, s.seen = map[string]*livetest.Client{"max": max.socket()}, map[string]int{}
	monas, tinas := []string{"mona websocket", "mona polling"}, []string{"tina websocket", "tina polling"}
	for i, transport := range []string{"websocket", "polling"} {
		s.sockets[monas[i]], s.sockets[tinas[i]] = mona.listen(transport), tina.listen(transport)
	}
	if t.Failed() {
		return
	}
	greeting := `{"message":"<text>","user":"%s","role":"%s"}`
	s.check(t, []want{
		{"connection_established", []string{"max"}, fmt.Sprintf(greeting, "max", models.Master)},
		{"connection_established", monas, fmt.Sprintf(greeting, "mona", models.Master)},
		{"connection_established", tinas, fmt.Sprintf(greeting, "tina", models.Trader)},
	})
	for turn := range 3 {
		demoted, promoted, gone, come := mona, tina, monas, tinas
		if turn%2 == 1 {
			demoted, promoted, gone, come = tina, mona, tinas, monas
		}
		both := append([]string{"max"}, come...)

		change(s.process, max, demoted, models.Trader)
		first := newUser(max, fmt.Sprintf("first%d", turn))
		s.check(t, []want{
			{"session_updated", gone, `{"role":"Trader","old_role":"Master"}`},
			{"user_updated", []string{"max"}, userUpdated(demoted, models.Trader)},
			{"nuevo_usuario", []string{"max"}, first},
		})
		demoted.json("POST", "/users/api/create", map[string]any{}).want(403)

		change(s.process, max, promoted, models.Master)
		second := newUser(promoted, fmt.Sprintf("second%d", turn))
		s.check(t, []want{
			{"session_updated", come, `{"role":"Master","old_role":"Trader"}`},
			{"user_updated", both, userUpdated(promoted, models.Master)},
			{"nuevo_usuario", both, second},
		})
	}
	for name, socket := range s.sockets {
		if socket.Disconnected() {
			t.Errorf("%s got DISCONNECT", name)
		}
	}
}

// newUser makes a user and returns what masters hear of it.
func newUser(by *person, name string) (payload string) {
	by.t.Helper()
	by.json("POST", "/users/api/create", map[string]any{
		"username": name, "email": name + "@desk.example", "password": password, "dni": fmt.Sprintf("%08d", peopleMade.Add(1)), "role": models.Trader,
	}).want(201)
	return fmt.Sprintf(`{"username":%q,"role":"Trader","created_by":%q,"target_role":"Master"}`, name, by.name)
}

// userUpdated is what masters hear of a change, whoever made it.
func userUpdated(who *person, role string) (payload string) {
	return fmt.Sprintf(`{"user_id":%d,"username":%q,"role":%q,"status":"Activo","changed_by":"<text>"}`, who.id, who.name, role)
}
