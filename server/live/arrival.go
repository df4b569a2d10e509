package live

import (
	"context"
	"net/http"
	"sync/atomic"

	"github.com/relevo/relevo/middleware"
)

// arrival is who a request spoke for when it came.
type arrival struct {
	identity middleware.Identity
	// changes is what the engine had counted just before the identity was resolved.
	changes int64
	// request is kept, for a signed-in socket, until it is connected: enough of it
	// to resolve the identity once more.
	request *http.Request
	// socket is the connected socket of a handshake, nil before.
	socket atomic.Pointer[nativeSocket]
	// refused counts what its connection was refused in the Admin UI's namespace.
	refused atomic.Int32
}

// sameSpeaker reports whether a connecting socket is still who it was.
func sameSpeaker(now, then middleware.Identity) bool {
	return now.UserID == then.UserID && now.Role == then.Role && now.SessionID == then.SessionID
}

type arrivalKey struct{}

func withArrival(r *http.Request, id middleware.Identity, changes int64) *http.Request {
	a := &arrival{identity: id, changes: changes}
	if !id.Anonymous() && !r.URL.Query().Has("sid") {
		// Not the request itself: it leads to its connection's buffers.
		a.request = &http.Request{
			Method: r.Method, URL: r.URL, Header: r.Header, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS,
		}
	}
	return r.WithContext(context.WithValue(r.Context(), arrivalKey{}, a))
}

type recheckKey struct{}

// recheck is a request whose identity is looked at again: no new handshake.
func recheck(ctx context.Context, r *http.Request) *http.Request {
	return r.WithContext(context.WithValue(ctx, recheckKey{}, true))
}

func isRecheck(r *http.Request) bool { return r.Context().Value(recheckKey{}) != nil }

// arrivalOf returns what withArrival put there; an anonymous arrival when nothing
// was.
func arrivalOf(r *http.Request) *arrival {
	if a, ok := r.Context().Value(arrivalKey{}).(*arrival); ok {
		return a
	}
	return &arrival{}
}
