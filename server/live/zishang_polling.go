package live

import (
	"bytes"
	"context"
	"net/http"
	"sync"

	"github.com/zishang520/engine.io/v2/types"
)

// pollingPacketLimit is the longest packet the library reads from a POST body;
// it loses a longer one and answers "ok".
const pollingPacketLimit = 64 << 10

const packetSeparator = '\x1e'

// servePolling answers one long-polling request.
func (e *Zishang) servePolling(w http.ResponseWriter, r *http.Request, session *zishangSession) {
	if r.Method == http.MethodPost && longestPacket(r) >= pollingPacketLimit {
		refuseTooLarge.write(w)
		return
	}
	// The library closes a vanished client's session through a 30 s timer. Here
	// it does not see the client vanish: the session is ended for it.
	ctx, cancel := context.WithCancel(session.attach(context.WithoutCancel(r.Context())))
	defer cancel()
	stop := context.AfterFunc(r.Context(), func() {
		session.end("transport close")
		cancel()
	})
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

func longestPacket(r *http.Request) int {
	// door.admit has put a complete body of bounded length here.
	var body bytes.Buffer
	_, _ = body.ReadFrom(r.Body)
	longest := 0
	for packet := range bytes.SplitSeq(body.Bytes(), []byte{packetSeparator}) {
		longest = max(longest, len(packet))
	}
	r.Body = http.NoBody
	if body.Len() > 0 {
		r.Body = readCloser{bytes.NewReader(body.Bytes())}
	}
	return longest
}

type readCloser struct{ *bytes.Reader }

func (readCloser) Close() error { return nil }

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
