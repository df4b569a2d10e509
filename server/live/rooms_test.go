package live

import (
	"slices"
	"sync"
	"testing"
)

func TestRooms(t *testing.T) {
	r := newRooms[string]()
	r.move("stranger", nil, []string{"a"})
	for _, m := range []string{"x", "y", "z"} {
		r.enter(m)
	}
	r.move("x", nil, []string{"a", "b"})
	r.move("y", nil, []string{"b", "c"})
	r.move("z", []string{"never"}, []string{"c"})
	for _, c := range []struct{ names, except, want []string }{
		{nil, nil, nil},
		{[]string{"a"}, nil, []string{"x"}},
		{[]string{"a", "b", "c"}, nil, []string{"x", "y", "z"}},
		{[]string{"a", "b", "c"}, []string{"c"}, []string{"x"}},
		{[]string{"b", "b"}, []string{"none"}, []string{"x", "y"}},
		{[]string{"a"}, []string{"a"}, nil},
	} {
		got := r.audience(c.names, c.except)
		slices.Sort(got)
		if !slices.Equal(got, c.want) {
			t.Errorf("%v except %v: %v", c.names, c.except, got)
		}
	}
	r.move("x", []string{"a"}, []string{"c"})
	r.exit("y")
	r.move("y", nil, []string{"a"})
	if got := r.audience([]string{"a", "b"}, nil); !slices.Equal(got, []string{"x"}) {
		t.Errorf("after leaving: %v", got)
	}
	r.exit("x")
	r.exit("z")
	if len(r.members) != 0 || len(r.joined) != 0 {
		t.Errorf("left behind: %v %v", r.members, r.joined)
	}
}

// A page change: the last tab leaves a user's room while the next one joins.
func TestRoomsJoinDuringLastLeave(t *testing.T) {
	r := newRooms[int]()
	for i := range 2000 {
		r.enter(2 * i)
		r.enter(2*i + 1)
		r.move(2*i, nil, []string{"user_1"})
		var both sync.WaitGroup
		both.Go(func() { r.exit(2 * i) })
		both.Go(func() { r.move(2*i+1, nil, []string{"user_1"}) })
		both.Wait()
		if got := r.audience([]string{"user_1"}, nil); !slices.Equal(got, []int{2*i + 1}) {
			t.Fatalf("round %d: %v", i, got)
		}
		r.exit(2*i + 1)
	}
}
