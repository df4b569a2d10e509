package socketio_test

import (
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/relevo/relevo/socketio"
)

func TestServeBundle(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"socket.io.js": "js", "socket.io.min.js.map": "{}", "secret.txt": "no"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	_, with := serve(t, socketio.Options{ClientDir: dir, Path: "/rt/io"})
	_, without := serve(t, socketio.Options{})
	cases := []struct {
		method, url string
		status      int
		body        string
	}{
		{"GET", with + "/rt/io/socket.io.js", 200, "js"},
		{"HEAD", with + "/rt/io/socket.io.js", 200, ""},
		{"POST", with + "/rt/io/socket.io.js", 405, ""},
		{"GET", with + "/rt/io/socket.io.min.js.map", 200, "{}"},
		{"GET", with + "/rt/io/socket.io.min.js", 404, ""},
		{"GET", with + "/rt/io/secret.txt", 404, ""},
		{"GET", with + "/rt/io/%2e%2e/socket.io.js", 404, ""},
		{"GET", with + "/socket.io/socket.io.js", 404, ""},
		{"GET", with + "/", 404, ""},
		{"GET", with + "/rt/io/?EIO=4&transport=x", 400, ""},
		{"GET", with + "/rt/io?EIO=4&transport=x", 400, ""},
		{"GET", without + "/socket.io/socket.io.js", 404, ""},
		{"GET", without + "/socket.io/?EIO=4&transport=x", 400, ""},
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for _, c := range cases {
		req, err := http.NewRequest(c.method, c.url, nil)
		if err != nil {
			t.Fatal(err)
		}
		res, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != c.status || c.body != "" && string(body) != c.body {
			t.Errorf("%s %s: %d %q, want %d %q", c.method, c.url, res.StatusCode, body, c.status, c.body)
		}
	}
}
