package server_test

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"sort"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models/modelstest"
)

// exercised notes which routes answered a test with success, and which exist.
var exercised struct {
	sync.Mutex
	routes []string // "GET /clients/api/:id"
	done   map[string]bool
}

// noteRoutes makes the desk's answers count.
func noteRoutes(h http.Handler, routes []string) http.Handler {
	exercised.Lock()
	exercised.routes = routes
	exercised.Unlock()
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		if strings.HasPrefix(r.URL.Path, "/socket.io/") || strings.Contains(r.URL.Path, "/ws/") {
			h.ServeHTTP(w, r) // needs to hijack the connection
			return
		}
		h.ServeHTTP(s, r)
		if s.status >= 400 {
			return
		}
		exercised.Lock()
		defer exercised.Unlock()
		if exercised.done == nil {
			exercised.done = map[string]bool{}
		}
		exercised.done[r.Method+" "+r.URL.Path] = true
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

// TestMain fails a whole run in which a route of contract 3.2 to 3.6 never
// answered with success; a run of chosen tests proves nothing about that.
func TestMain(m *testing.M) {
	code := modelstest.Main(m)
	if run := flag.Lookup("test.run"); code == 0 && run.Value.String() == "" {
		if missing := unexercised(); len(missing) > 0 {
			fmt.Println("--- FAIL: no test saw these routes succeed:\n" + strings.Join(missing, "\n"))
			code = 1
		}
	}
	os.Exit(code)
}

// unexercised lists the routes of contract 3.2 to 3.6 that no test saw succeed.
func unexercised() []string {
	exercised.Lock()
	defer exercised.Unlock()
	seen := map[string]bool{}
	for call := range exercised.done {
		seen[routeOf(exercised.routes, call)] = true
	}
	var missing []string
	for _, route := range exercised.routes {
		_, path, _ := strings.Cut(route, " ")
		if (strings.Contains(path, "/api/") || strings.Contains(path, "log") || strings.Contains(path, "password")) && !seen[route] {
			missing = append(missing, route)
		}
	}
	sort.Strings(missing)
	return missing
}

// routeOf is the route that serves a call: of those that fit, the one with the
// fewest parameters.
func routeOf(routes []string, call string) string {
	best, fewest := "", 99
	for _, route := range routes {
		if n, ok := parametersFitting(route, call); ok && n < fewest {
			best, fewest = route, n
		}
	}
	return best
}

func parametersFitting(route, call string) (n int, ok bool) {
	r, c := strings.Split(route, "/"), strings.Split(call, "/")
	if len(r) != len(c) {
		return 0, false
	}
	for i := range r {
		switch {
		case r[i] == c[i]:
		case strings.HasPrefix(r[i], ":"):
			n++
		default:
			return 0, false
		}
	}
	return n, true
}
