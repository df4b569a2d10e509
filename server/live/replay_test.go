package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
	"github.com/relevo/relevo/server/live/livetest"
)

// node is one server on a store that others may share.
type node struct {
	t      *testing.T
	store  *models.Store
	slots  *watchedSlots
	tail   *events.Tail
	replay *Replay
	engine *Native
	url    string
	others []*node // that record waits for, too
	end    func()
}

// watchedSlots counts the transactions of slots, and refuses them when told.
type watchedSlots struct {
	*models.Store
	transactions atomic.Int64
	down         atomic.Bool
}

func (w *watchedSlots) Tx(ctx context.Context, fn func(*models.Tx) error) error {
	if w.down.Load() {
		return errors.New("down")
	}
	w.transactions.Add(1)
	return w.Store.Tx(ctx, fn)
}

// startNode runs a server until its end is called, or the test's.
func startNode(t *testing.T, store *models.Store, name string, most int) *node {
	t.Helper()
	n := &node{t: t, store: store, slots: &watchedSlots{Store: store}}
	var err error
	n.tail, err = events.StartTail(t.Context(), events.TailConfig{Log: store, Poll: 20 * time.Millisecond, Deliver: func(d events.Delivery) {
		err := n.engine.Send(Message{Rooms: d.Rooms, Except: d.Except, Name: d.Name, Payload: d.Payload, Mark: d.Ordinal, Offset: d.Offset()})
		if err != nil {
			t.Error(err)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	n.replay = NewReplay(ReplayConfig{Store: n.slots, Tail: n.tail, Secret: "secret of all nodes", Node: name, Max: most, Window: time.Hour})
	hub := NewHub(HubConfig{
		Resolve: speakerOf, Notify: func(m Message) error { return n.engine.Send(m) },
		MayWatchClient: func(_ context.Context, id middleware.Identity, _ string) bool { return !id.Anonymous() },
	})
	n.engine = NewNative(hub, Options{Replay: n.replay, ConfirmAfter: 100 * time.Millisecond})
	server := httptest.NewServer(n.engine)
	n.url = server.URL
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { n.tail.Run(ctx) })
	running.Go(func() { n.replay.Run(ctx) })
	var once sync.Once
	n.end = func() {
		once.Do(func() {
			draining, done := context.WithTimeout(context.Background(), livetest.Patience)
			defer done()
			if err := n.engine.Drain(draining); err != nil {
				t.Errorf("drain: %v", err)
			}
			server.Close()
			cancel()
			running.Wait()
		})
	}
	t.Cleanup(n.end)
	return n
}

// speakerOf reads "<session> <user> <role>".
func speakerOf(r *http.Request) (middleware.Identity, error) {
	var id middleware.Identity
	if text := r.Header.Get("X-Session"); text != "" {
		if _, err := fmt.Sscan(text, &id.SessionID, &id.UserID, &id.Role); err != nil {
			return id, err
		}
	}
	return id, nil
}

// record commits an event and waits until the nodes have delivered it.
func (n *node) record(number int, rooms ...string) {
	n.t.Helper()
	before, _ := n.tail.Position()
	err := n.store.Tx(context.Background(), func(tx *models.Tx) error {
		return tx.Record(models.EventRecord{Name: "tick", Payload: json.RawMessage(`{"n":` + strconv.Itoa(number) + `}`), Rooms: rooms})
	})
	if err != nil {
		n.t.Fatal(err)
	}
	n.tail.Wake()
	eventually(n.t, "delivery", func() bool {
		ordinal, at := n.tail.Position()
		ok := ordinal > before
		for _, other := range n.others {
			_, reached := other.tail.Position()
			ok = ok && covers(reached, at)
		}
		return ok
	})
}

// client connects; auth is of the CONNECT, empty for a client that knows no pid.
func (n *node) client(transport, session, auth string) *livetest.Client {
	n.t.Helper()
	header := http.Header{}
	if session != "" {
		header.Set("X-Session", session)
	}
	c, err := livetest.Connect(n.t.Context(), livetest.Dial{URL: n.url, Transport: transport, Header: header, Auth: auth})
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(c.Close)
	barrier(n.t, c)
	return c
}

func authOf(pid, offset string) string {
	body := map[string]string{"pid": pid}
	if offset != "" {
		body["offset"] = offset
	}
	text, _ := json.Marshal(body)
	return string(text)
}

// ticks are the numbers that came, negative for replayed ones, and the last offset.
func ticks(c *livetest.Client) (numbers []int, offset string) {
	for _, e := range c.Events() {
		if e.Name != "tick" {
			continue
		}
		var body struct {
			N  int    `json:"n"`
			ID string `json:"_event_id"`
		}
		_ = json.Unmarshal(e.Args[0], &body)
		if body.ID != "" {
			body.N = -body.N
		}
		numbers = append(numbers, body.N)
		if len(e.Args) > 1 {
			_ = json.Unmarshal(e.Args[1], &offset)
		}
	}
	return numbers, offset
}

func awaitTicks(t *testing.T, c *livetest.Client, want ...int) (offset string) {
	t.Helper()
	eventually(t, fmt.Sprintf("events %v", want), func() bool {
		got, _ := ticks(c)
		return len(got) >= len(want)
	})
	barrier(t, c)
	got, offset := ticks(c)
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	return offset
}

// resyncOf is the reason of the request to load again; empty without one.
func resyncOf(c *livetest.Client) string {
	for _, e := range c.Events() {
		if e.Name == "resync_required" {
			var body events.ResyncRequired
			_ = json.Unmarshal(e.Args[0], &body)
			return body.Reason
		}
	}
	return ""
}

// gone waits until the node has no socket and nothing to write.
func (n *node) gone() {
	n.t.Helper()
	eventually(n.t, "sockets gone", func() bool {
		n.replay.keeper.mu.Lock()
		defer n.replay.keeper.mu.Unlock()
		return n.engine.root.Count() == 0 && n.engine.alive.Load() == 0 && len(n.replay.keeper.queue) == 0 && len(n.replay.keeper.open) == 0
	})
}

const olga, staffRoom = "1 7 Operador", events.RoomAuthenticated

// The session of a client with a pid goes on at another node and after the end of
// the first, with and without an offset.
func TestReplayAtAnotherNode(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		one, two := startNode(t, s, "one", 100), startNode(t, s, "two", 100)
		one.others, two.others = []*node{two}, []*node{one}
		c := one.client("websocket", olga, "")
		c.Reset()
		one.record(1, staffRoom)
		one.record(2, events.RoomUser(8))
		one.record(3, events.RoomUser(7))
		back := two.client("polling", olga, authOf(c.PID, ""))
		offset := awaitTicks(t, back, -1, -3)
		if back.SID != c.SID || back.PID != c.PID {
			t.Errorf("sid %s then %s, pid %s then %s", c.SID, back.SID, c.PID, back.PID)
		}
		back.Reset()
		two.record(4, staffRoom)
		again := one.client("websocket", olga, authOf(back.PID, offset))
		awaitTicks(t, again, -4)
		one.record(5, staffRoom)
		awaitTicks(t, again, -4, 5)
		third := startNode(t, s, "three", 100)
		// Of another session nothing goes on, and it is told so.
		other := third.client("websocket", "2 7 Operador", authOf(c.PID, offset))
		if got, _ := ticks(other); len(got) != 0 || resyncOf(other) != events.ResyncUnknown || other.SID == c.SID {
			t.Errorf("another session got %v, %q", got, resyncOf(other))
		}
		// Who is signed out meanwhile is owed nothing, and gets nothing.
		nobody := third.client("websocket", "", authOf(c.PID, offset))
		if len(nobody.Events()) != 0 {
			t.Errorf("nobody got %v", nobody.Names())
		}
	})
}

// Clients that know no pid get what they have not confirmed.
func TestReplayOfSlots(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNode(t, s, "one", 100)
		for i, transport := range transportsUnderTest {
			session := fmt.Sprintf("%d 7 Operador", i+1)
			c := n.client(transport, session, "")
			n.record(1, staffRoom)
			awaitTicks(t, c, 1)
			if transport == "websocket" {
				c.Reset()
			} else {
				c.Send(t.Context(), "xx") // ends the session as a broken one
			}
			n.gone()
			n.record(2, staffRoom)
			back := n.client(transport, session, "")
			eventually(t, "the missed event", func() bool { got, _ := ticks(back); return slices.Contains(got, -2) })
			if got, _ := ticks(back); got[len(got)-1] != -2 {
				t.Errorf("%s: got %v", transport, got)
			}
			if resyncOf(back) != "" {
				t.Errorf("resync %q", resyncOf(back))
			}
			// Leaving on purpose ends the slot.
			if err := back.Send(t.Context(), "41"); err != nil {
				t.Fatal(err)
			}
			back.Close()
			n.gone()
			n.record(3, staffRoom)
		}
	})
}

// A dead node's slots are known as such, a living one's are not touched.
func TestReplayOfDeadNode(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		one := startNode(t, s, "one", 100)
		one.record(1, events.RoomUser(9))
		if s.Dialect() == models.Postgres {
			eventually(t, "the node is known", func() bool {
				var alive []string
				err := s.Tx(t.Context(), func(tx *models.Tx) (err error) { alive, err = tx.LiveNodes(); return err })
				return err == nil && slices.Contains(alive, "one")
			})
			c := one.client("websocket", olga, "")
			two := startNode(t, s, "two", 100)
			one.others = []*node{two}
			one.record(2, staffRoom)
			awaitTicks(t, c, 2)
			one.others = nil
			if tab := two.client("websocket", olga, ""); len(tab.Names()) != 1 {
				t.Errorf("a second tab got %v", tab.Names())
			}
		}
		// What a killed process leaves behind: an open slot and nobody who holds it.
		_, at := one.tail.Position()
		err := s.Tx(t.Context(), func(tx *models.Tx) error {
			return tx.PutSlots([]models.DeliverySlot{{ID: "left", SessionKey: "s9", UserID: 9, Node: "dead", Position: at.String(), Rooms: "[]", Opened: 1}})
		})
		if err != nil {
			t.Fatal(err)
		}
		one.record(3, events.RoomUser(9))
		awaitTicks(t, one.client("websocket", "9 9 Master", ""), -3)
	})
}

// The window is over, or more was missed than is sent: never silence.
func TestReplayNotPossible(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		n := startNode(t, s, "one", 2)
		c, old := n.client("websocket", olga, ""), n.client("websocket", "2 7 Operador", "")
		c.Reset()
		old.Reset()
		n.gone()
		for i := range 3 {
			n.record(i+1, staffRoom)
		}
		for session, auth := range map[string]string{olga: authOf(c.PID, ""), "2 7 Operador": ""} {
			back := n.client("websocket", session, auth)
			if got, _ := ticks(back); len(got) != 0 || resyncOf(back) != events.ResyncTooMany || count(back, "dashboard_update") != 1 || back.SID == c.SID {
				t.Errorf("%s: got %v, resync %q, %v", session, got, resyncOf(back), back.Names())
			}
			back.Reset()
		}
		n.gone()
		n.record(4, staffRoom)
		if _, err := s.PurgeEvents(t.Context(), time.Now().Add(time.Hour), 1000); err != nil {
			t.Fatal(err)
		}
		for session, auth := range map[string]string{olga: authOf(c.PID, ""), "2 7 Operador": "", "": authOf(n.client("websocket", "", "").PID+"x", "")} {
			back := n.client("websocket", session, auth)
			want := events.ResyncWindow
			if session == "" {
				want = events.ResyncUnknown
			}
			if resyncOf(back) != want || (count(back, "dashboard_update") == 1) != (session != "") {
				t.Errorf("%q: resync %q, %v", session, resyncOf(back), back.Names())
			}
		}
		if counts := n.replay.Counts(); counts.Expired != 5 || counts.Replayed != 0 {
			t.Errorf("counts %+v", counts)
		}
	})
}

// A storm of connects is few transactions.
func TestSlotsAreGrouped(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 100)
	const sockets = 300
	before := n.slots.transactions.Load()
	var all sync.WaitGroup
	limit := make(chan struct{}, 100)
	for i := range sockets {
		all.Go(func() {
			limit <- struct{}{}
			defer func() { <-limit }()
			at := models.EventCursor{}
			sl := &slot{id: fmt.Sprintf("slot%d", i), key: fmt.Sprintf("s%d", i), userID: 1, socket: &nativeSocket{}}
			if _, err := n.replay.keeper.begin(t.Context(), sl, &slotOpening{place: at, claim: true}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if did := n.slots.transactions.Load() - before; did > sockets/2 {
		t.Errorf("%d transactions for %d sockets", did, sockets)
	}
	n.replay.keeper.mu.Lock()
	clear(n.replay.keeper.open)
	n.replay.keeper.mu.Unlock()
}

// A database that takes no slots keeps nobody out, and nobody in the dark.
func TestSlotsOutOfReach(t *testing.T) {
	s := modelstest.Open(t, models.SQLite)
	n := startNode(t, s, "one", 100)
	n.slots.down.Store(true)
	c := n.client("websocket", olga, "")
	if got := resyncOf(c); got != events.ResyncFailed {
		t.Errorf("resync %q", got)
	}
	n.record(1, staffRoom)
	awaitTicks(t, c, 1)
	// Written as soon as that is possible: the next return is as good as any.
	n.slots.down.Store(false)
	eventually(t, "the slot is written", func() bool {
		var rows []models.DeliverySlot
		err := s.Tx(t.Context(), func(tx *models.Tx) (err error) { rows, err = tx.SlotsOf([]string{"s1"}); return err })
		return err == nil && len(rows) == 1
	})
	c.Reset()
	n.gone()
	n.record(2, staffRoom)
	back := n.client("websocket", olga, "")
	eventually(t, "the missed event", func() bool { got, _ := ticks(back); return slices.Contains(got, -2) })
}
