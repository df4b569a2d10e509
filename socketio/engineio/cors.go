package engineio

import "net/http"

// cors sets the headers of the origin and answers a preflight request; true: it
// has been answered.
func (s *Server) cors(w http.ResponseWriter, r *http.Request) bool {
	if s.o.CORS == nil {
		return false
	}
	h := w.Header()
	h.Add("Vary", "Origin")
	origin, credentials := s.o.CORS(r)
	if origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		if credentials {
			h.Set("Access-Control-Allow-Credentials", "true")
		}
	}
	if r.Method != http.MethodOptions {
		return false
	}
	if origin == "" {
		errForbidden.write(w)
		return true
	}
	h.Set("Access-Control-Allow-Methods", "GET,POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" && len(asked) <= 1024 {
		h.Add("Vary", "Access-Control-Request-Headers")
		h.Set("Access-Control-Allow-Headers", asked)
	}
	h.Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}
