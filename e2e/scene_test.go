package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// The sockets of a scene. olga has two tabs; walter is a Trader whose socket asked
// for the room of the client concerned; nobody is signed out and asked for it too.
const (
	max1, tina, olga1, olga2, omar, walter, nobody = "max", "tina", "olga 1", "olga 2", "omar", "walter", "nobody"
)

var (
	everySocket = []string{max1, tina, olga1, olga2, omar, walter, nobody}
	staff       = []string{max1, tina, olga1, olga2, omar, walter}
	masters     = []string{max1}
	bothOlgas   = []string{olga1, olga2}
)

// scene is a desk with people who watch it.
type scene struct {
	*process
	people  map[string]*person
	sockets map[string]*livetest.Client
	seen    map[string]int    // events of a socket that earlier steps accounted for
	vars    map[string]string // what steps learnt, for paths and payloads: {name}

	withoutOffsets bool // the engine gives none
}

// newScene signs in a master and a trader; callIn brings the others and the sockets.
func newScene(t *testing.T, d models.Dialect) *scene {
	s := &scene{process: start(t, d), people: map[string]*person{}, sockets: map[string]*livetest.Client{}, seen: map[string]int{}, vars: map[string]string{}}
	s.people["max"] = s.hire("max", models.Master)
	s.people["tina"] = s.hire("tina", models.Trader)
	return s
}

// callIn signs in the operators and the watcher, and opens every socket. The client
// with the document number exists.
func (s *scene) callIn(dni string) {
	s.t.Helper()
	s.people["olga"] = s.hire("olga", models.Operador)
	s.people["omar"] = s.hire("omar", models.Operador)
	s.people["walter"] = s.hire("walter", models.Trader)
	s.people["nobody"] = s.stranger()
	for name, p := range s.people {
		s.vars[name] = fmt.Sprint(p.id)
	}
	// What was done so far is not heard any more by sockets that come now.
	s.delivered()
	for _, name := range everySocket {
		s.sockets[name] = s.people[strings.Fields(name)[0]].socket()
	}
	for _, name := range []string{walter, nobody} {
		s.mustEmit(name, "join_client_room", fmt.Sprintf(`{"dni":%q}`, dni))
	}
}

func (s *scene) mustEmit(socket, name string, args ...string) {
	s.t.Helper()
	if err := s.sockets[socket].Emit(soon(s.t), name, args...); err != nil {
		s.t.Fatalf("%s emits %s: %v", socket, name, err)
	}
	// Other sockets' round trips say nothing about this one's event.
	if err := s.sockets[socket].Barrier(soon(s.t)); err != nil {
		s.t.Fatalf("%s emitted %s: %v", socket, name, err)
	}
}

// want is one event that some sockets get, once each.
type want struct {
	event string
	to    []string
	// payload is JSON. The text "<text>" stands for any text that is not empty, and
	// {name} for what was learnt.
	payload string
}

// expand fills in what was learnt.
func (s *scene) expand(text string) string {
	for k, v := range s.vars {
		text = strings.ReplaceAll(text, "{"+k+"}", v)
	}
	return text
}

// settle returns when every socket has got what was committed and sent to it before.
func (s *scene) settle() {
	s.t.Helper()
	s.delivered()
	var wg sync.WaitGroup
	for name, socket := range s.sockets {
		wg.Go(func() {
			if err := socket.Barrier(soon(s.t)); err != nil {
				s.t.Errorf("barrier of %s: %v", name, err)
			}
		})
	}
	wg.Wait()
}

// check compares what every socket got since the last check with the list: the same
// events, in this order, this often, with these payloads, and nothing else.
func (s *scene) check(t *testing.T, wants []want) {
	t.Helper()
	s.settle()
	for _, name := range slices.Sorted(maps.Keys(s.sockets)) {
		all := s.sockets[name].Events()
		got := all[s.seen[name]:]
		s.seen[name] = len(all)
		var due []want
		for _, w := range wants {
			if slices.Contains(w.to, name) {
				due = append(due, w)
			}
		}
		if len(got) != len(due) {
			t.Errorf("%s got %d events, want %d:\n%s", name, len(got), len(due), listing(got))
			continue
		}
		for i, w := range due {
			if got[i].Name != w.event {
				t.Errorf("%s: event %d is %s, want %s", name, i+1, got[i].Name, w.event)
			} else if err := samePayload(s.expand(w.payload), got[i].Arg()); err != nil {
				t.Errorf("%s: %s: %v", name, w.event, err)
			} else if has := got[i].Offset() != ""; has != (kept(w.event) && !s.withoutOffsets) {
				t.Errorf("%s: %s has an offset: %v", name, w.event, has)
			}
		}
	}
}

// kept tells whether events of the name are kept for sockets that come back; these
// have an offset (contract 5.8).
func kept(name string) bool {
	return slices.ContainsFunc(events.All(), func(r events.Row) bool { return r.Name == name && r.Class == events.Durable })
}

func listing(events []livetest.Event) string {
	var b strings.Builder
	for _, e := range events {
		fmt.Fprintf(&b, "  %s %s\n", e.Name, e.Arg())
	}
	return b.String()
}

// samePayload compares JSON by keys, types and the digits of numbers.
func samePayload(want, got string) error {
	w, err := parsed(want)
	if err != nil {
		return fmt.Errorf("the expectation %s: %w", want, err)
	}
	g, err := parsed(got)
	if err != nil {
		return fmt.Errorf("payload %q: %w", got, err)
	}
	blank(w, g)
	if !reflect.DeepEqual(w, g) {
		return fmt.Errorf("\n got %s\nwant %s", got, want)
	}
	return nil
}

// parsed keeps numbers as they are written.
func parsed(text string) (v any, err error) {
	d := json.NewDecoder(bytes.NewReader([]byte(text)))
	d.UseNumber()
	err = d.Decode(&v)
	return v, err
}

// blank puts "<text>" wherever the expectation has it and the other side has a text.
func blank(want, got any) {
	w, _ := want.(map[string]any)
	g, _ := got.(map[string]any)
	for k, v := range w {
		if text, ok := g[k].(string); v == "<text>" && ok && text != "" {
			g[k] = "<text>"
		}
		blank(v, g[k])
	}
}
