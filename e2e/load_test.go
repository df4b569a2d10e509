package e2e

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// load is a desk at work: writers that create operations until the server is gone, and
// sockets that hear of them.
type load struct {
	*process
	client  int64
	sockets []*livetest.Client

	created atomic.Int64
	mu      sync.Mutex
	codes   []string // of the operations that were acknowledged with 201
	odd     []string // answers that were neither 201 nor the end of the server
	writers sync.WaitGroup
}

func newLoad(t *testing.T, d models.Dialect, writers, sockets int) *load {
	t.Helper()
	l := &load{process: start(t, d)}
	max := l.hire("max", models.Master)
	l.client = max.newClient("11112222")
	for i := range sockets {
		l.sockets = append(l.sockets, max.listen([]string{"websocket", "polling"}[i%2]))
	}
	body, _ := json.Marshal(newOperation(l.client))
	var tinas []*person
	for i := range writers {
		tinas = append(tinas, l.hire(fmt.Sprintf("tina%d", i), models.Trader))
	}
	for _, tina := range tinas {
		l.writers.Go(func() { l.write(tina, body) })
	}
	l.eventually("operations are being created", func() error {
		if n := l.created.Load(); n < 20 {
			return fmt.Errorf("%d so far", n)
		}
		return nil
	})
	return l
}

// write creates operations until the server does not answer any more.
func (l *load) write(who *person, body []byte) {
	for {
		r, err := who.try("POST", "/operations/api/create", body, "Content-Type", "application/json")
		if err != nil {
			return
		}
		var answer struct {
			Operation struct {
				Code string `json:"operation_id"`
			}
		}
		l.mu.Lock()
		if r.status == 201 && json.Unmarshal(r.raw, &answer) == nil && answer.Operation.Code != "" {
			l.codes = append(l.codes, answer.Operation.Code)
			l.created.Add(1)
		} else {
			l.odd = append(l.odd, fmt.Sprintf("%d %.300s", r.status, r.raw))
		}
		l.mu.Unlock()
	}
}

// verify starts the server again and looks for everything that was acknowledged.
func (l *load) verify() {
	l.t.Helper()
	l.writers.Wait()
	if len(l.odd) > 0 {
		l.t.Errorf("%d odd answers, the first: %s", len(l.odd), l.odd[0])
	}
	acknowledged := slices.Clone(l.codes)
	slices.Sort(acknowledged)
	if n := len(slices.Compact(slices.Clone(acknowledged))); n != len(acknowledged) {
		l.t.Errorf("%d acknowledged operations have %d different ids", len(acknowledged), n)
	}
	l.run("127.0.0.1:0")
	max := l.signIn("max", password)
	kept := max.operationCodes()
	for _, code := range acknowledged {
		if kept[code] != 1 {
			l.t.Errorf("%s was acknowledged and stands %d times in the database", code, kept[code])
		}
	}
	for code, n := range kept {
		if n != 1 {
			l.t.Errorf("%s stands %d times", code, n)
		}
	}
	if _, code := max.newOperationOf(l.client); kept[code] != 0 {
		l.t.Errorf("%s was given out again", code)
	}
}

// operationCodes counts all operations by their id.
func (w *person) operationCodes() map[string]int {
	w.t.Helper()
	var list struct {
		Operations []struct {
			Code string `json:"operation_id"`
		}
	}
	r := w.send("GET", "/operations/api/list?all=true", nil).want(200)
	if err := json.Unmarshal(r.raw, &list); err != nil {
		w.t.Fatal(err)
	}
	codes := map[string]int{}
	for _, o := range list.Operations {
		codes[o.Code]++
	}
	return codes
}

// SIGTERM during load: every request that was begun is answered, every socket is told
// to come back and not to stay away, and the exit status is 0 (the
// program exits with 1 when its deadline passed).
func TestSIGTERMDuringLoad(t *testing.T) {
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		l := newLoad(t, d, 6, 50)
		l.stop()
		for _, s := range l.sockets {
			if err := s.WaitClosed(soon(t)); err != nil {
				t.Errorf("socket: %v", err)
			}
			if s.Disconnected() {
				t.Error("a socket got DISCONNECT, after which clients stay away (contract 5.9)")
			}
		}
		for _, e := range l.log.entries(0) {
			if e.Level != "info" && e.Level != "debug" {
				t.Errorf("log: %s", e.raw)
			}
		}
		l.verify()
	})
}

// kill -9 during writes: what was acknowledged is there, ids stay unique, and the
// database goes on (contract 5.23).
func TestSIGKILLDuringWrites(t *testing.T) {
	eachDialect(t, func(t *testing.T, d models.Dialect) {
		l := newLoad(t, d, 6, 4)
		l.kill()
		l.verify()
	})
}
