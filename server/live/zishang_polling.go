package live

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"

	"github.com/zishang520/engine.io/v2/types"
)

// pollingPacketLimit is the longest packet the library reads from a POST body;
// it loses a longer one and answers "ok".
const pollingPacketLimit = 64 << 10

const packetSeparator = '\x1e'

// servePolling answers one long-polling request.
func (e *Zishang) servePolling(w http.ResponseWriter, r *http.Request, session *zishangSession) {
	if r.Method == http.MethodPost {
		switch longest, known := inspectPackets(r); {
		case !known:
			// The library would answer "ok" to it as well.
			session.end("parse error")
			refuseBadRequest.write(w)
			return
		case longest >= pollingPacketLimit:
			refuseTooLarge.write(w)
			return
		}
	}
	// The library closes a vanished client's session through a 30 s timer. Here
	// it does not see the client vanish: the session is ended for it.
	ctx, cancel := context.WithCancel(session.attach(context.WithoutCancel(r.Context())))
	defer cancel()
	stop := context.AfterFunc(r.Context(), func() {
		session.end("transport close")
		cancel()
	})
	defer context.AfterFunc(session.over, cancel)()
	answer := newPollAnswer(w.Header())
	e.engine.HandleRequest(types.NewHttpContext(answer, r.WithContext(ctx)))
	if !stop() {
		session.end("transport close")
		return
	}
	if answer.send(w) != nil {
		session.end("transport error")
	}
}

// inspectPackets returns the length of the longest packet of a POST and whether
// all are of a type that exists. The body is as it was afterwards.
func inspectPackets(r *http.Request) (longest int, known bool) {
	// door.admitWhole has put a complete body of bounded length here.
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return 0, false
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	known = true
	for packet := range bytes.SplitSeq(body, []byte{packetSeparator}) {
		longest = max(longest, len(packet))
		known = known && len(packet) > 0 && strings.IndexByte("0123456b", packet[0]) >= 0
	}
	return longest, known
}

// pollAnswer is the ResponseWriter that the library gets. It answers polls from
// other goroutines and sometimes after the request is over, when the server's
// writer may already belong to another request.
type pollAnswer struct {
	header http.Header

	mu     sync.Mutex
	sent   http.Header
	status int
	body   bytes.Buffer
}

func newPollAnswer(header http.Header) *pollAnswer {
	return &pollAnswer{header: header.Clone()}
}

// Header implements http.ResponseWriter.
func (a *pollAnswer) Header() http.Header { return a.header }

// WriteHeader implements http.ResponseWriter.
func (a *pollAnswer) WriteHeader(status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status == 0 {
		a.status, a.sent = status, a.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (a *pollAnswer) Write(p []byte) (int, error) {
	a.WriteHeader(http.StatusOK)
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.body.Write(p)
}

// send copies the answer, on the request's own goroutine.
func (a *pollAnswer) send(w http.ResponseWriter) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.status == 0 {
		refuseBadRequest.write(w)
		return nil
	}
	header := w.Header()
	for name, values := range a.sent {
		header[name] = values
	}
	w.WriteHeader(a.status)
	_, err := w.Write(a.body.Bytes())
	return err
}
