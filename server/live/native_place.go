package live

import (
	"errors"
	"net/http"

	"github.com/relevo/relevo/socketio/engineio"
)

// place is the library's Admit.
func (e *Native) place(r *http.Request) (release func(), err error) {
	release, err = e.options.Places.Take(r, arrivalOf(r).identity.UserID)
	var none *noPlaceError
	if errors.As(err, &none) {
		e.options.Counters.HandshakeFailure(FailureFull)
		f := none.refusal()
		return nil, &engineio.Refusal{Status: f.status, Code: f.code, Message: f.message, RetryAfter: f.wait}
	}
	return release, err
}
