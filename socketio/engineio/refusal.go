package engineio

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
)

// Refusal is an answer in the form that Engine.IO clients know: an HTTP status
// and {"code":n,"message":"..."}. Options.Allow returns one to choose it.
type Refusal struct {
	Status  int    // HTTP status; zero means 403
	Code    int    // Engine.IO error code, 0 to 5
	Message string // shown to the client

	// RetryAfter is told to the client in whole seconds, rounded up; zero says nothing.
	RetryAfter time.Duration
}

// Error implements error.
func (r *Refusal) Error() string { return r.Message }

// The errors of the reference server.
var (
	errTransport  = &Refusal{Status: http.StatusBadRequest, Code: 0, Message: "Transport unknown"}
	errUnknownSID = &Refusal{Status: http.StatusBadRequest, Code: 1, Message: "Session ID unknown"}
	errMethod     = &Refusal{Status: http.StatusBadRequest, Code: 2, Message: "Bad handshake method"}
	errBadRequest = &Refusal{Status: http.StatusBadRequest, Code: 3, Message: "Bad request"}
	errForbidden  = &Refusal{Status: http.StatusForbidden, Code: 4, Message: "Forbidden"}
	errProtocol   = &Refusal{Status: http.StatusBadRequest, Code: 5, Message: "Unsupported protocol version"}
	errTooLarge   = &Refusal{Status: http.StatusRequestEntityTooLarge, Code: 3, Message: "Payload too large"}
	errCrowded    = &Refusal{Status: http.StatusTooManyRequests, Code: 4, Message: "Too many connections"}
	errFull       = &Refusal{Status: http.StatusServiceUnavailable, Code: 4, Message: "Service unavailable"}
)

// refusalOf returns the answer for what Options.Allow or Options.Admit said; otherwise is for what is no Refusal.
func refusalOf(err error, otherwise *Refusal) *Refusal {
	var r *Refusal
	if errors.As(err, &r) {
		return r
	}
	return otherwise
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
	if f := r.RetryAfter; f > 0 {
		h.Set("Retry-After", strconv.FormatInt(int64((f+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
