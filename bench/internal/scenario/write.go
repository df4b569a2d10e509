package scenario

import (
	"encoding/json"
	"fmt"
	"math"
	"math/bits"
	"path/filepath"
	"time"

	"github.com/relevo/relevo/bench/internal/proc"
	"github.com/relevo/relevo/bench/internal/stats"
	"github.com/relevo/relevo/bench/internal/wire"
)

// writerCounts are how many writers there are, one after the other, in a run.
var writerCounts = []int{1, 8, 32}

// writing are the figures of a write scenario; subject is compared with without.
func writing(without string, atLeast float64) (all []Figure) {
	for _, n := range writerCounts {
		who := fmt.Sprintf("%d writers: ", n)
		if n == 1 {
			who = "1 writer: "
		}
		all = append(all,
			Figure{Key: keyOf("rate", n), Title: who + "writes/s", Ratio: true, AtLeast: map[string]float64{without: atLeast}},
			Figure{Key: keyOf("answer_p50", n), Title: who + "request to answer, p50 ms"},
			Figure{Key: keyOf("p50", n), Title: who + "request to socket, p50 ms", Ratio: true},
			Figure{Key: keyOf("p99", n), Title: who + "request to socket, p99 ms", Ratio: true},
			Figure{Key: keyOf("cpu", n), Title: who + "CPU µs per write, database included", Ratio: true},
		)
	}
	return all
}

func keyOf(key string, writers int) string { return fmt.Sprintf("%s_%d", key, writers) }

// The events of a writer's two requests.
const (
	created  = "nueva_operacion"
	canceled = "operacion_cancelada"
)

// writer creates an operation and cancels it, over and over.
type writer struct {
	load   *writes
	caller *wire.Caller
	create string // body
	sent   time.Duration
	busy   bool
}

// writes is the load of a write scenario.
type writes struct {
	run     *run
	notices *notices
	answers stats.Histogram // of requests to the answer
	done    int
	stopped bool
}

// write has writers create and cancel operations over REST, each waiting for its answer,
// while the sockets of subscribers hear of it.
func write(r *run) error {
	base := "http://" + r.target.Address.String()
	people := map[string][]*member{}
	for n, role := range staff {
		m, err := enter(base, userName(n))
		if err != nil {
			return fmt.Errorf("%s: %w", userName(n), err)
		}
		people[role] = append(people[role], m)
	}
	n := &notices{run: r, all: map[string]*notice{}, since: -1}
	r.onEvent = n.event
	sockets := make([]*wire.Client, subscribers)
	for i := range sockets {
		to := r.target
		to.Cookie = pick(people["Operador"], i).cookie
		sockets[i] = r.loop.NewClient(i, to, r)
	}
	if err := r.loop.Open(sockets, openWindow, 30*time.Second); err != nil {
		return err
	}
	made := 0
	for _, count := range writerCounts {
		w := &writes{run: r, notices: n}
		var all []*writer
		for i := range count {
			who := pick(people["Trader"], i)
			client, err := people["Master"][0].newClient(made)
			if err != nil {
				return err
			}
			made++
			to := r.target
			to.Cookie = who.cookie
			all = append(all, &writer{
				load: w, caller: r.loop.NewCaller(to, "X-CSRFToken: "+who.token+"\r\n", func(err error) { r.fault(fmt.Sprintf("write: %v", err)) }),
				create: fmt.Sprintf(`{"client_id":%d,"operation_type":"Compra","amount_usd":1000,"exchange_rate":3.75,"source_account":"19112345678902","destination_account":"19112345678901"}`, client),
			})
		}
		if err := w.measure(all); err != nil {
			return fmt.Errorf("%d writers: %w", count, err)
		}
	}
	r.result.Expected = len(n.all) * subscribers
	for _, one := range n.all {
		r.result.Lost += subscribers - bits.OnesCount64(one.got)
	}
	r.leave(sockets)
	return nil
}

func pick(some []*member, n int) *member { return some[n%len(some)] }

// measure runs the writers and enters their figures.
func (w *writes) measure(all []*writer) error {
	r, n := w.run, w.notices
	n.latencies = &stats.Histogram{}
	for _, one := range all {
		one.next()
	}
	r.loop.For(warmUp)
	n.since, n.until, w.answers = r.loop.Now(), math.MaxInt64, stats.Histogram{}
	done := w.done
	if r.options.Profile {
		file := filepath.Join(r.options.Logs, fmt.Sprintf("%s-%s-%d.prof", r.result.Scenario, r.result.Peer, len(all)))
		finish := r.desk.profile(file, r.options.Window)
		defer func() {
			if err := finish(); err != nil {
				r.fault(err.Error())
			}
		}()
	}
	before, err := r.desk.databaseCPU()
	if err != nil {
		return err
	}
	cpu, err := r.measure(r.options.Window)
	if err != nil {
		return err
	}
	var after proc.FamilyCPU
	if after, err = r.desk.databaseCPU(); err != nil {
		return err
	}
	done = w.done - done
	// What was asked in the window counts, also when it arrives after it.
	n.until, w.stopped = r.loop.Now(), true
	idle := func() bool {
		for _, one := range all {
			if one.busy {
				return false
			}
		}
		return n.open == 0
	}
	_ = r.loop.Until(drainTime, idle)
	n.since = -1
	r.leaving = true
	for _, one := range all {
		one.caller.Reset()
	}
	r.leaving = false
	if done == 0 {
		return fmt.Errorf("no answer in %v", r.options.Window)
	}
	set := func(key string, v float64) { r.set(keyOf(key, len(all)), v) }
	set("rate", float64(done)/r.options.Window.Seconds())
	set("answer_p50", ms(w.answers.Percentile(50)))
	set("p50", ms(n.latencies.Percentile(50)))
	set("p99", ms(n.latencies.Percentile(99)))
	set("cpu", float64((cpu+after.Since(before)).Microseconds())/float64(done))
	set("busy", r.result.Figures["server_busy"])
	return nil
}

// next creates an operation.
func (w *writer) next() {
	if w.load.stopped {
		return
	}
	w.post("/operations/api/create", w.create, 201, func(body []byte) {
		var made struct {
			Operation struct {
				ID     int64  `json:"id"`
				Number string `json:"operation_id"`
			} `json:"operation"`
		}
		if err := json.Unmarshal(body, &made); err != nil || made.Operation.ID == 0 {
			w.load.run.fault(fmt.Sprintf("create answered %.100q", body))
			return
		}
		w.load.notices.expect(created, made.Operation.Number, w.sent)
		w.cancel(made.Operation.ID, made.Operation.Number)
	})
}

func (w *writer) cancel(id int64, number string) {
	w.post(fmt.Sprintf("/operations/api/cancel/%d", id), `{"reason":"El cliente desistió"}`, 200, func([]byte) {
		w.load.notices.expect(canceled, number, w.sent)
		w.next()
	})
}

// post sends one request; then is called when its answer has the status.
func (w *writer) post(path, body string, want int, then func(body []byte)) {
	w.sent, w.busy = w.load.run.loop.Now(), true
	w.caller.Post(path, body, func(status int, body []byte) {
		w.busy = false
		w.load.done++
		w.load.answers.Add(w.load.run.loop.Now() - w.sent)
		if status != want {
			w.load.run.fault(fmt.Sprintf("%s answered %d: %.100s", path, status, body))
			return
		}
		then(body)
	})
}
