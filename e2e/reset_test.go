package e2e

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live/livetest"
)

const resetClients = 200

// 200 clients reset their connection while events are sent to them: the process lives,
// says nothing, and keeps neither a goroutine nor a descriptor.
func TestResetsLeaveNothing(t *testing.T) {
	for transport, settings := range map[string][]string{
		"websocket": nil,
		// Between two polls a client has no connection whose reset could be noticed:
		// what ends it is the heartbeat.
		"polling": {"RELEVO_SOCKET_PING_INTERVAL=1s", "RELEVO_SOCKET_PING_TIMEOUT=3s"},
	} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			resets(t, transport, start(t, models.SQLite, settings...))
		})
	}
}

func resets(t *testing.T, transport string, p *process) {
	max := p.hire("max", models.Master)
	tina := p.hire("tina", models.Trader)
	client := max.newClient("11112222")
	stays := max.socket()
	// The first round lets pools and caches grow; the second is measured against it.
	p.resetRound(max, tina, client, transport)
	p.noSocketsBut(1)
	goroutines, descriptors := p.holds(max, tina)
	mark := len(p.log.lines())
	p.resetRound(max, tina, client, transport)
	p.noSocketsBut(1)
	p.eventually("goroutines and descriptors go back", func() error {
		g, d := p.holds(max, tina)
		if g > goroutines || len(d) > len(descriptors) {
			return fmt.Errorf("%d goroutines, %d before; %d descriptors, %d before: %v", g, goroutines, len(d), len(descriptors), d)
		}
		return nil
	})
	if err := stays.Barrier(soon(t)); err != nil {
		t.Errorf("the socket that stayed: %v", err)
	}
	for _, e := range p.log.entries(mark) {
		if e.Level != "debug" && (e.Level != "info" || e.Msg != "request") {
			t.Errorf("log: %s", e.raw)
		}
	}
	for metric, want := range map[string]string{"relevo_handler_panics_total": "0", `relevo_events_dropped_total{reason="error"}`: "0"} {
		if got := p.metric(metric); got != want {
			t.Errorf("%s is %q, want %s", metric, got, want)
		}
	}
}

// resetRound connects clients and resets all of them while operations are created.
func (p *process) resetRound(watcher, writer *person, client int64, transport string) {
	p.t.Helper()
	clients := make([]*livetest.Client, resetClients)
	var wg sync.WaitGroup
	for part := range 8 {
		wg.Go(func() {
			for i := part; i < resetClients; i += 8 {
				clients[i] = watcher.listen(transport)
			}
		})
	}
	wg.Wait()
	if p.t.Failed() {
		p.t.FailNow()
	}
	body, _ := json.Marshal(newOperation(client))
	stop, wrote := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(wrote)
		for {
			if r, err := writer.try("POST", "/operations/api/create", body, "Content-Type", "application/json"); err != nil || r.status != 201 {
				p.t.Errorf("create during resets: %d %.300s %v", r.status, r.raw, err)
				return
			}
			select {
			case <-stop:
				return
			default:
			}
		}
	}()
	for part := range 4 {
		wg.Go(func() {
			for i := part; i < resetClients; i += 4 {
				clients[i].Reset()
			}
		})
	}
	wg.Wait()
	close(stop)
	<-wrote
	writer.newOperationOf(client) // to the sockets whose end the server did not see yet
}

// listen opens a socket over the transport.
func (w *person) listen(transport string) *livetest.Client {
	s, err := livetest.Connect(soon(w.t), livetest.Dial{URL: w.p.url, Transport: transport, Header: http.Header{"Cookie": {w.cookie()}}})
	if err != nil {
		w.t.Errorf("socket of %s: %v", w.name, err)
		return nil
	}
	w.t.Cleanup(s.Close)
	return s
}

// noSocketsBut waits until the server counts n sockets.
func (p *process) noSocketsBut(n int) {
	p.t.Helper()
	p.eventually("the server notices the ends", func() error {
		sum := 0
		for _, line := range strings.Split(p.read("/metrics"), "\n") {
			if strings.HasPrefix(line, "relevo_sockets{") {
				f := strings.Fields(line)
				v, _ := strconv.Atoi(f[len(f)-1])
				sum += v
			}
		}
		if sum != n {
			return fmt.Errorf("%d sockets", sum)
		}
		return nil
	})
}

// holds counts goroutines and lists descriptors, those of the database's pool aside:
// how many it opens is not about sockets. The people's idle connections are closed.
func (p *process) holds(people ...*person) (goroutines int, descriptors []string) {
	p.t.Helper()
	for _, w := range people {
		w.client.CloseIdleConnections()
	}
	profile := p.read("/debug/pprof/goroutine?debug=1")
	if _, err := fmt.Sscanf(profile, "goroutine profile: total %d", &goroutines); err != nil {
		p.t.Fatalf("goroutine profile: %v", err)
	}
	goroutines -= parked(profile)
	dir := fmt.Sprintf("/proc/%d/fd", p.cmd.Process.Pid)
	entries, err := os.ReadDir(dir)
	if err != nil {
		p.t.Fatal(err)
	}
	for _, e := range entries {
		to, err := os.Readlink(filepath.Join(dir, e.Name()))
		if err == nil && !strings.HasPrefix(to, p.dir) {
			descriptors = append(descriptors, to)
		}
	}
	return goroutines, descriptors
}

// parked counts the workers that the engine keeps ready; they belong to no socket.
func parked(profile string) int {
	sum := 0
	for stack := range strings.SplitSeq(profile, "\n\n") {
		if !strings.Contains(stack, "socketio.(*workers).loop") || strings.Contains(stack, "socketio.(*Socket).work") {
			continue
		}
		for line := range strings.Lines(stack) {
			var n int
			if found, _ := fmt.Sscanf(line, "%d @", &n); found == 1 {
				sum += n
			}
		}
	}
	return sum
}

// metric is the value of a line of /metrics.
func (p *process) metric(name string) string {
	for _, line := range strings.Split(p.read("/metrics"), "\n") {
		if value, found := strings.CutPrefix(line, name+" "); found {
			return value
		}
	}
	return ""
}

// read asks the internal listener, over a connection that does not stay.
func (p *process) read(path string) string {
	p.t.Helper()
	client := &http.Client{Timeout: patience, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(p.internal + path)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = errors.New(resp.Status)
	}
	if err != nil {
		p.t.Fatalf("internal %s: %v", path, err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		p.t.Fatalf("internal %s: %v", path, err)
	}
	return string(b)
}
