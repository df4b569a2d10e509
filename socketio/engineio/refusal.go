package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Refusal is an answer in the form that Engine.IO clients know: an HTTP status
// and {"code":n,"message":"..."}. Options.Allow returns one to choose it.
type Refusal struct {
	Status  int    // HTTP status; zero means 403
	Code    int    // Engine.IO error code, 0 to 5
	Message string // shown to the client
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// The errors of the reference server.
var (
	errTransport  = &Refusal{http.StatusBadRequest, 0, "Transport unknown"}
	errUnknownSID = &Refusal{http.StatusBadRequest, 1, "Session ID unknown"}
	errMethod     = &Refusal{http.StatusBadRequest, 2, "Bad handshake method"}
	errBadRequest = &Refusal{http.StatusBadRequest, 3, "Bad request"}
	errForbidden  = &Refusal{http.StatusForbidden, 4, "Forbidden"}
	errProtocol   = &Refusal{http.StatusBadRequest, 5, "Unsupported protocol version"}
	errTooLarge   = &Refusal{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
	errCrowded    = &Refusal{http.StatusTooManyRequests, 4, "Too many connections"}
	errFull       = &Refusal{http.StatusServiceUnavailable, 4, "Service unavailable"}
)

// refusalOf returns the answer for what Options.Allow said.
func refusalOf(err error) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return errForbidden
}

func (r *Refusal) write(w http.ResponseWriter) {
	status := r.Status
	if status == 0 {
		status = http.StatusForbidden
	}
	body, _ := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{r.Code, r.Message})
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
