package live

import (
	"encoding/json"
	"errors"
	"net/http"
)

// Why a Handler refuses a request. Any other error of Authorize means that it
// could not be decided who is asking, and is answered 503.
var (
	// ErrForeignOrigin: the Origin header is not on the list (contract 1.1).
	ErrForeignOrigin = errors.New("foreign origin")
	// ErrTooManyHandshakes: the caller connects too often.
	ErrTooManyHandshakes = errors.New("too many handshakes")
	// ErrOtherSpeaker: the request speaks for somebody else than its session.
	ErrOtherSpeaker = errors.New("session belongs to another user")
)

// refusal is an answer in the form that Engine.IO clients know.
type refusal struct {
	status  int
	code    int
	message string
}

var (
	refuseBadRequest  = refusal{http.StatusBadRequest, 3, "Bad request"}
	refuseProtocol    = refusal{http.StatusBadRequest, 5, "Unsupported protocol version"}
	refuseTooLarge    = refusal{http.StatusRequestEntityTooLarge, 3, "Payload too large"}
	refuseForeign     = refusal{http.StatusBadRequest, 4, "Not an accepted origin"}
	refuseRate        = refusal{http.StatusTooManyRequests, 4, "Too many handshakes"}
	refuseSpeaker     = refusal{http.StatusForbidden, 4, "Forbidden"}
	refuseUnavailable = refusal{http.StatusServiceUnavailable, 4, "Service unavailable"}
)

func refusalFor(err error) refusal {
	switch {
	case errors.Is(err, ErrForeignOrigin):
		return refuseForeign
	case errors.Is(err, ErrTooManyHandshakes):
		return refuseRate
	case errors.Is(err, ErrOtherSpeaker):
		return refuseSpeaker
	}
	return refuseUnavailable
}

func (f refusal) write(w http.ResponseWriter) {
	body, _ := json.Marshal(struct {
		Code    int    `json:"code"`
		Message string `json:"message"`
	}{f.code, f.message})
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(f.status)
	_, _ = w.Write(body)
}
