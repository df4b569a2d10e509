package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

// board is a desk with the namespace of the Admin UI: who has the role Master may look,
// and so may who knows the password of "ops".
type board struct {
	*desk
	mu       sync.Mutex
	now      time.Time
	acts     []AdminAct
	forbids  bool
	broken   bool
	demoted  bool
	attempts int
}

func newBoard(t *testing.T, change ...func(*AdminConfig, *desk)) *board {
	b := &board{now: time.Unix(1_700_000_000, 0)}
	b.desk = newDesk(t, func(_ *testing.T, h Handler, o Options) Engine {
		o.Admin = &AdminConfig{
			Login: b.login, MayLook: b.mayLook, Acted: b.acted, Lifetime: time.Hour, Node: "node", Now: b.clock, Log: o.Log,
			Limits: Limits{EventsPerSecond: 1, EventBurst: 5},
		}
		for _, c := range change {
			c(o.Admin, b.desk)
		}
		return NewNative(h, o)
	}, func(d *desk, o *Options) {
		b.desk = d
		d.onAuth = func(r *http.Request, id *middleware.Identity) error {
			if id.UserID != 0 {
				id.SessionID, id.ExpiresAt = id.UserID*100, b.clock().Add(time.Hour)
			}
			return nil
		}
	})
	return b
}

func (b *board) clock() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.now
}

func (b *board) set(change func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	change()
}

func (b *board) login(_ context.Context, address, name, password string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.attempts++
	switch {
	case address != "127.0.0.1":
		return errors.New("who is " + address)
	case b.broken:
		return errors.New("database is down")
	case password == "again and again":
		return ErrTooManyLogins
	case name != "ops" || password != "right":
		return ErrWrongLogin
	}
	return nil
}

func (b *board) mayLook(_ context.Context, id middleware.Identity) (bool, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.broken {
		return false, errors.New("database is down")
	}
	return id.Role == "Master" && !b.demoted, nil
}

func (b *board) acted(_ context.Context, a AdminAct) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.forbids {
		return errors.New("disk is full")
	}
	b.acts = append(b.acts, a)
	return nil
}

// admin joins the namespace.
func (b *board) admin(header http.Header, auth string) (*livetest.Client, error) {
	return b.adminOver("websocket", header, auth)
}

func (b *board) adminOver(transport string, header http.Header, auth string) (*livetest.Client, error) {
	c, err := livetest.Connect(b.t.Context(), livetest.Dial{URL: b.url, Transport: transport, Header: header, Namespace: AdminNamespace, Auth: auth})
	if err == nil {
		b.t.Cleanup(c.Close)
	}
	return c, err
}

// master is admin for a Master, past the list of all sockets.
func (b *board) master(id int) *livetest.Client {
	b.t.Helper()
	c, err := b.admin(user(id, "Master"), "")
	if err != nil {
		b.t.Fatal(err)
	}
	b.heard(c, "all_sockets", "")
	return c
}

// heard waits for an event with the text in its arguments.
func (b *board) heard(c *livetest.Client, name, text string) livetest.Event {
	b.t.Helper()
	e, err := c.WaitFor(b.t.Context(), name+" with "+text, func(e livetest.Event) bool {
		return e.Name == name && strings.Contains(plain(e), text)
	})
	if err != nil {
		b.t.Fatalf("%v; it heard %v", err, c.Names())
	}
	return e
}

func plain(e livetest.Event) string {
	raw, _ := json.Marshal(e.Args)
	return string(raw)
}

// off waits until the socket is out.
func (b *board) off(c *livetest.Client, what string) {
	b.t.Helper()
	eventually(b.t, what, func() bool { return c.Disconnected() || c.Closed() })
}

func (b *board) ask(c *livetest.Client, packet string) {
	b.t.Helper()
	if err := c.Send(b.t.Context(), "42/admin,"+packet); err != nil {
		b.t.Fatal(err)
	}
}

func text(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
