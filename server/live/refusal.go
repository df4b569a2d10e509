package live

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"
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
	// wait is told as Retry-After, in whole seconds rounded up; zero says nothing.
	wait time.Duration
}

var (
	refuseUnknownSID  = refusal{status: http.StatusBadRequest, code: 1, message: "Session ID unknown"}
	refuseBadRequest  = refusal{status: http.StatusBadRequest, code: 3, message: "Bad request"}
	refuseProtocol    = refusal{status: http.StatusBadRequest, code: 5, message: "Unsupported protocol version"}
	refuseTooLarge    = refusal{status: http.StatusRequestEntityTooLarge, code: 3, message: "Payload too large"}
	refuseForeign     = refusal{status: http.StatusBadRequest, code: 4, message: "Not an accepted origin"}
	refuseRate        = refusal{status: http.StatusTooManyRequests, code: 4, message: "Too many handshakes"}
	refuseSpeaker     = refusal{status: http.StatusForbidden, code: 4, message: "Forbidden"}
	refuseFull        = refusal{status: http.StatusServiceUnavailable, code: 4, message: "Service unavailable", wait: comeAgain}
	refuseCrowded     = refusal{status: http.StatusTooManyRequests, code: 4, message: "Too many connections", wait: comeAgain}
	refuseUnavailable = refusal{status: http.StatusServiceUnavailable, code: 4, message: "Service unavailable"}
)

func refusalFor(err error) refusal {
	switch {
	case errors.Is(err, ErrForeignOrigin):
		return refuseForeign
	case errors.Is(err, ErrTooManyHandshakes):
		f := refuseRate
		var often *tooManyHandshakes
		if errors.As(err, &often) {
			f.wait = often.wait
		}
		return f
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
	if f.wait > 0 {
		w.Header().Set("Retry-After", strconv.FormatInt(int64((f.wait+time.Second-1)/time.Second), 10))
	}
	w.WriteHeader(f.status)
	_, _ = w.Write(body)
}
