package e2e

import (
	"fmt"
	"strings"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

// witness is a user of its own whose socket shows how far the event log was
// delivered. Nobody else hears what is said to it.
type witness struct {
	store  *models.Store // the process's database, as another program opens it
	who    *person
	socket *livetest.Client
	of     *logbook // of the run that the socket belongs to
	said   int
}

// delivered returns when everything that was committed before, by whomever, has been
// handed to the engine: a socket that makes a round trip then (Barrier, settle) has
// heard all that it will hear of it. Events that other tests' writers commit
// meanwhile are no matter. One goroutine may call it at a time.
//
// The process delivers in rounds: it takes the reload requests that wait, delivers
// what the log shows, then sends those requests. The first notice to the witness
// proves that durable events before it were delivered, but its round may have begun
// before the last request was waiting; the second is found in the round that has
// taken it, or later; the third in a round after that one, so the request was sent.
func (p *process) delivered() {
	p.t.Helper()
	w := p.callWitness()
	for range 3 {
		w.said++
		text := fmt.Sprintf("delivered %d", w.said)
		err := w.store.Tx(soon(p.t), func(tx *models.Tx) error {
			return events.EmitNotification(tx, events.Notification{Title: "e2e", Message: text, Type: events.NotifyInfo}, events.RoomUser(w.who.id))
		})
		if err == nil {
			err = w.store.NotifyEvents(soon(p.t), "")
		}
		if err != nil {
			p.t.Fatalf("notice to the witness: %v", err)
		}
		_, err = w.socket.WaitFor(soon(p.t), text, func(e livetest.Event) bool { return strings.Contains(e.Arg(), `"`+text+`"`) })
		if err != nil {
			p.t.Fatalf("the event log is not delivered: %v", err)
		}
	}
}

// callWitness returns the witness with a socket on the run of the program that is
// under way.
func (p *process) callWitness() *witness {
	p.t.Helper()
	if p.witness == nil {
		p.witness = p.newWitness()
	}
	if w := p.witness; w.of != p.log {
		w.socket, w.of = w.who.socket(), p.log
	}
	return p.witness
}

// newWitness makes the user behind the program's back, so that no event tells of it.
func (p *process) newWitness() *witness {
	p.t.Helper()
	store := p.open()
	hash, err := models.NewHasher(1).Hash(soon(p.t), password)
	if err != nil {
		p.t.Fatal(err)
	}
	err = store.Tx(soon(p.t), func(tx *models.Tx) error {
		_, err := tx.CreateUser(models.NewUser{
			Username: "witness", Email: "witness@desk.example", DNI: fmt.Sprintf("%08d", peopleMade.Add(1)), Role: models.Trader, PasswordHash: hash,
		})
		return err
	})
	if err != nil {
		p.t.Fatal(err)
	}
	return &witness{store: store, who: p.signIn("witness", password)}
}
