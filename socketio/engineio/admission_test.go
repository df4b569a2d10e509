package engineio

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// Whoever was given a place by Options.Admit gives it back once, whatever became of
// the connection, and who gets none is answered as the application says.
func TestAdmit(t *testing.T) {
	var taken, given atomic.Int64
	var none atomic.Pointer[error]
	h := serve(t, siteOptions{Options: Options{HandshakeTimeout: 50 * time.Millisecond, Admit: func(*http.Request) (func(), error) {
		if err := none.Load(); err != nil {
			return nil, *err
		}
		taken.Add(1)
		var once atomic.Bool
		return func() {
			if once.Swap(true) {
				t.Error("given back twice")
			}
			given.Add(1)
		}, nil
	}}})
	open := func() *http.Response {
		t.Helper()
		resp, err := h.http.Client().Get(h.http.URL + "/?EIO=4&transport=polling")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return resp
	}
	balanced := func(what string, want int64) {
		t.Helper()
		eventually(t, what, func() bool { return taken.Load() == want && given.Load() == want })
	}
	open()
	balanced("a poller that never polls", 1)
	// An upgrade that cannot be made asks for no place, or gives it back.
	if status, _ := h.get("EIO=4&transport=websocket"); status != http.StatusBadRequest {
		t.Errorf("an upgrade that is none: %d", status)
	}
	conn, _ := h.dialTCP()
	eventually(t, "place taken", func() bool { return taken.Load() == 2 })
	if given.Load() != 1 {
		t.Error("given back while the connection lives")
	}
	_, _ = conn.Write(clientFrame(ws.Text, "1"))
	_ = conn.Close()
	balanced("a WebSocket", 2)

	for want, err := range map[string]error{
		"429 0 ": errors.New("no"),
		"503 2 ": fmt.Errorf("full: %w", &Refusal{Status: 503, Code: 4, Message: "full", RetryAfter: 1001 * time.Millisecond}),
	} {
		none.Store(&err)
		resp := open()
		if got := fmt.Sprintf("%d %s ", resp.StatusCode, cmp.Or(resp.Header.Get("Retry-After"), "0")); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
	if n := h.engine.Count(); n != 0 {
		t.Errorf("%d connections", n)
	}
	none.Store(nil)
	open()
	if err := h.engine.Close(); err != nil {
		t.Error(err)
	}
	balanced("the end of the server", 3)
}
