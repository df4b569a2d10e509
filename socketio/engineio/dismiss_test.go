package engineio

import "testing"

// The last words take the place of what waits; when they are fetched, the session can be forgotten at once.
func TestDismiss(t *testing.T) {
	h := serve(t, siteOptions{})
	query, _ := h.poll()
	s := h.session(0)
	s.conn.Send(SendOptions{Mark: 1}, Text([]byte("old")))
	s.conn.Forget()
	if h.engine.Count() != 1 {
		t.Fatal("forgotten while it is open")
	}
	s.conn.Dismiss(ReasonForcedClose, Text([]byte("last")), Text([]byte("words")))
	s.conn.Dismiss(ReasonServerShutdown, Text([]byte("too late")))
	s.ended(ReasonForcedClose)
	if s.conn.Drained() {
		t.Error("drained before the last words")
	}
	if status, body := h.get(query); status != 200 || body != "4last\x1e4words" {
		t.Fatalf("poll: %d %q", status, body)
	}
	if !s.conn.Drained() {
		t.Error("not drained")
	}
	s.conn.Forget()
	if status, body := h.get(query); status != 400 || body != `{"code":1,"message":"Session ID unknown"}` {
		t.Errorf("forgotten session: %d %q", status, body)
	}
	if n := h.engine.Count(); n != 0 {
		t.Errorf("%d connections", n)
	}
}
