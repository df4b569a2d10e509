//go:build !race

// The race detector would slow the 5,000 clients of this test down, not the server, which
// is a process of its own.

package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// The console watches 5,000 users with a socket each while 1,000 events a second go to
// single ones of them. Every event arrives, the page answers to clicks, its feed stays
// bounded, and what did not fit is said. How long the page's tasks were, and how long a
// click took, is measured and kept in artifacts/; nothing is decided by it.
func TestConsoleCrowd(t *testing.T) {
	needConsole(t)
	const (
		users  = 5000
		rate   = 1000 // events a second
		during = 12 * time.Second
	)
	p := start(t, models.SQLite, "RELEVO_EVENTS_EMIT_PER_SECOND=1000000")
	p.hire("max", models.Master)
	service := p.newPublisher()
	ids, cookies := p.recruit(users)
	crowd := p.intruders(users, cookies...)
	var heard atomic.Int64
	var reading sync.WaitGroup
	for _, i := range crowd {
		reading.Go(func() { i.attend(&heard) })
	}
	defer func() {
		for _, i := range crowd {
			i.close()
		}
		reading.Wait()
	}()

	b := openBoard(t, launch(t, p.url), "max", map[string]any{"viewport": map[string]int{"width": 1440, "height": 900}})
	b.nav("now")
	b.shows("now-users", users+1)
	calm := b.felt()

	stop := make(chan struct{})
	var sent atomic.Int64
	var sending sync.WaitGroup
	began := time.Now()
	sending.Go(func() {
		const batch = 50
		for n := 0; ; n += batch {
			// What is late because the machine is busy is made up for.
			due := began.Add(time.Duration(n) * time.Second / rate)
			select {
			case <-stop:
				return
			case <-time.After(time.Until(due)):
			}
			all := make([]publication, batch)
			for k := range all {
				all[k] = notice("crowd", fmt.Sprintf("%d of the load, for one person", n+k), events.RoomUser(ids[(n+k)*37%users]))
			}
			if r, err := service.tryBatch(all...); err != nil || r.status != 202 {
				t.Errorf("publish: %v %d %.200s", err, r.status, r.raw)
				return
			}
			sent.Add(batch)
		}
	})
	var clicks []int64
	most := 0
	for turn := 0; time.Since(began) < during; turn++ {
		section := []string{"feed", "now", "feed", "health", "business"}[turn%5]
		at := time.Now()
		b.nav(section)
		b.sees("main h1, main h2")
		if section == "feed" {
			b.sees(hook("feed-row"))
			most = max(most, b.count(hook("feed-row")))
		}
		clicks = append(clicks, time.Since(at).Milliseconds())
	}
	close(stop)
	sending.Wait()
	took := time.Since(began)
	busy := b.felt()
	p.eventually("every event has arrived", func() error {
		if h, s := heard.Load(), sent.Load(); h != s {
			return fmt.Errorf("%d of %d", h, s)
		}
		return nil
	})
	b.nav("feed")
	b.sees(hook("feed-row"))
	if most > 200 {
		t.Errorf("%d rows in the feed, want 200 at most", most)
	}
	b.live()
	b.clean()

	long := 0
	for _, task := range busy.Tasks {
		long = max(long, task.MS)
	}
	report, _ := json.MarshalIndent(map[string]any{
		"sockets": users, "events_per_second": float64(sent.Load()) / took.Seconds(), "seconds": took.Seconds(),
		"long_tasks": len(busy.Tasks), "longest_task_ms": long, "long_tasks_before": len(calm.Tasks), "first_paint_ms": calm.Paint,
		"clicks_ms": clicks, "feed_rows_most": most, "heap_bytes_before": calm.Heap, "heap_bytes": busy.Heap, "nodes": busy.Nodes,
	}, "", " ")
	t.Logf("%s", report)
	if err := os.WriteFile(artifact(t, "page.json"), append(report, '\n'), 0o644); err != nil {
		t.Error(err)
	}
}

// recruit makes users and signs them in behind the program's back, because hashing so
// many passwords takes minutes. It returns their ids and cookies.
func (p *process) recruit(n int) (ids []int64, cookies []string) {
	p.t.Helper()
	store := p.open()
	for len(ids) < n {
		err := store.Tx(soon(p.t), func(tx *models.Tx) error {
			for range min(500, n-len(ids)) {
				u := models.User{Username: fmt.Sprintf("user%05d", len(ids)), Role: models.Operador, Status: models.Active, PasswordHash: "none", CreatedAt: tx.Now()}
				u.Email, u.DNI = u.Username+"@desk.example", fmt.Sprintf("%08d", peopleMade.Add(1))
				if err := tx.InsertUser(&u); err != nil {
					return err
				}
				token, _, err := tx.CreateSession(u.ID, models.Actor{UserID: u.ID, Username: u.Username}, time.Hour, false)
				if err != nil {
					return err
				}
				ids, cookies = append(ids, u.ID), append(cookies, "session="+token)
			}
			return nil
		})
		if err != nil {
			p.t.Fatal(err)
		}
	}
	return ids, cookies
}

// attend does what a client has to, answers heartbeats, and counts notifications until
// the connection is closed.
func (i *intruder) attend(heard *atomic.Int64) {
	for {
		packet, err := i.read()
		if err != nil {
			return
		}
		switch {
		case packet == "2":
			if i.write(frame(0x81, "3")) != nil {
				return
			}
		case strings.HasPrefix(packet, `42["notification"`):
			heard.Add(1)
		}
	}
}
