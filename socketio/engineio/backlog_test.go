package engineio

import "testing"

// What waits is counted until it has been written.
func TestBacklog(t *testing.T) {
	h := serve(t, siteOptions{})
	query, _ := h.poll()
	conn := h.session(0).conn
	want := func(when string, packets, bytes int) {
		t.Helper()
		if p, b := conn.Backlog(); p != packets || b != bytes {
			t.Errorf("%s: %d packets, %d bytes, want %d and %d", when, p, b, packets, bytes)
		}
	}
	want("at first", 0, 0)
	one, three := Text([]byte("one")), Text([]byte("three"))
	conn.Send(SendOptions{}, one)
	conn.Send(SendOptions{}, three)
	want("nobody polls", 2, len(one.wire)+len(three.wire))
	if status, body := h.get(query); status != 200 || body != "4one\x1e4three" {
		t.Fatalf("%d %q", status, body)
	}
	want("after a poll", 0, 0)
	conn.Send(SendOptions{}, one)
	conn.Close(ReasonForcedClose)
	want("after the end", 0, 0)
}
