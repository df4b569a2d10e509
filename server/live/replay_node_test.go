package live

import (
	"cmp"
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
	"github.com/relevo/relevo/server/live/livetest"
)

// node is one server on a store that others may share.
type node struct {
	t      *testing.T
	store  *models.Store
	slots  *watchedSlots
	tail   *events.Tail
	replay *Replay
	trail  *Trail
	engine *Native
	url    string
	others []*node // that record waits for, too
	end    func()
}

// watchedSlots counts the transactions of slots, and refuses them, or those with slots
// of one session, when told.
type watchedSlots struct {
	*models.Store
	transactions atomic.Int64
	down         atomic.Bool
	poison       atomic.Value // string: a key
}

func (w *watchedSlots) Tx(ctx context.Context, fn func(*models.Tx) error) error {
	if w.down.Load() {
		return errors.New("down")
	}
	w.transactions.Add(1)
	return w.Store.Tx(ctx, func(tx *models.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		key, _ := w.poison.Load().(string)
		rows, err := tx.SlotsOf([]string{key})
		if err == nil && len(rows) > 0 {
			err = errors.New("refused")
		}
		return err
	})
}

// startNode runs a server until its end is called, or the test's.
func startNode(t *testing.T, store *models.Store, name string, most int) *node {
	t.Helper()
	return startNodeWith(t, store, name, most, nodeOptions{confirmAfter: 100 * time.Millisecond})
}

// nodeOptions are what few tests need.
type nodeOptions struct {
	sweepEvery   time.Duration        // from the start; 0 for that of the product
	confirmAfter time.Duration        // clients are asked so soon what they have
	handler      func(h *Hub) Handler // in the place of the hub; nil for the hub
}

// startNodeWith is startNode with options.
func startNodeWith(t *testing.T, store *models.Store, name string, most int, o nodeOptions) *node {
	t.Helper()
	n := &node{t: t, store: store, slots: &watchedSlots{Store: store}, trail: NewTrail(1000, time.Now)}
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
	if o.sweepEvery > 0 {
		n.replay.keeper.sweepEvery, n.replay.keeper.swept = o.sweepEvery, time.Now()
	}
	hub := NewHub(HubConfig{
		Resolve: speakerOf, Notify: func(m Message) error { return n.engine.Send(m) },
		MayWatchClient: func(_ context.Context, id middleware.Identity, _ string) bool { return !id.Anonymous() },
		Console:        func(id middleware.Identity) bool { return id.Role == models.Master },
	})
	var handler Handler = hub
	if o.handler != nil {
		handler = o.handler(hub)
	}
	n.engine = NewNative(handler, Options{Replay: n.replay, ConfirmAfter: o.confirmAfter, Trail: n.trail})
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

// slotsOf reads the slots of a session, in the order of their connections.
func (n *node) slotsOf(key string) (rows []models.DeliverySlot) {
	n.t.Helper()
	err := n.store.Tx(n.t.Context(), func(tx *models.Tx) (err error) { rows, err = tx.SlotsOf([]string{key}); return err })
	if err != nil {
		n.t.Fatal(err)
	}
	slices.SortFunc(rows, func(a, b models.DeliverySlot) int { return cmp.Compare(a.Opened, b.Opened) })
	return rows
}
