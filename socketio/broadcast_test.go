package socketio_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
)

// crowd joins one client for each list of rooms.
func crowd(t *testing.T, srv *socketio.Server, url string, rooms ...[]string) ([]*wire, []string) {
	t.Helper()
	fence(srv.Of("/"))
	clients, ids := make([]*wire, len(rooms)), make([]string, len(rooms))
	for i := range rooms {
		clients[i], ids[i] = join(t, url, "/", "")
		srv.Of("/").To(ids[i]).Join(rooms[i]...)
	}
	return clients, ids
}

func TestBroadcastAudience(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	clients, ids := crowd(t, srv, url,
		[]string{"a"}, []string{"a", "b"}, []string{"b", "c"}, nil, []string{"a", "b", "c"})
	ns := srv.Of("/")
	cases := []struct {
		name string
		to   socketio.Broadcast
		who  []int
	}{
		{"one room", ns.To("a"), []int{0, 1, 4}},
		{"union", ns.To("a", "b"), []int{0, 1, 2, 4}},
		{"union of all", ns.To("c", "b", "a", "a"), []int{0, 1, 2, 4}},
		{"except", ns.To("a", "b").Except("c"), []int{0, 1}},
		{"except wins", ns.To("a").Except("a"), nil},
		{"no room", ns.To(), nil},
		{"unknown room", ns.To("z"), nil},
		{"unknown and known", ns.To("z", "c"), []int{2, 4}},
		{"everybody", ns.All(), []int{0, 1, 2, 3, 4}},
		{"everybody but", ns.All().Except("a"), []int{2, 3}},
		{"one socket", ns.To(ids[3]), []int{3}},
		{"socket in its room too", ns.To("a", ids[1]), []int{0, 1, 4}},
		{"except a socket", ns.To("a").Except(ids[0]), []int{1, 4}},
		{"all but a socket", ns.All().Except(ids[0], "c"), []int{1, 3}},
		{"of a socket to a room", ns.Socket(ids[1]).To("b"), []int{2, 4}},
		{"of a socket to no room", ns.Socket(ids[1]).To(), nil},
		{"of a socket to the others", ns.Socket(ids[1]).Broadcast(), []int{0, 2, 3, 4}},
		{"grown", ns.To("c").To("a"), []int{0, 1, 2, 4}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if err := c.to.Emit("e", c.name); err != nil {
				t.Fatal(err)
			}
			for i, w := range clients {
				if slices.Contains(c.who, i) {
					w.want(`42["e","` + c.name + `"]`)
				}
			}
			var found []string
			for _, s := range c.to.Sockets() {
				found = append(found, s.ID())
			}
			slices.Sort(found)
			if len(slices.Compact(slices.Clone(found))) != len(c.who) || len(found) != len(c.who) {
				t.Errorf("sockets %v, want %d", found, len(c.who))
			}
			if n := c.to.Count(); n != len(c.who) {
				t.Errorf("%d sockets, want %d", n, len(c.who))
			}
		})
	}
	for _, w := range clients {
		w.wantNothing()
	}
}

func TestRoomsChange(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	clients, ids := crowd(t, srv, url, []string{"a"}, []string{"a"}, []string{"b"})
	ns := srv.Of("/")
	rooms := func(i int) []string {
		r := ns.Socket(ids[i]).Rooms()
		slices.Sort(r)
		return r
	}
	ns.To("a").Join("c", "a", ids[0])
	ns.To("a", "b").Leave("a", "z")
	for i, want := range [][]string{{"c"}, {"c"}, {"b"}} {
		got := rooms(i)
		if i == 1 { // joined the room that is called like the first one's id
			want = []string{ids[0], "c"}
			slices.Sort(want)
		}
		if !slices.Equal(got, want) {
			t.Errorf("socket %d is in %v, want %v", i, got, want)
		}
	}
	s := ns.Socket(ids[2])
	s.Join("x", "y")
	s.Leave("b")
	if got := rooms(2); !slices.Equal(got, []string{"x", "y"}) {
		t.Errorf("rooms %v", got)
	}
	ns.To("c").Disconnect(true)
	for _, w := range clients[:2] {
		w.want("41")
		w.wantClosed()
	}
	clients[2].wantNothing()
	infos, err := ns.All().FetchSockets(context.Background())
	if err != nil || len(infos) != 1 || infos[0].ID != ids[2] || infos[0].Address != "127.0.0.1" {
		t.Errorf("sockets %+v %v", infos, err)
	}
	clients[2].kill()
	until(t, "rooms gone", func() bool { return len(ns.Rooms()) == 0 && ns.Count() == 0 })
	if got := s.Rooms(); len(got) != 2 {
		t.Errorf("rooms after the end %v", got)
	}
	s.Join("ghost")
	if len(ns.Rooms()) != 0 {
		t.Error("a socket joined after its end")
	}
}

func TestBroadcastWithAcks(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	clients, ids := crowd(t, srv, url, []string{"a"}, []string{"a"}, []string{"a"}, nil)
	ask := func(ctx context.Context) (socketio.Answers, error) {
		type both struct {
			a   socketio.Answers
			err error
		}
		done := make(chan both, 1)
		go func() {
			a, err := srv.Of("/").To("a").EmitWithAck(ctx, "q")
			done <- both{a, err}
		}()
		b := <-done
		return b.a, b.err
	}
	reply := func(w *wire, answer string) {
		go func() {
			m := w.next().data
			w.send("43" + m[2:len(m)-len(`["q"]`)] + answer)
		}()
	}
	for i, w := range clients[:3] {
		reply(w, []string{"[0]", "[1]", "[2]"}[i])
	}
	answers, err := ask(context.Background())
	if err != nil || len(answers.Got) != 3 || len(answers.Missing) != 0 {
		t.Fatalf("%+v %v", answers, err)
	}
	for _, a := range answers.Got {
		var n int
		if a.Bind(&n) != nil || ids[n] != a.SocketID {
			t.Errorf("answer %+v", a)
		}
	}
	reply(clients[0], "[0]")
	reply(clients[1], "[1]")
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	answers, err = ask(ctx)
	if !errors.Is(err, context.DeadlineExceeded) || len(answers.Missing) != 1 || answers.Missing[0] != ids[2] || len(answers.Got) != 2 {
		t.Errorf("%+v %v", answers, err)
	}
	clients[2].next()
	reply(clients[0], "[0]")
	reply(clients[1], "[1]")
	go func() {
		clients[2].next()
		clients[2].kill()
	}()
	answers, err = ask(context.Background())
	if err != nil || len(answers.Missing) != 1 || answers.Missing[0] != ids[2] {
		t.Errorf("a client was lost: %+v %v", answers, err)
	}
	if answers, err = srv.Of("/").To().EmitWithAck(context.Background(), "q"); err != nil || len(answers.Got)+len(answers.Missing) != 0 {
		t.Errorf("nobody: %+v %v", answers, err)
	}
	clients[3].wantNothing()
}

func TestVolatileAndLatest(t *testing.T) {
	srv, url := serve(t, socketio.Options{})
	clients, ids := crowd(t, srv, url, []string{"a"})
	s := srv.Of("/").Socket(ids[0])
	for i := range 3 {
		if err := s.Volatile().Emit("v", i); err != nil {
			t.Fatal(err)
		}
		if m := clients[0].next(); m.data != `42["v",`+string(rune('0'+i))+`]` {
			t.Fatalf("got %q", m.data)
		}
	}
	// The last one always comes, whatever became of those before.
	for i := range 500 {
		_ = s.Latest("k").Emit("l", i)
	}
	for m := clients[0].next(); m.data != `42["l",499]`; m = clients[0].next() {
		if m.closed {
			t.Fatal("closed")
		}
	}
	clients[0].wantNothing()
}
