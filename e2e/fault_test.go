package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// fault is a database that does not take the process's writes any more.
type fault struct {
	name    string
	dialect models.Dialect
	reason  string // part of the message
	// strike begins the fault; the returned function ends it.
	strike func(k *desk) (mend func())
	// others tells whether other programs can still commit.
	others bool
	// severs tells that open connections to the database are cut: what asks it right
	// then is answered 503, the next poll of a socket too.
	severs bool
}

// A database that is full, read-only or locked: writes are answered with 503 and a
// reason, committed events still go out, sockets stay and new ones come, readyz says
// so, and when it is over the process goes on without a restart (contract 3.1).
func TestFaults(t *testing.T) {
	for _, f := range faults {
		t.Run(f.name, func(t *testing.T) {
			t.Parallel()
			k := openDesk(t, f.dialect)
			k.suffer(f)
		})
	}
}

func (k *desk) suffer(f fault) {
	t := k.t
	pid := k.cmd.Process.Pid
	sockets := map[string]*livetest.Client{"websocket": k.olga.listen("websocket"), "a master's": k.max.listen("websocket")}
	if !f.severs {
		sockets["polling"] = k.omar.listen("polling")
	}
	_, code := k.tina.newOperationOf(k.client)
	k.heardBy(sockets, code)

	mend := f.strike(k)
	k.eventually("a write is refused with the reason", func() error {
		if message := k.refusesWrite(); !strings.Contains(message, f.reason) {
			return fmt.Errorf("it is %q, want %q", message, f.reason)
		}
		return nil
	})
	k.refusesWrite()
	k.eventually("readyz says so", func() error {
		if err := k.answers("/readyz"); err == nil || !strings.Contains(err.Error(), "503") || !strings.Contains(err.Error(), "database") {
			return fmt.Errorf("it says %v", err)
		}
		return nil
	})
	if err := k.answers("/healthz"); err != nil {
		t.Errorf("the process is alive: %v", err)
	}
	k.eventually("reads are answered", func() error {
		if r := k.max.json("GET", "/operations/api/list?all=true", nil); r.status != http.StatusOK {
			return fmt.Errorf("%d %.300s", r.status, r.raw)
		}
		return nil
	})
	sockets["new"] = k.tina.listen("websocket")
	if f.others {
		k.emitBeside("meanwhile")
		k.heardBy(sockets, "meanwhile")
	}
	for name, s := range sockets {
		if err := s.Barrier(soon(t)); err != nil {
			t.Errorf("the %s socket: %v", name, err)
		}
	}

	mend()
	k.eventually("readyz is content", func() error { return k.answers("/readyz") })
	body, _ := json.Marshal(newOperation(k.client))
	k.eventually("a write is taken", func() error {
		r := k.tina.send("POST", "/operations/api/create", body, "Content-Type", "application/json")
		if r.status != http.StatusCreated {
			return fmt.Errorf("%d %.300s", r.status, r.raw)
		}
		code, _ = r.object("operation")["operation_id"].(string)
		return nil
	})
	k.heardBy(sockets, code)
	if k.ended() || k.cmd.Process.Pid != pid {
		t.Error("the process was started again")
	}
	for name, s := range sockets {
		if s.Disconnected() {
			t.Errorf("the %s socket was disconnected", name)
		}
	}
}

// refusesWrite makes a write that must be answered with 503 in the form of contract
// 3.1, and gives the message.
func (k *desk) refusesWrite() (message string) {
	k.t.Helper()
	body, _ := json.Marshal(newOperation(k.client))
	r, err := k.tina.try("POST", "/operations/api/create", body, "Content-Type", "application/json")
	if err != nil {
		k.t.Fatalf("a write: %v", err)
	}
	message, _ = r.body["message"].(string)
	switch {
	case r.status != http.StatusServiceUnavailable:
		k.t.Fatalf("a write is answered with %d %.300s", r.status, r.raw)
	case r.body["success"] != false, message == "", r.body["error"] != message:
		k.t.Errorf("the form of the error: %s", r.raw)
	}
	for _, leak := range []string{"SQL", "pq:", "INSERT", "sqlite", "disk I/O", "relation", "read-only transaction"} {
		if strings.Contains(string(r.raw), leak) {
			k.t.Errorf("the answer shows %q: %s", leak, r.raw)
		}
	}
	return message
}

// heardBy waits until every socket has an event whose payload has the text.
func (k *desk) heardBy(sockets map[string]*livetest.Client, text string) {
	k.t.Helper()
	k.eventually("all hear of "+text, func() error {
		for name, s := range sockets {
			found := false
			for _, e := range s.Events() {
				found = found || strings.Contains(e.Arg(), `"`+text+`"`)
			}
			if !found {
				return fmt.Errorf("the %s socket does not", name)
			}
		}
		return nil
	})
}

// emitBeside commits an event as another program does.
func (k *desk) emitBeside(text string) {
	k.t.Helper()
	n := events.Notification{Title: "e2e", Message: text, Type: events.NotifyInfo}
	err := k.store.Tx(soon(k.t), func(tx *models.Tx) error { return events.EmitNotification(tx, n, events.RoomAuthenticated) })
	if err != nil {
		k.t.Fatal(errors.Join(errors.New("an event of another program"), err))
	}
}
