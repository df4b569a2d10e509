package live

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

// bodyTimeout bounds how long one POST body may take to arrive.
const bodyTimeout = 30 * time.Second

// door decides which requests an engine gets to see: the checks that do not
// depend on how an engine works. It is safe for concurrent use.
type door struct {
	handler Handler
	options Options
}

// admit checks one request. With ok false the answer is written. With ok true
// CORS headers are set. The body is the engine's affair.
func (d *door) admit(w http.ResponseWriter, r *http.Request) (id middleware.Identity, ok bool) {
	query := r.URL.Query()
	switch {
	case r.Method == http.MethodOptions:
	case query.Get("EIO") != "4":
		// Also on upgrades: a session must not change its protocol half way.
		d.options.Counters.HandshakeFailure(FailureProtocol)
		refuseProtocol.write(w)
		return id, false
	case r.Method != http.MethodGet && r.Method != http.MethodPost, query.Has("j"):
		d.options.Counters.HandshakeFailure(FailureProtocol)
		refuseBadRequest.write(w)
		return id, false
	}

	id, err := d.handler.Authorize(r)
	if err != nil {
		d.options.Log.Debug("socket request refused", zap.Error(err))
		refusalFor(err).write(w)
		return id, false
	}
	allowOrigin(w.Header(), r)
	if r.Method == http.MethodOptions {
		allowPreflight(w.Header(), r)
		w.WriteHeader(http.StatusNoContent)
		return id, false
	}
	return id, true
}

// admitWhole is admit for an engine that does not bound bodies itself: a POST
// body is read whole and at most MaxPayload long.
func (d *door) admitWhole(w http.ResponseWriter, r *http.Request) (id middleware.Identity, ok bool) {
	id, ok = d.admit(w, r)
	if ok && r.Method == http.MethodPost {
		if refused, bad := d.readBody(w, r); bad {
			refused.write(w)
			return id, false
		}
	}
	return id, ok
}

// allowOrigin echoes an Origin that Authorize accepted (contract 1.1).
func allowOrigin(h http.Header, r *http.Request) {
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Allow-Credentials", "true")
	}
}

func allowPreflight(h http.Header, r *http.Request) {
	h.Set("Access-Control-Allow-Methods", "OPTIONS, GET, POST")
	if asked := r.Header.Get("Access-Control-Request-Headers"); asked != "" {
		h.Set("Access-Control-Allow-Headers", asked)
	}
}

// readBody replaces the body by one that is in memory and complete, so that a
// chunked body meets the same limit as one that announces its length.
func (d *door) readBody(w http.ResponseWriter, r *http.Request) (refusal, bool) {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err == nil && kind == "application/octet-stream" {
		return refuseBadRequest, true
	}
	if r.ContentLength > d.options.MaxPayload {
		return refuseTooLarge, true
	}
	control := http.NewResponseController(w)
	// Not every writer has deadlines; the server's own limits hold then.
	_ = control.SetReadDeadline(time.Now().Add(bodyTimeout))
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, d.options.MaxPayload))
	_ = control.SetReadDeadline(time.Time{})
	if err != nil {
		var tooLarge *http.MaxBytesError
		if errors.As(err, &tooLarge) {
			return refuseTooLarge, true
		}
		return refuseBadRequest, true
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	r.ContentLength = int64(len(body))
	return refusal{}, false
}
