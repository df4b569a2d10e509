package e2e

import (
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// Among 500 operators some do not read, and their connections can take no more: all the
// others hear every request, in order and once, none of them is closed, and patients are
// answered meanwhile (emergencies contract 4.2 b, 4.3 rule 8).
func TestPushStalledAmong500(t *testing.T) {
	t.Parallel()
	e := openEmergencies(t, models.SQLite, "RELEVO_PUSH_PING_INTERVAL=5s")
	const operators, stalled, open = 500, 3, 340
	// The open requests that who does not read is sent first fill what the kernel keeps
	// for a connection, and more.
	size := e.hoard(open)
	mean := make([]*intruder, stalled)
	for k := range mean {
		mean[k] = e.pushIntruder(e.omar)
	}
	e.eventually("they are sent the open requests", func() error {
		if n := e.sum("relevo_push_messages_sent_total"); n < stalled*open {
			return fmt.Errorf("%d", n)
		}
		return nil
	})
	e.clear()

	sockets := make([]*pushSocket, operators)
	var all sync.WaitGroup
	for part := range 8 {
		all.Go(func() {
			for k := part; k < operators; k += 8 {
				sockets[k] = e.olga.push("")
			}
		})
	}
	all.Wait()
	if t.Failed() {
		t.FailNow()
	}
	e.counts(operators + stalled)
	var ids []int64
	for range 20 {
		ids = append(ids, e.request())
	}
	for _, s := range sockets {
		s.hears(ids...)
		if got := s.list(); !slices.Equal(got, ids) {
			t.Fatalf("a neighbour of those who do not read got %v, want %v", got, ids)
		}
	}
	e.counts(operators)
	for _, s := range sockets {
		if !s.open() {
			t.Fatal("a neighbour was closed")
		}
	}
	for _, i := range mean {
		if n, _ := io.Copy(io.Discard, i.in); n >= int64(open*size) {
			t.Errorf("who does not read was sent all %d bytes: it did not stall", n)
		}
		i.close()
	}
}

// hoard stores open requests of some 10 KB each, and returns how long one is at least.
func (e *emergencyDesk) hoard(n int) (size int) {
	e.t.Helper()
	illness := strings.Repeat("x", models.MaxCondition-3)
	var conditions []string
	for i := range models.MaxConditions {
		conditions = append(conditions, fmt.Sprintf("%02d %s", i, illness))
		size += models.MaxCondition
	}
	store := e.open()
	// Few at a time: the server writes, too.
	for from := 0; from < n; from += 20 {
		err := store.Tx(soon(e.t), func(tx *models.Tx) error {
			who, err := tx.UpsertRequester(models.RequesterInput{PersonInput: models.PersonInput{
				FirstName: "Persona", LastName: "Dos", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: "000999",
			}, Conditions: conditions})
			for range min(20, n-from) {
				if err != nil {
					return err
				}
				_, err = tx.CreateRequest(models.NewRequest{RequesterID: who.ID, Latitude: 1.25, Longitude: -2.5})
			}
			return err
		})
		if err != nil {
			e.t.Fatal(err)
		}
	}
	return size
}

// clear makes all requests those of another day.
func (e *emergencyDesk) clear() {
	e.t.Helper()
	db, err := sql.Open("sqlite", "file:"+(&url.URL{Path: filepath.Join(e.dir, "relevo.db")}).EscapedPath()+"?_pragma=busy_timeout(30000)")
	if err == nil {
		_, err = db.ExecContext(soon(e.t), "UPDATE emergency_requests SET requested_at = 0")
		err = errors.Join(err, db.Close())
	}
	if err != nil {
		e.t.Fatal(err)
	}
}

// An idle push socket costs no more memory than an idle socket of Socket.IO does.
func TestPushIdleMemory(t *testing.T) {
	t.Parallel()
	const crowd = 1000
	cost := func(join func(p *process, cookie string) *intruder) int64 {
		p := start(t, models.SQLite)
		cookie := p.hire("olga", models.Operador).cookie()
		gather := func(n int) {
			var all sync.WaitGroup
			for part := range 8 {
				all.Go(func() {
					for k := part; k < n; k += 8 {
						join(p, cookie)
					}
				})
			}
			all.Wait()
			if t.Failed() {
				t.FailNow()
			}
		}
		gather(100) // until pools and tables have their size
		before := p.live()
		gather(crowd)
		return (p.live() - before) / crowd
	}
	socketIO := cost(func(p *process, cookie string) *intruder { return p.intruder(cookie) })
	push := cost(func(p *process, cookie string) *intruder {
		i, err := p.call()
		if err == nil {
			err = i.upgrade(pushPath, cookie)
		}
		if err == nil {
			_, err = i.readUntil("connection")
		}
		if err != nil {
			t.Errorf("a socket of the crowd: %v", err)
		}
		return i
	})
	t.Logf("bytes for each idle socket: push %d, Socket.IO %d", push, socketIO)
	const noise = 500 // what the rest of the process may take meanwhile, for each of the crowd
	if push > socketIO+noise {
		t.Errorf("an idle push socket costs %d bytes, one of Socket.IO %d", push, socketIO)
	}
}

// live is what the process holds after a collection, heap and stacks, in bytes.
func (p *process) live() (sum int64) {
	p.t.Helper()
	for line := range strings.Lines(p.read("/debug/pprof/heap?debug=1&gc=1")) {
		for _, name := range []string{"HeapInuse", "Stack"} {
			var n int64
			if found, _ := fmt.Sscanf(line, "# "+name+" = %d", &n); found == 1 {
				sum += n
			}
		}
	}
	if sum == 0 {
		p.t.Fatal("the heap profile has no sums")
	}
	return sum
}
