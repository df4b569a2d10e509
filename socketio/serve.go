package socketio

import (
	"net/http"
	"os"
	"strings"
)

// bundleTypes are the files of the client bundle and their media types. Nothing else of ClientDir is served.
var bundleTypes = map[string]string{
	"socket.io.js":                 "application/javascript; charset=utf-8",
	"socket.io.js.map":             "application/json; charset=utf-8",
	"socket.io.min.js":             "application/javascript; charset=utf-8",
	"socket.io.min.js.map":         "application/json; charset=utf-8",
	"socket.io.msgpack.min.js":     "application/javascript; charset=utf-8",
	"socket.io.msgpack.min.js.map": "application/json; charset=utf-8",
	"socket.io.esm.min.js":         "application/javascript; charset=utf-8",
	"socket.io.esm.min.js.map":     "application/json; charset=utf-8",
}

// ServeHTTP answers Options.Path, with or without its last slash, and the client bundle below it. Everything else
// is 404, so that the server can also be mounted on a prefix or on a wildcard.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	rest, below := strings.CutPrefix(r.URL.Path, s.options.Path)
	switch {
	case below && rest == "" || r.URL.Path == strings.TrimSuffix(s.options.Path, "/"):
		s.engine.ServeHTTP(w, r)
	case below && bundleTypes[rest] != "" && s.options.ClientDir != "":
		s.serveBundle(w, r, rest)
	default:
		http.NotFound(w, r)
	}
}

// serveBundle serves one file, whose name is known to be one of the bundle.
func (s *Server) serveBundle(w http.ResponseWriter, r *http.Request, name string) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		return
	}
	root, err := os.OpenRoot(s.options.ClientDir)
	if err != nil {
		s.options.Logger.Warn("socketio: client bundle", "error", err)
		http.NotFound(w, r)
		return
	}
	defer root.Close()
	file, err := root.Open(name)
	if err != nil {
		http.NotFound(w, r)
		return
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		http.NotFound(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", bundleTypes[name])
	h.Set("Cache-Control", "public, max-age=0")
	h.Set("X-Content-Type-Options", "nosniff")
	http.ServeContent(w, r, "", info.ModTime(), file)
}
