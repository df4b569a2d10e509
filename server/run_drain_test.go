package server

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/server/live"
)

// drainingEngine is an engine whose drain takes as long as the test wants.
type drainingEngine struct {
	live.Engine
	entered chan struct{}
	release chan struct{}
}

func (e *drainingEngine) Stats() []live.SocketCount { return nil }

func (e *drainingEngine) Drain(ctx context.Context) error {
	close(e.entered)
	select {
	case <-e.release:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// drainable is a server with a fake engine behind real listeners.
type drainable struct {
	*running
	engine *drainingEngine
	slow   chan struct{} // closed: the request that is being answered ends
	inside chan struct{} // closed by the server: that request arrived
	done   chan error
}

func newDrainable(t *testing.T, timeout time.Duration) *drainable {
	t.Helper()
	cfg := testConfig(t)
	cfg.HTTP.ShutdownTimeout = timeout
	cfg.SecretKey = strings.Repeat("k", 32)
	log, level := NewLogger(cfg, &output{})
	p := Process{Log: log, Level: level, Out: &output{}}
	store, err := OpenStore(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = store.Close() })
	if _, err := store.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	app, err := New(cfg, store, zap.NewNop())
	if err != nil {
		t.Fatal(err)
	}
	if err := app.drainSockets(t.Context()); err != nil { // the real engine makes room
		t.Fatal(err)
	}
	d := &drainable{
		engine: &drainingEngine{entered: make(chan struct{}), release: make(chan struct{})},
		slow:   make(chan struct{}), inside: make(chan struct{}), done: make(chan error, 1),
	}
	app.engine = d.engine
	ports, err := listen(t.Context(), cfg, p, app)
	if err != nil {
		t.Fatal(err)
	}
	next := ports.public.Handler
	ports.public.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" {
			close(d.inside)
			<-d.slow
		}
		next.ServeHTTP(w, r)
	})
	ports.serve()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	d.running = &running{
		t: t, public: "http://" + ports.publicAt.Addr().String(), internal: "http://" + ports.internalAt.Addr().String(),
		client: &http.Client{Transport: transport, Timeout: 20 * time.Second},
	}
	d.stop = func() { d.done <- app.shutdown(t.Context(), p, ports) }
	return d
}

func TestDrainKeepsItsOrder(t *testing.T) {
	d := newDrainable(t, 20*time.Second)
	answered := make(chan int, 1)
	go func() {
		resp, err := d.client.Get(d.public + "/slow")
		if err != nil {
			answered <- 0
			return
		}
		resp.Body.Close()
		answered <- resp.StatusCode
	}()
	<-d.inside
	go d.stop()
	<-d.engine.entered
	if status, body := d.get(d.internal + "/readyz"); status != http.StatusServiceUnavailable || !strings.Contains(body, "draining") {
		t.Errorf("readyz while draining: %d %s", status, body)
	}
	if status, _ := d.get(d.internal + "/healthz"); status != http.StatusOK {
		t.Errorf("healthz while draining: %d; an orchestrator would kill the process", status)
	}
	fresh := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	refused := false
	for deadline := time.Now().Add(10 * time.Second); !refused && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		resp, err := fresh.Get(d.public + "/healthz")
		if refused = err != nil; !refused {
			resp.Body.Close()
		}
	}
	if !refused {
		t.Error("new connections are accepted while draining")
	}
	close(d.engine.release)
	select {
	case err := <-d.done:
		t.Fatalf("ended with %v while a request was being answered", err)
	default:
	}
	close(d.slow)
	if status := <-answered; status != http.StatusNotFound {
		t.Errorf("the request that was being answered got %d", status)
	}
	if err := <-d.done; err != nil {
		t.Errorf("ordered end: %v", err)
	}
}

func TestDrainHasOneDeadlineAndJoinsItsFaults(t *testing.T) {
	d := newDrainable(t, 100*time.Millisecond)
	defer close(d.slow)
	go func() {
		if resp, err := d.client.Get(d.public + "/slow"); err == nil {
			resp.Body.Close()
		}
	}()
	<-d.inside
	go d.stop()
	err := <-d.done
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "drain sockets") || !strings.Contains(err.Error(), "end of HTTP") {
		t.Errorf("error = %v", err)
	}
}
