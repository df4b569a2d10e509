package server

import (
	"context"
	"encoding/json"
	"net/http"
	"sync/atomic"
	"time"
)

// readyTimeout bounds one run of the checks of /readyz: a probe that waits
// longer than the prober does is of no use to anybody.
const readyTimeout = 2 * time.Second

// healthStore is what readiness asks of the database.
type healthStore interface {
	Ping(ctx context.Context) error
	MigrationsPending(ctx context.Context) (bool, error)
	TakesWrites(ctx context.Context) error
}

// Health answers /healthz and /readyz. It is safe for concurrent use.
type Health struct {
	store    healthStore
	draining atomic.Bool
	migrated atomic.Bool // once true it stays: nobody takes a migration back under a running process
}

// NewHealth reports on store.
func NewHealth(store healthStore) *Health { return &Health{store: store} }

// Drain makes the process not ready, for good.
func (h *Health) Drain() { h.draining.Store(true) }

// ServeLive is GET /healthz: the process answers. It depends on nothing, so that
// an orchestrator does not kill a healthy process because a database is away.
func (h *Health) ServeLive(w http.ResponseWriter, _ *http.Request) {
	writeHealth(w, http.StatusOK, map[string]any{"status": "ok"})
}

// ServeReady is GET /readyz: 200 when this process should get traffic, 503
// otherwise. With ?verbose each check is listed; a failing one is listed always.
// Causes stay in general words: the endpoint is open to everybody.
func (h *Health) ServeReady(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), readyTimeout)
	defer cancel()
	checks := h.check(ctx)
	_, verbose := r.URL.Query()["verbose"]
	status, answer, shown := http.StatusOK, map[string]any{"status": "ready"}, map[string]string{}
	for name, state := range checks {
		if state != "ok" {
			status, answer["status"] = http.StatusServiceUnavailable, "unavailable"
		}
		if verbose || state != "ok" {
			shown[name] = state
		}
	}
	if len(shown) > 0 {
		answer["checks"] = shown
	}
	writeHealth(w, status, answer)
}

// check runs every check and gives "ok" or what is wrong, by name.
func (h *Health) check(ctx context.Context) map[string]string {
	checks := map[string]string{"draining": "ok", "database": "ok", "migrations": "ok"}
	if h.draining.Load() {
		checks["draining"] = "draining"
	}
	if err := h.store.Ping(ctx); err != nil {
		checks["database"], checks["migrations"] = "unreachable", "unknown"
		return checks
	}
	if err := h.store.TakesWrites(ctx); err != nil {
		checks["database"] = "refuses writes"
	}
	if h.migrated.Load() {
		return checks
	}
	switch pending, err := h.store.MigrationsPending(ctx); {
	case err != nil:
		checks["migrations"] = "unknown"
	case pending:
		checks["migrations"] = "pending"
	default:
		h.migrated.Store(true)
	}
	return checks
}

func writeHealth(w http.ResponseWriter, status int, answer map[string]any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(answer) // a prober that hung up is no fault of ours
}
