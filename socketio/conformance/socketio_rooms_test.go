package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

// party is three sockets: one in rooms a and b, one in b, one in none.
func party(t *testing.T, o socketio.Options) (*app, *socketio.Namespace, []*wire, []*socketio.Socket) {
	a := serve(t, o)
	ns := a.io.Of("/")
	var wires []*wire
	var sockets []*socketio.Socket
	for _, rooms := range [][]string{{"a", "b"}, {"b"}, nil} {
		w := dial(t, a.websocket())
		sid := a.enter(w, "/", "")
		s := ns.Socket(sid)
		s.Join(rooms...)
		wires, sockets = append(wires, w), append(sockets, s)
	}
	return a, ns, wires, sockets
}

// got takes what came before the barrier.
func (a *app) got(w *wire) []string {
	a.t.Helper()
	w.send(`4298["message-with-ack","got"]`)
	var all []string
	for {
		f := w.next()
		if f == text(`4398["got"]`) {
			return all
		}
		all = append(all, f.data)
	}
}

// Node: one copy to each member of the union of rooms, less the excepted; To()
// without a room means nobody.
func TestRooms(t *testing.T) {
	a, ns, wires, sockets := party(t, socketio.Options{})
	id := func(i int) string { return sockets[i].ID() }
	for i, tc := range []struct {
		to   socketio.Broadcast
		want []int
	}{
		{ns.All(), []int{0, 1, 2}},
		{ns.To(), nil},
		{ns.To("nobody"), nil},
		{ns.To(""), nil},
		{ns.To("a"), []int{0}},
		{ns.To("b"), []int{0, 1}},
		{ns.To("a", "b"), []int{0, 1}},
		{ns.To("b").To("a", "b", "b"), []int{0, 1}},
		{ns.To("b").Except("a"), []int{1}},
		{ns.All().Except("b"), []int{2}},
		{ns.To().Except("a"), nil},
		{ns.To(id(2)), []int{2}},
		{ns.To(id(0), "b", id(2)), []int{0, 1, 2}},
		{ns.To("b").Except(id(0)), []int{1}},
		{sockets[0].Broadcast(), []int{1, 2}},
		{sockets[0].To("b"), []int{1}},
		{sockets[2].To("b"), []int{0, 1}},
		{ns.To("b").Volatile(), []int{0, 1}},
		{ns.To("a", "b").Latest("k"), []int{0, 1}},
	} {
		name := fmt.Sprintf("case%d", i)
		if err := tc.to.Emit(name, 1); err != nil {
			t.Fatal(err)
		}
		for k, w := range wires {
			got := slices.Equal(a.got(w), []string{fmt.Sprintf(`42["%s",1]`, name)})
			if want := slices.Contains(tc.want, k); got != want {
				t.Errorf("case %d, socket %d: got %v, want %v", i, k, got, want)
			}
		}
	}
	sockets[0].Leave("a")
	_ = ns.To("a").Emit("left")
	ns.To("b").Join("c")
	ns.To("c").Except(id(0)).Leave("b")
	_ = ns.To("b").Emit("b")
	_ = ns.To("c").Emit("c")
	for k, want := range [][]string{{`42["b"]`, `42["c"]`}, {`42["c"]`}, nil} {
		if got := a.got(wires[k]); !slices.Equal(got, want) {
			t.Errorf("socket %d: %v, want %v", k, got, want)
		}
	}
	if n := len(ns.To("c").Sockets()); n != 2 {
		t.Errorf("%d sockets in c", n)
	}
	// A socket that is gone is in no room.
	wires[0].close()
	eventually(t, "gone", func() bool { return len(ns.To("c").Sockets()) == 1 })
	ns.To("c").Disconnect(true)
	wires[1].gone()
	if left := wires[1].left(); len(left) != 1 || left[0] != text("41") {
		t.Errorf("before the end came %v", left)
	}
	a.barrier(wires[2])
}

// Node: a broadcast that asks for acknowledgements collects them.
func TestBroadcastWithAck(t *testing.T) {
	a, ns, wires, sockets := party(t, socketio.Options{})
	type result struct {
		socketio.Answers
		err error
	}
	ask := func(ctx context.Context) chan result {
		c := make(chan result, 1)
		go func() {
			answers, err := ns.To("b").EmitWithAck(ctx, "question", "x")
			c <- result{answers, err}
		}()
		return c
	}
	answer := func(w *wire, with string) {
		var id int
		f := w.next()
		if _, err := fmt.Sscanf(f.data, `42%d["question","x"]`, &id); err != nil {
			t.Fatalf("%v: %v", f, err)
		}
		w.send(fmt.Sprintf(`43%d["%s"]`, id, with))
	}
	c := ask(t.Context())
	answer(wires[0], "zero")
	answer(wires[1], "one")
	if r := <-c; r.err != nil || len(r.Got) != 2 || len(r.Missing) != 0 {
		t.Errorf("%+v", r)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	c = ask(ctx)
	answer(wires[1], "one")
	if r := <-c; !errors.Is(r.err, context.DeadlineExceeded) || len(r.Got) != 1 || r.Got[0].SocketID != sockets[1].ID() ||
		!slices.Equal(r.Missing, []string{sockets[0].ID()}) {
		t.Errorf("%+v", r)
	}
	if got := a.got(wires[2]); len(got) != 0 {
		t.Errorf("not asked, but got %v", got)
	}
}

// Node: connection state recovery. What was missed comes, once, in order, after a
// CONNECT with the same ids; what is not recovered starts anew.
func TestRecovery(t *testing.T) {
	a := serve(t, socketio.Options{Recovery: socketio.NewMemoryRecovery(socketio.MemoryRecoveryOptions{})})
	ns := a.io.Of("/")
	w, pid, sid := enterRecoverable(a, "")
	s := ns.Socket(sid)
	s.Join("room")
	s.SetData("kept")
	if s.Recovered() {
		t.Error("recovered at the first connect")
	}
	if err := ns.To("room").Emit("seen", 1); err != nil {
		t.Fatal(err)
	}
	offset := offsetOf(t, w.next().data, `42["seen",1,"`)
	w.reset()
	eventually(t, "gone", func() bool { return ns.Count() == 0 })
	for i := range 3 {
		_ = ns.To("room").Emit("missed", i)
		_ = ns.To("elsewhere").Emit("not for it", i)
	}
	_ = ns.To("room").Volatile().Emit("volatile")
	_ = ns.To(sid).Emit("own")

	again := dial(t, a.websocket())
	again.send(fmt.Sprintf(`40{"pid":"%s","offset":"%s"}`, pid, offset))
	if got := idsOf(t, again.next().data); got["sid"] != sid || got["pid"] != pid {
		t.Fatalf("recovered as %v, was %s %s", got, sid, pid)
	}
	for i := range 3 {
		offsetOf(t, again.next().data, fmt.Sprintf(`42["missed",%d,"`, i))
	}
	offsetOf(t, again.next().data, `42["own","`)
	if s = ns.Socket(sid); !s.Recovered() || s.Data() != "kept" || !slices.Contains(s.Rooms(), "room") {
		t.Errorf("recovered %v, data %v, rooms %v", s.Recovered(), s.Data(), s.Rooms())
	}
	_ = ns.To("room").Emit("live")
	for f := again.next(); ; f = again.next() {
		if len(f.data) > 9 && f.data[:9] == `42["live"` {
			break
		}
		if len(f.data) < 9 || f.data[:8] != `42["auth` {
			t.Errorf("got %v", f)
		}
	}
	// A client may come back before the server has noticed that it was gone: the
	// session has one connection, the newer.
	newer := dial(t, a.websocket())
	newer.send(fmt.Sprintf(`40{"pid":"%s","offset":"%s"}`, pid, offset))
	if got := idsOf(t, newer.next().data); got["sid"] != sid {
		t.Errorf("not recovered: %v", got)
	}
	again.gone()
	if ns.Count() != 1 {
		t.Errorf("%d sockets", ns.Count())
	}
	// One that was ended on purpose is nobody's.
	newer.send("41")
	eventually(t, "left", func() bool { return ns.Count() == 0 })
	other := dial(t, a.websocket())
	other.send(fmt.Sprintf(`40{"pid":"%s","offset":"%s"}`, pid, offset))
	if got := idsOf(t, other.next().data); got["sid"] == sid || got["pid"] == pid {
		t.Errorf("recovered after leaving: %v", got)
	}
}

// socket.io#5491: recovery asks again who it is, before anything is replayed.
func TestRecoveryReauthorizes(t *testing.T) {
	allowed := true
	a := serve(t, socketio.Options{
		Recovery: socketio.NewMemoryRecovery(socketio.MemoryRecoveryOptions{}),
		Reauthorize: func(context.Context, *socketio.Socket, *socketio.Session) error {
			if !allowed {
				return errors.New("no more")
			}
			return nil
		},
	})
	ns := a.io.Of("/")
	w, pid, sid := enterRecoverable(a, "")
	ns.Socket(sid).Join("room")
	_ = ns.To("room").Emit("seen")
	offset := offsetOf(t, w.next().data, `42["seen","`)
	w.reset()
	eventually(t, "gone", func() bool { return ns.Count() == 0 })
	_ = ns.To("room").Emit("secret")
	allowed = false
	again := dial(t, a.websocket())
	again.send(fmt.Sprintf(`40{"pid":"%s","offset":"%s"}`, pid, offset))
	got := idsOf(t, again.next().data)
	if got["sid"] == sid || got["pid"] == pid {
		t.Errorf("recovered: %v", got)
	}
	_ = ns.To("room").Emit("secret")
	for _, packet := range a.got(again) {
		if len(packet) > 8 && packet[:8] == `42["secr` {
			t.Errorf("got %s", packet)
		}
	}
}

func enterRecoverable(a *app, auth string) (w *wire, pid, sid string) {
	a.t.Helper()
	w = dial(a.t, a.websocket())
	w.send("40" + auth)
	ids := idsOf(a.t, w.next().data)
	w.next() // the auth event, with an offset
	return w, ids["pid"], ids["sid"]
}
