package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// judge compares what clients got with the durable events that were committed.
type judge struct {
	t    *testing.T
	rows []models.LoggedEvent
	byID map[string]*models.LoggedEvent
	// byContent has the rows of a name and payload, in seq order.
	byContent map[string][]*models.LoggedEvent
	files     map[*watcher]*file
	// allowed tells what is for a watcher; by the rooms of its user unless replaced.
	allowed func(w *watcher, e *models.LoggedEvent) bool
}

// file is what is known of one watcher.
type file struct {
	seen     int            // receipts looked at
	first    map[string]int // event id -> visit of its first receipt
	last     map[string]int64
	missing  int // expected events that have not come
	repeats  int
	replayed int
	wrong    []string
}

// newJudge reads the log after baseline. No writer may be at work any more.
func newJudge(t *testing.T, s *models.Store, baseline int64) *judge {
	t.Helper()
	j := &judge{t: t, byID: map[string]*models.LoggedEvent{}, byContent: map[string][]*models.LoggedEvent{}, files: map[*watcher]*file{}}
	j.allowed = func(w *watcher, e *models.LoggedEvent) bool { return addressed(w.rooms(), e) }
	j.rows = logAfter(t, s, baseline)
	for i := range j.rows {
		e := &j.rows[i]
		j.byID[e.ID] = e
		k := content(e.Name, e.Payload)
		j.byContent[k] = append(j.byContent[k], e)
	}
	return j
}

// logAfter reads the event log after seq.
func logAfter(t *testing.T, s *models.Store, seq int64) []models.LoggedEvent {
	t.Helper()
	rows, err := s.EventsAfter(soon(t), models.EventCursor{Low: seq}, 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

// logEnd is the seq of the last event so far.
func logEnd(t *testing.T, s *models.Store) int64 {
	t.Helper()
	rows := logAfter(t, s, 0)
	if len(rows) == 0 {
		return 0
	}
	return rows[len(rows)-1].Seq
}

// rooms are those that a watcher's session puts it in.
func (w *watcher) rooms() []string {
	if w.who == nil || w.who.id == 0 {
		return []string{events.RoomPublic}
	}
	return []string{events.RoomPublic, events.RoomAuthenticated, events.RoomUser(w.who.id), events.RoomRole(w.who.role)}
}

// addressed is the rule of the table of events: in one of the rooms, in none of the
// exceptions.
func addressed(rooms []string, e *models.LoggedEvent) bool {
	in := func(room string) bool { return slices.Contains(rooms, room) }
	return slices.ContainsFunc(e.Rooms, in) && !slices.ContainsFunc(e.Except, in)
}

// content is the name and payload, without the id that a replay adds. Digits of
// numbers are lost on the way through the client.
func content(name string, payload json.RawMessage) string {
	var v any
	if json.Unmarshal(payload, &v) != nil {
		return name + string(payload)
	}
	if o, ok := v.(map[string]any); ok {
		delete(o, "_event_id")
	}
	b, _ := json.Marshal(v)
	return name + string(b)
}

// passing events are not in the log: only the newest counts, or they answer one socket.
var passing = []string{"dashboard_update", "position_update", "connection_established"}

// look goes through what came since the last look and counts what is missing.
func (j *judge) look(c *crowd) (missing int) {
	for _, w := range c.watchers {
		f := j.files[w]
		if f == nil {
			f = &file{first: map[string]int{}, last: map[string]int64{}}
			for i := range j.rows {
				if j.allowed(w, &j.rows[i]) {
					f.missing++
				}
			}
			j.files[w] = f
		}
		for _, r := range c.got(w, f.seen) {
			f.seen++
			j.receive(w, f, r)
		}
		missing += f.missing
	}
	return missing
}

func (j *judge) receive(w *watcher, f *file, r receipt) {
	accuse := func(format string, args ...any) {
		f.wrong = append(f.wrong, fmt.Sprintf("%s (visit %d): %s %s: ", w.name, r.visit, r.name, r.args)+fmt.Sprintf(format, args...))
	}
	if slices.Contains(passing, r.name) {
		if w.rooms()[0] == events.RoomPublic && len(w.rooms()) == 1 {
			accuse("nobody is signed in")
		}
		return
	}
	if len(r.args) == 0 {
		accuse("no payload")
		return
	}
	id, replay := "", false
	var o struct {
		ID string `json:"_event_id"`
	}
	if json.Unmarshal(r.args[0], &o) == nil && o.ID != "" {
		id, replay = o.ID, true
	}
	var offset string
	if len(r.args) > 1 && json.Unmarshal(r.args[1], &offset) == nil {
		from, _, _ := strings.Cut(offset, "_")
		if id != "" && id != from {
			accuse("the payload says event %s, the offset %s", id, from)
		}
		id = from
	}
	e := j.byID[id]
	if same := j.byContent[content(r.name, r.args[0])]; e == nil && id == "" && len(same) > 0 {
		e = same[0]
	} else if e != nil && content(e.Name, e.Payload) != content(r.name, r.args[0]) {
		accuse("event %s says %s %s", id, e.Name, e.Payload)
		return
	}
	switch {
	case e == nil:
		accuse("was never committed")
		return
	case !j.allowed(w, e):
		accuse("is for %v", e.Rooms)
		return
	}
	if replay {
		f.replayed++
	}
	if visit, again := f.first[e.ID]; again {
		f.repeats++
		if !replay && visit == r.visit {
			accuse("came twice without a reconnect")
		}
		return
	}
	f.first[e.ID] = r.visit
	f.missing--
	if e.Entity != "" {
		if f.last[e.Entity] > e.Seq {
			accuse("seq %d came after %d of %s", e.Seq, f.last[e.Entity], e.Entity)
		}
		f.last[e.Entity] = e.Seq
	}
}

// verdict is what the judge found.
type verdict struct{ events, receipts, repeats, replayed, lost, wrong int }

func (v verdict) String() string {
	return fmt.Sprintf("%d events committed, %d received, %d repeated, %d marked as replayed, %d lost, %d misdirected or out of order",
		v.events, v.receipts, v.repeats, v.replayed, v.lost, v.wrong)
}

// settle waits until every client has all that is for it, makes a round trip so that
// what should not come has come too, and reports.
func (j *judge) settle(p *process, c *crowd) verdict {
	j.t.Helper()
	p.soonOr("every client has every event", func() error {
		if err := c.all(func(*watcher) bool { return true }); err != nil {
			return err
		}
		if n := j.look(c); n > 0 {
			return fmt.Errorf("%d are missing", n)
		}
		return nil
	})
	if !j.t.Failed() {
		c.barrier(p)
	}
	j.look(c)
	v := verdict{events: len(j.rows)}
	for _, w := range c.watchers {
		f := j.files[w]
		v.receipts += len(f.first)
		v.repeats += f.repeats
		v.replayed += f.replayed
		v.lost += f.missing
		v.wrong += len(f.wrong)
		for _, text := range f.wrong[:min(len(f.wrong), 10)] {
			j.t.Error(text)
		}
		j.t.Logf("%-34s %3d connects, %3d recovered, %6d events, %5d repeated, %5d replayed, %d lost", w.name, w.connects, w.recovered, len(f.first), f.repeats, f.replayed, f.missing)
		if f.missing > 0 {
			j.t.Errorf("%s has not got: %s", w.name, j.lost(w, f))
		}
	}
	return v
}

// lost lists the first events that a watcher should have.
func (j *judge) lost(w *watcher, f *file) string {
	var b strings.Builder
	shown := 0
	for i := range j.rows {
		e := &j.rows[i]
		if _, has := f.first[e.ID]; has || !j.allowed(w, e) {
			continue
		}
		if shown++; shown > 5 {
			b.WriteString("\n  …")
			break
		}
		fmt.Fprintf(&b, "\n  seq %d of %s: %s %s", e.Seq, e.At.Format("15:04:05.000"), e.Name, e.Payload)
	}
	return b.String()
}
