package scenario

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/relevo/relevo/bench/internal/wire"
)

// watching are the figures of a scenario that is measured with nobody at the admin
// console and with one who watches.
func watching(atMost float64) []Figure {
	return []Figure{
		{Key: "cpu_none", Title: "CPU s per million deliveries, nobody watches"},
		{Key: "cpu_one", Title: "CPU s per million deliveries, one watches"},
		{Key: "ratio", Title: "÷", Limit: atMost},
		{Key: "events", Title: "events/s"},
		{Key: "fed", Title: "bytes/s to the watcher"},
	}
}

// watchRounds are the windows of a run in turn, so that what drifts meets both alike.
var watchRounds = slices.Repeat([]bool{false, true, true, false}, 4)

// maxLate is how far publishing may fall behind before the server counts as overloaded.
const maxLate = 3 * time.Second

// settling is how long the load runs after somebody began or stopped to watch before it
// is measured.
const settling = 300 * time.Millisecond

// addressees is to whom events go: one room, or users in turn.
type addressees int

const (
	everySocket addressees = iota
	oneUser
)

// watched publishes events at a rate while sockets listen, and compares windows in which a
// Master's page watches with those in which it does not, of one process. The sockets are
// those of two traders and two operators, or with oneUser one of each and for the rest
// of people who are not signed in.
func watched(sockets, perSecond, batch int, to addressees) func(*run) error {
	return func(r *run) error {
		w := &watch{run: r, to: to, batch: batch}
		if err := w.begin(sockets); err != nil {
			return err
		}
		step := time.Second * time.Duration(batch) / time.Duration(perSecond)
		w.due = r.loop.Now() + step
		var cpu, copies [2]float64
		var fed, events int
		for _, on := range watchRounds {
			w.look(on)
			if err := w.pace(settling, step); err != nil {
				return err
			}
			before, err := r.sample()
			if err != nil {
				return err
			}
			heard, sent, bytes := w.copies, w.sent, w.fed
			finish := func() error { return nil }
			if r.options.Profile {
				finish = r.desk.profile(filepath.Join(r.options.Logs, fmt.Sprintf("%s-watched-%t.prof", r.result.Scenario, on)), r.options.Window)
			}
			if err := w.pace(r.options.Window, step); err != nil {
				return err
			}
			after, err := r.sample()
			if err != nil {
				return err
			}
			if err := finish(); err != nil {
				return err
			}
			r.busy(before, after)
			who := 0
			if on {
				who = 1
				fed += w.fed - bytes
			} else if w.fed != bytes {
				r.fault("the page is sent something that does not watch")
			}
			events += w.sent - sent
			cpu[who] += float64((after.server - before.server).Microseconds())
			copies[who] += float64(w.copies - heard)
		}
		_ = r.loop.Until(drainTime, func() bool { return w.copies == w.expected && !w.asking })
		r.result.Expected, r.result.Lost = w.expected, w.expected-w.copies
		if copies[0] == 0 || copies[1] == 0 || fed == 0 {
			return fmt.Errorf("%v copies, %d bytes to the watcher", copies, fed)
		}
		half := r.options.Window.Seconds() * float64(len(watchRounds)) / 2
		r.set("cpu_none", cpu[0]/copies[0])
		r.set("cpu_one", cpu[1]/copies[1])
		r.set("ratio", cpu[1]/copies[1]/(cpu[0]/copies[0]))
		r.set("events", float64(events)/half/2)
		r.set("fed", float64(fed)/half)
		r.leave(w.sockets, []*wire.Client{w.page})
		w.caller.Reset()
		return nil
	}
}

// watch is the load of such a scenario.
type watch struct {
	run      *run
	to       addressees
	batch    int
	rooms    []string
	sockets  []*wire.Client
	page     *wire.Client // the Master's
	caller   *wire.Caller
	asking   bool
	due      time.Duration
	sent     int // events
	expected int // copies
	copies   int
	fed      int // bytes of what only watchers get
}

// begin signs in, opens the sockets and makes a key.
func (w *watch) begin(sockets int) error {
	r := w.run
	base := "http://" + r.target.Address.String()
	var people []*member
	for n := range staff {
		m, err := enter(base, userName(n))
		if err != nil {
			return fmt.Errorf("%s: %w", userName(n), err)
		}
		people = append(people, m)
	}
	key, err := r.desk.key(r.options.Root, "notification")
	if err != nil {
		return err
	}
	others := people[1:]
	w.rooms = []string{"role_Trader", "role_Operador"}
	if w.to == oneUser {
		w.rooms = nil
		for n := range others {
			w.rooms = append(w.rooms, fmt.Sprintf("user_%d", others[n].id))
		}
	}
	r.onEvent = w.event
	for i := range sockets {
		to := r.target
		if w.to == everySocket || i < len(others) {
			to.Cookie = pick(others, i).cookie
		}
		w.sockets = append(w.sockets, r.loop.NewClient(i, to, r))
	}
	to := r.target
	to.Cookie = people[0].cookie
	w.page = r.loop.NewClient(sockets, to, r)
	if err := r.loop.Open(append([]*wire.Client{w.page}, w.sockets...), openWindow, 60*time.Second); err != nil {
		return err
	}
	w.caller = r.loop.NewCaller(r.target, "Authorization: Bearer "+key+"\r\n", func(err error) { r.fault(fmt.Sprintf("publish: %v", err)) })
	return nil
}

// look begins to watch, or stops.
func (w *watch) look(on bool) { w.page.Emit(-1, fmt.Sprintf(`["console_watch",%t]`, on)) }

// pace publishes at the rate for a while; calls of it carry on where the one before
// stopped.
func (w *watch) pace(d, step time.Duration) error {
	loop := w.run.loop
	for end := loop.Now() + d; loop.Now() < end; {
		if now := loop.Now(); now >= w.due && !w.asking {
			if now-w.due > maxLate {
				return fmt.Errorf("overloaded: %d events were due %v ago", w.batch, now-w.due)
			}
			w.publish()
			w.due += step
		}
		wait := min(w.due, end) - loop.Now()
		if w.asking {
			wait = min(wait, time.Millisecond)
		}
		loop.Poll(max(wait, 0))
	}
	return nil
}

func (w *watch) publish() {
	type event struct {
		Event   string            `json:"event"`
		Rooms   []string          `json:"rooms"`
		Payload map[string]string `json:"payload"`
	}
	var all []event
	for range w.batch {
		rooms, copies := w.rooms, len(w.sockets)
		if w.to == oneUser {
			rooms, copies = w.rooms[w.sent%len(w.rooms):][:1], 1
		}
		all = append(all, event{"notification", rooms, map[string]string{
			"title": "bench", "message": fmt.Sprintf("%d %s", w.sent, strings.Repeat("x", payload-60)), "type": "info",
		}})
		w.sent++
		w.expected += copies
	}
	body, _ := json.Marshal(map[string]any{"events": all})
	w.asking = true
	w.caller.Post("/api/emit/batch", string(body), func(status int, body []byte) {
		w.asking = false
		if status != 202 {
			w.run.fault(fmt.Sprintf("publish answered %d: %.100s", status, body))
		}
	})
}

var (
	noticeHead  = []byte(`["notification",{"title":"bench","message":"`)
	consoleHead = []byte(`["console_`)
)

// event counts one copy; the numbers rise at every client.
func (w *watch) event(c *wire.Client, array []byte) {
	if rest, ok := bytes.CutPrefix(array, noticeHead); ok {
		number, _, _ := bytes.Cut(rest, []byte(" "))
		n, err := strconv.Atoi(string(number))
		if err != nil || n < c.Last[0] {
			w.run.fault("a copy came twice or out of order")
		}
		c.Last[0] = n + 1
		w.copies++
		return
	}
	if bytes.HasPrefix(array, consoleHead) {
		if c != w.page {
			w.run.fault("who does not watch is sent " + string(array[:min(len(array), 30)]))
		}
		w.fed += len(array)
	}
}
