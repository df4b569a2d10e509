package server

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

// A client that sends a whole body before it looks for an answer finds it, whether it
// said the length or not, and whatever it was refused for (contract 3.1: 413).
func TestBodyIsRefusedReadably(t *testing.T) {
	r := startRun(t, testConfig(t))
	chunk := strings.Repeat("x", 64<<10)
	const chunks = 400 // 25 MiB
	resp, err := r.client.Get(r.public + "/api/session")
	if err != nil {
		t.Fatal(err)
	}
	var session struct {
		Token string `json:"csrf_token"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&session); err != nil || len(resp.Cookies()) == 0 {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	visitor := resp.Cookies()[0].Name + "=" + resp.Cookies()[0].Value
	for name, c := range map[string]struct {
		path    string
		chunked bool
		want    int
	}{
		"login, chunked":           {"/login", true, 413},
		"login, length":            {"/login", false, 413},
		"signed out, chunked":      {"/users/api/create", true, 401},
		"service door, chunked":    {"/api/emit", true, 401},
		"service door, length":     {"/api/emit", false, 413},
		"unknown address, chunked": {"/nowhere", true, 404},
	} {
		t.Run(name, func(t *testing.T) {
			conn := r.dial()
			head := fmt.Sprintf("POST %s HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nCookie: %s\r\nX-CSRFToken: %s\r\n", c.path, visitor, session.Token)
			if c.chunked {
				head += "Transfer-Encoding: chunked\r\n\r\n"
			} else {
				head += fmt.Sprintf("Content-Length: %d\r\n\r\n", chunks*len(chunk))
			}
			if _, err := io.WriteString(conn, head); err != nil {
				t.Fatal(err)
			}
			for i := range chunks {
				part := chunk
				if c.chunked {
					part = fmt.Sprintf("%x\r\n%s\r\n", len(chunk), chunk)
				}
				if _, err := io.WriteString(conn, part); err != nil {
					t.Fatalf("cut off after %d of %d KiB: %v", i*64, chunks*64, err)
				}
			}
			if c.chunked {
				_, _ = io.WriteString(conn, "0\r\n\r\n")
			}
			resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = resp.Body.Close() }()
			body, err := io.ReadAll(resp.Body)
			if resp.StatusCode != c.want || err != nil || !strings.Contains(string(body), `"success":false`) {
				t.Errorf("status %d, want %d, %v: %.200s", resp.StatusCode, c.want, err, body)
			}
		})
	}
	if n := r.hits(limitBody); n != 3 {
		t.Errorf("counted %d times, want 3", n)
	}
	if err := r.end(); err != nil {
		t.Error(err)
	}
}
