package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"
)

// pageOptions are those of the pages in use (contract 1.7).
func pageOptions() map[string]any {
	return map[string]any{
		"transports": []string{"websocket", "polling"}, "upgrade": true, "rememberUpgrade": true,
		"reconnectionDelay": 1000, "reconnectionAttempts": 5, "timeout": 20000,
	}
}

// quickOptions come back sooner than pages do; more holds further options.
func quickOptions(more map[string]any) map[string]any {
	o := map[string]any{"reconnectionDelay": 100, "reconnectionDelayMax": 400, "timeout": 5000}
	maps.Copy(o, more)
	return o
}

var (
	overWebSocket = map[string]any{"transports": []string{"websocket"}}
	overPolling   = map[string]any{"transports": []string{"polling"}}
	upgrading     = map[string]any{"transports": []string{"polling", "websocket"}}
)

// watcher is one client of a crowd: a tab that stays open whatever happens. Its
// fields below the line belong to the crowd's lock.
type watcher struct {
	name    string
	who     *person // nobody when it has no session
	pkg     string
	options map[string]any
	url     string // where it connects; empty is the process itself

	connects  int // so often it joined the namespace
	recovered int // so often the client says that its state was recovered
	attempts  int // of the reconnection under way
	acked     int
	gaveUp    bool
	sentAway  bool // the server sent DISCONNECT, after which clients stay away
	receipts  []receipt
	trail     []string // the last of what happened to it, events aside
}

// receipt is one event as a client got it.
type receipt struct {
	name  string
	args  []json.RawMessage
	visit int // the connects of the watcher by then
}

// crowd is a Node process with one client for each watcher.
type crowd struct {
	t     *testing.T
	stdin io.WriteCloser

	mu       sync.Mutex
	watchers []*watcher
	barriers int
	err      error
}

// crowdLine is one line of crowd.mjs.
type crowdLine struct {
	Client    int               `json:"client"`
	At        string            `json:"at"`
	Name      string            `json:"name"`
	Args      []json.RawMessage `json:"args"`
	N         int               `json:"n"`
	Reason    string            `json:"reason"`
	Recovered bool              `json:"recovered"`
}

// gather starts the clients and waits until all of them are in.
func gather(p *process, watchers ...*watcher) *crowd {
	p.t.Helper()
	type client struct {
		Client  int            `json:"client"`
		Package string         `json:"package"`
		URL     string         `json:"url"`
		Cookie  string         `json:"cookie"`
		Options map[string]any `json:"options"`
	}
	var job struct {
		Clients []client `json:"clients"`
	}
	for i, w := range watchers {
		c := client{i, w.pkg, w.url, "", w.options}
		if c.URL == "" {
			c.URL = p.url
		}
		if w.who != nil {
			c.Cookie = w.who.cookie()
		}
		job.Clients = append(job.Clients, c)
	}
	c := &crowd{t: p.t, watchers: watchers}
	c.stdin = runNode(p.t, "crowd.mjs", job, c.take, func(err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.err = err
	})
	p.eventually("all clients are in", func() error { return c.all(func(w *watcher) bool { return w.connects > 0 }) })
	return c
}

func (c *crowd) take(line []byte) {
	var l crowdLine
	if err := json.Unmarshal(line, &l); err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.note(c.watchers[l.Client], l)
}

func (c *crowd) note(w *watcher, l crowdLine) {
	if l.At != "event" {
		w.trail = append(w.trail[max(0, len(w.trail)-20):], fmt.Sprintf("%s %s %s%s %d", time.Now().Format("05.000"), l.At, l.Name, l.Reason, l.N))
	}
	switch l.At {
	case "connect":
		w.connects, w.attempts = w.connects+1, 0
		if l.Recovered {
			w.recovered++
		}
	case "disconnect":
		w.sentAway = w.sentAway || l.Reason == "io server disconnect"
	case "attempt":
		w.attempts = l.N
	case "ack":
		w.acked = max(w.acked, l.N)
	case "gave up":
		w.gaveUp = true
	case "event":
		w.receipts = append(w.receipts, receipt{l.Name, l.Args, w.connects})
	}
}

// all gives an error that names the first watcher for which holds is false.
func (c *crowd) all(holds func(*watcher) bool) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.err != nil {
		return fatal{c.err}
	}
	for _, w := range c.watchers {
		switch {
		case w.gaveUp:
			return fatal{fmt.Errorf("%s gave up after %d attempts", w.name, w.attempts)}
		case w.sentAway:
			return fatal{fmt.Errorf("%s was sent away", w.name)}
		case !holds(w):
			return fmt.Errorf("not %s, with %d connects, %d attempts, %d events: %s", w.name, w.connects, w.attempts, len(w.receipts), strings.Join(w.trail, ", "))
		}
	}
	return nil
}

// nearGivingUp tells whether a client has used up most of its attempts: one more
// outage right now would say nothing about the server.
func (c *crowd) nearGivingUp() error {
	return c.all(func(w *watcher) bool { return w.options["reconnectionAttempts"] == nil || w.attempts < 3 })
}

// barrier makes a round trip on every client: what the server sent before has come.
func (c *crowd) barrier(p *process) {
	c.t.Helper()
	c.barriers++
	n := c.barriers
	if _, err := fmt.Fprintf(c.stdin, "barrier %d\n", n); err != nil {
		c.t.Fatal(errors.Join(err, c.all(func(*watcher) bool { return true })))
	}
	p.eventually("every client's round trip", func() error { return c.all(func(w *watcher) bool { return w.acked >= n }) })
}

// got are the receipts of a watcher from the n-th on.
func (c *crowd) got(w *watcher, n int) []receipt {
	c.mu.Lock()
	defer c.mu.Unlock()
	return w.receipts[n:len(w.receipts):len(w.receipts)]
}
