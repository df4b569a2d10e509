package server_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server"
)

const callSecret = "a secret of calls for tests, long enough"

// callService stands for a LiveKit server: the RoomService, which takes tokens of the
// right secret and grant alone.
type callService struct {
	*httptest.Server
	d *desk

	mu      sync.Mutex
	inside  map[string]int // people by room
	made    []string
	refused []string
	down    bool
	tries   int // while it was down
}

func newCallService(t *testing.T) *callService {
	s := &callService{inside: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *callService) configure(c *server.Config) {
	c.Calls.URL, c.Calls.APIKey, c.Calls.APISecret = strings.Replace(s.URL, "http", "ws", 1), "key-1", callSecret
}

func (s *callService) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		s.tries++
		http.Error(w, "down", http.StatusBadGateway)
		return
	}
	grant, err := s.grant(strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer "))
	var in struct {
		Name, Room      string
		MaxParticipants int `json:"max_participants"`
	}
	if err == nil {
		err = json.NewDecoder(r.Body).Decode(&in)
	}
	answer := map[string]any{}
	switch method := r.URL.Path; {
	case err != nil:
	case method == "/twirp/livekit.RoomService/CreateRoom" && grant["roomCreate"] == true && in.MaxParticipants == 2:
		s.made = append(s.made, in.Name)
		s.inside[in.Name] += 0
		answer["name"] = in.Name
	case method == "/twirp/livekit.RoomService/ListParticipants" && grant["roomAdmin"] == true && grant["room"] == in.Room:
		n, ok := s.inside[in.Room]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
			_, _ = w.Write([]byte(`{"code":"not_found","msg":"no such room"}`))
			return
		}
		answer["participants"] = make([]struct{}, n)
	case method == "/twirp/livekit.RoomService/ListRooms" && grant["roomList"] == true:
		rooms := []map[string]any{}
		for _, name := range s.made {
			rooms = append(rooms, map[string]any{"name": name, "num_participants": s.inside[name]})
		}
		answer["rooms"] = rooms
	default:
		err = fmt.Errorf("%s with %v", method, grant)
	}
	if err != nil {
		s.refused = append(s.refused, err.Error())
		http.Error(w, `{"code":"unauthenticated"}`, http.StatusUnauthorized)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(answer)
}

// grant checks a token as LiveKit does, at the desk's clock.
func (s *callService) grant(token string) (map[string]any, error) {
	claims := jwt.MapClaims{}
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{"HS256"}), jwt.WithIssuer("key-1"), jwt.WithExpirationRequired(), jwt.WithTimeFunc(s.d.now)).
		ParseWithClaims(token, claims, func(*jwt.Token) (any, error) { return []byte(callSecret), nil })
	grant, _ := claims["video"].(map[string]any)
	return grant, err
}

func (s *callService) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// emergencies contract 1.3, 2.2, 2.3: the room of a request, who gets into it, and when
// everybody hears that it is attended.
func TestEmergencyCalls(t *testing.T) {
	for _, dialect := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(dialect), func(t *testing.T) {
			service := newCallService(t)
			d := newDesk(t, dialect, service.configure)
			service.d = d
			person := d.requester("111")
			asker, op := d.holder("ana.nunez", models.AccountRequester, person.ID), d.staff(models.Operador)
			r := asker.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)).want(t, 200)
			room, url := r.body["room"].(string), strings.Replace(service.URL, "http", "ws", 1)
			grant, err := service.grant(r.body["token"].(string))
			if err != nil || grant["roomJoin"] != true || grant["room"] != room || grant["roomAdmin"] != nil || r.body["server_url"] != url {
				t.Errorf("%v, grant %v, answer %s", err, grant, r.raw)
			}
			if e := d.events(); len(e) < 1 || !strings.Contains(string(e[len(e)-1].Payload), `"server_url":"`+url+`"`) {
				t.Errorf("events %+v", e)
			}
			// Nobody is inside yet: the operator's coming does not complete the call.
			join := func(who *tokenHolder, room string) reply {
				return who.call("PUT", "/salas", map[string]any{"id_operador": 1, "room": room})
			}
			r = join(op, room).want(t, 200)
			grant, err = service.grant(r.body["token"].(string))
			if err != nil || grant["room"] != room || len(r.body) != 4 || r.body["room"] != room || r.body["server_url"] != url || r.body["identity"] != fmt.Sprintf("operador-%d", op.user.ID) {
				t.Errorf("%v, grant %v, answer %s", err, grant, r.raw)
			}
			if names := d.eventNames(); len(names) != 0 {
				t.Errorf("told %v", names)
			}
			service.set(func() { service.inside[room] = 1 })
			join(op, room).want(t, 200)
			if e := d.events(); len(e) != 1 || e[0].Name != "sala_atendida" || !strings.Contains(string(e[0].Payload), `"data":{"room":"`+room+`","estado":"atendida"}`) {
				t.Errorf("events %+v", e)
			}
			join(d.staff(models.Master), room).want(t, 200) // once is enough
			if names := d.eventNames(); len(names) != 0 {
				t.Errorf("told again %v", names)
			}
			if n := d.trail("ATTEND_ROOM"); n != 1 {
				t.Errorf("%d audit lines", n)
			}
			r = op.call("GET", "/salas/activas", nil).want(t, 200)
			if list := r.body["salas"].([]any); r.body["total"] != 1.0 || len(list) != 1 || list[0].(map[string]any)["name"] != room || list[0].(map[string]any)["personas_conectadas"] != "1/2" {
				t.Errorf("rooms %s", r.raw)
			}
			for _, unknown := range []string{"emergencia-x", "", strings.Repeat("x", 200), "x\x00y"} {
				wantDetail(t, join(op, unknown), 404)
			}
			wantDetail(t, join(op, strings.Repeat("x", 300)), 422)

			// The service is down: requests are stored and told, operators get in, nothing hangs.
			service.set(func() { service.down = true })
			r = asker.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)).want(t, 200)
			if names := fmt.Sprint(d.eventNames()); names != "[nueva_solicitud]" || r.body["token"] == "" {
				t.Errorf("told %s, answer %s", names, r.raw)
			}
			// Not everybody who asks waits for it, until it may be back.
			asker.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)).want(t, 200)
			service.set(func() {
				if service.tries != 1 {
					t.Errorf("%d tries", service.tries)
				}
				service.down, service.made = false, nil
			})
			d.advance(31 * time.Second)
			again := asker.call("POST", "/solicitudes/solicitar-ambulancia", newerBody(person.ID)).want(t, 200)
			service.set(func() {
				if service.down = true; fmt.Sprint(service.made) != fmt.Sprint([]any{again.body["room"]}) {
					t.Errorf("made %v", service.made)
				}
			})
			d.eventNames()
			join(op, r.body["room"].(string)).want(t, 200)
			wantDetail(t, op.call("GET", "/salas/activas", nil), 503)
			service.Close()
			asker.call("POST", "/emergencias/solicitar-ambulancia", olderBody("111")).want(t, 200)
			if names := fmt.Sprint(d.eventNames()); names != "[nueva_solicitud]" {
				t.Errorf("told %s", names)
			}
			if len(service.refused) > 0 {
				t.Errorf("the service refused %v", service.refused)
			}
		})
	}
}

// Half a configuration of calls is refused at the start.
func TestEmergencyCallsHalfConfigured(t *testing.T) {
	store := modelstest.Open(t, models.SQLite)
	for i, set := range []func(*server.Config){
		func(c *server.Config) { c.Calls.URL = "wss://calls.example" },
		func(c *server.Config) { c.Calls.APIKey, c.Calls.APISecret = "k", "s" },
	} {
		cfg := server.DefaultConfig()
		cfg.SecretKey = "a key for tests, of enough characters"
		set(cfg)
		if _, err := server.New(cfg, store, zap.NewNop()); err == nil || !strings.Contains(err.Error(), "calls.") {
			t.Errorf("%d: %v", i, err)
		}
	}
}
