package server

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"testing"
)

type fakeHealthStore struct {
	ping    error
	writes  error
	pending bool
	asked   int
}

func (f *fakeHealthStore) Ping(context.Context) error        { return f.ping }
func (f *fakeHealthStore) TakesWrites(context.Context) error { return f.writes }
func (f *fakeHealthStore) MigrationsPending(context.Context) (bool, error) {
	f.asked++
	return f.pending, nil
}

func TestReadiness(t *testing.T) {
	type answer struct {
		Status string
		Checks map[string]string
	}
	for name, tc := range map[string]struct {
		store  fakeHealthStore
		drain  bool
		query  string
		status int
		checks map[string]string
	}{
		"ready":            {status: 200},
		"ready, verbose":   {query: "?verbose", status: 200, checks: map[string]string{"database": "ok", "migrations": "ok", "draining": "ok"}},
		"database is away": {store: fakeHealthStore{ping: errors.New("dial tcp 10.0.0.1: refused")}, status: 503, checks: map[string]string{"database": "unreachable", "migrations": "unknown"}},
		"database is full": {store: fakeHealthStore{writes: errors.New("database or disk is full")}, status: 503, checks: map[string]string{"database": "refuses writes"}},
		"old schema":       {store: fakeHealthStore{pending: true}, status: 503, checks: map[string]string{"migrations": "pending"}},
		"draining":         {drain: true, status: 503, checks: map[string]string{"draining": "draining"}},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewHealth(&tc.store)
			if tc.drain {
				h.Drain()
			}
			rec := httptest.NewRecorder()
			h.ServeReady(rec, httptest.NewRequest(http.MethodGet, "/readyz"+tc.query, nil))
			var got answer
			if err := json.Unmarshal(rec.Body.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			if rec.Code != tc.status || len(got.Checks) != len(tc.checks) {
				t.Fatalf("%d %s", rec.Code, rec.Body)
			}
			for check, state := range tc.checks {
				if got.Checks[check] != state {
					t.Errorf("%s is %q, want %q", check, got.Checks[check], state)
				}
			}
			rec = httptest.NewRecorder()
			h.ServeLive(rec, httptest.NewRequest(http.MethodGet, "/healthz", nil))
			if rec.Code != http.StatusOK {
				t.Errorf("healthz answers %d: it must depend on nothing", rec.Code)
			}
		})
	}
}

func TestMigrationsAreAskedForUntilTheyAreUpToDate(t *testing.T) {
	store := &fakeHealthStore{pending: true}
	h := NewHealth(store)
	h.check(t.Context())
	store.pending = false
	for range 5 {
		h.check(t.Context())
	}
	if store.asked != 2 {
		t.Errorf("asked %d times, want 2", store.asked)
	}
}
