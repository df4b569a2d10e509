package models_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// The log is searched backwards by what stands in its columns; wildcards stand for
// themselves.
func TestSearchEvents(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := t.Context()
		if rows, err := s.SearchEvents(ctx, models.EventSearch{Limit: 5}); err != nil || len(rows) != 0 {
			t.Fatalf("%v, %v", rows, err)
		}
		for i, e := range []models.EventRecord{
			{Name: "a", Entity: "x/1", Rooms: []string{"user_1", "role_Master"}}, {Name: "b", Entity: "x/1", Rooms: []string{"user_12"}},
			{Name: "a", Entity: "x_1", Rooms: []string{"user%1"}}, {Name: "b", Rooms: []string{"user_1"}, Except: []string{"z"}, Trace: "t"},
		} {
			e.ID = fmt.Sprintf("00000000-0000-7000-8000-00000000000%d", i)
			if err := s.Tx(ctx, func(tx *models.Tx) error { return tx.Record(e) }); err != nil {
				t.Fatal(err)
			}
		}
		all, err := s.SearchEvents(ctx, models.EventSearch{Limit: 10})
		if err != nil || len(all) != 4 {
			t.Fatalf("%v, %v", all, err)
		}
		seq := func(i int) int64 { return all[3-i].Seq }
		for name, c := range map[string]struct {
			search models.EventSearch
			want   string
		}{
			"all":         {models.EventSearch{Limit: 10}, "3210"},
			"limit":       {models.EventSearch{Limit: 2}, "32"},
			"name":        {models.EventSearch{Name: "a", Limit: 10}, "20"},
			"entity":      {models.EventSearch{Entity: "x/1", Limit: 10}, "10"},
			"room":        {models.EventSearch{Room: "user_1", Limit: 10}, "30"},
			"wild room":   {models.EventSearch{Room: "user%1", Limit: 10}, "2"},
			"below":       {models.EventSearch{Below: seq(2), Limit: 10}, "10"},
			"above":       {models.EventSearch{Above: seq(1), Limit: 10}, "32"},
			"between":     {models.EventSearch{Above: seq(0), Below: seq(3), Limit: 10}, "21"},
			"name, below": {models.EventSearch{Name: "a", Below: seq(2), Limit: 10}, "0"},
			"nothing":     {models.EventSearch{Name: "c", Limit: 10}, ""},
		} {
			rows, err := s.SearchEvents(ctx, c.search)
			got := ""
			for _, row := range rows {
				got += row.ID[35:]
			}
			if err != nil || got != c.want {
				t.Errorf("%s: %s, want %s (%v)", name, got, c.want, err)
			}
		}
		if e, err := s.EventByID(ctx, all[0].ID); err != nil || e.Seq != all[0].Seq || e.Trace != "t" || e.Except[0] != "z" || e.At.IsZero() {
			t.Errorf("%+v, %v", e, err)
		}
		if _, err := s.EventByID(ctx, "00000000-0000-7000-8000-000000000009"); models.CodeOf(err) != models.NotFound {
			t.Errorf("%v", err)
		}
		if rows, err := s.EventsNamed(ctx, "b", 0, 10); err != nil || len(rows) != 2 || rows[0].ID[35:] != "1" {
			t.Errorf("%v, %v", rows, err)
		}
		if rows, err := s.EventsNamed(ctx, "b", seq(1), 10); err != nil || len(rows) != 1 {
			t.Errorf("%v, %v", rows, err)
		}
	})
}

// Users are found by a part of their name, whatever its case.
func TestSearchUsers(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		for i, name := range []string{"Begoña", "ana_1", "anax1", "zoe"} {
			u := models.User{Username: name, Email: fmt.Sprintf("u%d@desk.example", i), DNI: fmt.Sprintf("%08d", i), Role: models.Trader, Status: models.Active, PasswordHash: "!"}
			if err := s.Tx(t.Context(), func(tx *models.Tx) error { return tx.InsertUser(&u) }); err != nil {
				t.Fatal(err)
			}
		}
		for text, want := range map[string]int{"": 4, "ANA": 2, "ana_": 1, "%": 0, "goña": 1, "\x00": 0, "nobody": 0} {
			if users, err := s.SearchUsers(t.Context(), text, 10); err != nil || len(users) != want {
				t.Errorf("%q: %d, want %d (%v)", text, len(users), want, err)
			}
		}
		if users, err := s.SearchUsers(t.Context(), "", 2); err != nil || len(users) != 2 {
			t.Errorf("%v, %v", users, err)
		}
	})
}

// What the database knows of sockets everywhere.
func TestDeliveryState(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx, now := t.Context(), s.Instant()
		ago := func(d time.Duration) time.Time { return now.Add(-d) }
		err := s.Tx(ctx, func(tx *models.Tx) error {
			var slots []models.DeliverySlot
			for i := range 5 {
				slots = append(slots, models.DeliverySlot{ID: fmt.Sprint(i), SessionKey: "k", UserID: int64(i % 2), Node: "n", Position: "1", Rooms: "[]", Opened: int64(i)})
			}
			if err := tx.PutSlots(slots); err != nil {
				return err
			}
			if err := tx.SeeNode("n"); err != nil {
				return err
			}
			if err := tx.WritePresence("there", []models.Presence{{UserID: 1, Sockets: 1, Changed: ago(time.Hour)}, {UserID: 2, Sockets: 1, Changed: ago(time.Minute)}, {UserID: 3, Sockets: 1, Changed: ago(time.Hour)}}); err != nil {
				return err
			}
			if err := tx.WritePresence("there", []models.Presence{{UserID: 3, Changed: ago(30 * time.Minute)}}); err != nil {
				return err
			}
			return tx.WritePresence("here", []models.Presence{{UserID: 4, Sockets: 1, Changed: ago(time.Hour)}})
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			users       []int64
			limit, want int
		}{{[]int64{0, 1}, 10, 5}, {[]int64{1}, 10, 2}, {[]int64{0}, 2, 2}, {[]int64{9}, 10, 0}, {nil, 10, 0}} {
			if rows, err := s.SlotsOfUsers(ctx, c.users, c.limit); err != nil || len(rows) != c.want || len(rows) > 1 && rows[0].Opened < rows[1].Opened {
				t.Errorf("%v: %v, %v", c.users, rows, err)
			}
		}
		if nodes, err := s.NodesSeen(ctx); err != nil || len(nodes) != 1 || nodes[0] != "n" {
			t.Errorf("%v, %v", nodes, err)
		}
		if nodes, err := s.NodesAlive(ctx); err != nil || len(nodes) != 0 {
			t.Errorf("without its lock a node lives: %v, %v", nodes, err)
		}
		if s.Dialect() == models.Postgres {
			held, stop := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- s.HoldNode(held, "n") }()
			for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
				if nodes, err := s.NodesAlive(ctx); err == nil && len(nodes) == 1 {
					break
				}
				if time.Now().After(end) {
					t.Fatal("a node that holds its lock does not live")
				}
			}
			stop()
			<-done
		}
		for ago, want := range map[time.Duration]string{2 * time.Hour: "map[]", 40 * time.Minute: "map[1:there 3:there]", 10 * time.Minute: "map[1:there]", 0: "map[1:there 2:there]"} {
			if got, err := s.PresenceAt(ctx, "here", now.Add(-ago)); err != nil || fmt.Sprint(got) != want {
				t.Errorf("%v ago: %v, want %s (%v)", ago, got, want, err)
			}
		}
	})
}
