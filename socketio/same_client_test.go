package socketio_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/socketio"
)

// Later requests of a polling client have to be of whoever made the handshake; others are refused and harm nothing.
func TestSameClient(t *testing.T) {
	srv, url := serve(t, socketio.Options{
		Identify:   func(r *http.Request) any { return r.Header.Get("User") },
		SameClient: func(first any, r *http.Request) bool { return first == r.Header.Get("User") },
	})
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	request := func(method, sid, user, body string) (int, string) {
		req, err := http.NewRequest(method, url+"/socket.io/?EIO=4&transport=polling"+sid, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("User", user)
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, _ := io.ReadAll(res.Body)
		return res.StatusCode, string(text)
	}
	_, open := request("GET", "", "ann", "")
	_, rest, _ := strings.Cut(open, `"sid":"`)
	sid, _, _ := strings.Cut(rest, `"`)
	sid = "&sid=" + sid
	if status, _ := request("POST", sid, "bob", "40"); status != 403 {
		t.Errorf("a foreign POST: %d", status)
	}
	if status, _ := request("GET", sid, "bob", ""); status != 403 {
		t.Errorf("a foreign GET: %d", status)
	}
	if status, _ := request("POST", sid, "ann", "40"); status != 200 {
		t.Errorf("her POST: %d", status)
	}
	if _, text := request("GET", sid, "ann", ""); !strings.HasPrefix(text, "40{") {
		t.Errorf("her GET: %q", text)
	}
	if n := srv.Of("/").Count(); n != 1 {
		t.Errorf("%d sockets", n)
	}
	if status, _ := request("POST", sid, "ann", "1"); status != 200 {
		t.Errorf("her farewell: %d", status)
	}
}
