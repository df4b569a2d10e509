package conformance

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// CVE-2026-59725: a binary POST of revision 4 is answered at once.
func TestOctetStream(t *testing.T) {
	h := engine(t, engineio.Options{})
	p := poll(t, h.polling())
	before := levelNow(t)
	for _, kind := range []string{"application/octet-stream", "APPLICATION/octet-stream; x=y"} {
		a := request(t, p.client, http.MethodPost, p.url, strings.NewReader("\x04abc"), http.Header{"Content-Type": {kind}})
		if a.status != http.StatusBadRequest {
			t.Errorf("%s: %+v", kind, a)
		}
	}
	before.returns(t)
}

// CVE-2026-59724: a session id is only ever looked up.
func TestForgedSessionIDs(t *testing.T) {
	h := engine(t, engineio.Options{})
	c := httpClient(t)
	for _, sid := range []string{
		"__proto__", "constructor", "toString", "hasOwnProperty", "0", "-1", "%00", "..%2f..", "%F0%28%8C%28", strings.Repeat("A", 10_000),
	} {
		for _, url := range []string{h.polling(), h.websocket()} {
			a := request(t, c, http.MethodGet, url+"&sid="+sid, nil, nil)
			if a.status != http.StatusBadRequest || !strings.Contains(a.body, "Session ID unknown") {
				t.Errorf("sid %.20s: %+v", sid, a)
			}
		}
	}
	// An empty one is none.
	if a := request(t, c, http.MethodGet, h.polling()+"&sid=", nil, nil); a.status != http.StatusOK && a.status != http.StatusBadRequest {
		t.Errorf("empty sid: %+v", a)
	}
}

// CVE-2022-41940, CVE-2023-31125, CVE-2022-21676: no HTTP request ends the process.
func TestCraftedRequests(t *testing.T) {
	h := engine(t, engineio.Options{})
	bystander := dial(t, h.websocket())
	p := poll(t, h.polling())
	before := levelNow(t)
	uri := "/engine.io/?EIO=4&transport=websocket"
	good := upgradeRequest(uri, "x")
	long := strings.Repeat("a", 5000)
	for i, request := range []string{
		strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "", 1),
		strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "!!!!", 1),
		strings.Replace(good, "dGhlIHNhbXBsZSBub25jZQ==", "YQ==", 1),
		strings.Replace(good, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 1),
		strings.Replace(good, "Version: 13", "Version: 8", 1),
		strings.Replace(good, "Version: 13", "Version: ", 1),
		strings.Replace(good, "Sec-WebSocket-Version: 13\r\n", "", 1),
		strings.Replace(good, "Connection: Upgrade", "Connection: keep-alive", 1),
		strings.Replace(good, "Connection: Upgrade\r\n", "", 1),
		strings.Replace(good, "Upgrade: websocket", "Upgrade: h2c", 1),
		strings.Replace(good, "Upgrade: websocket", "Upgrade: ", 1),
		strings.Replace(good, "GET", "POST", 1),
		strings.Replace(good, "GET", "HEAD", 1),
		strings.Replace(good, "GET", "TRACE", 1),
		strings.Replace(good, "HTTP/1.1", "HTTP/1.0", 1),
		strings.Replace(good, uri, uri+"&sid="+p.open.SID+"&sid=x", 1),
		strings.Replace(good, uri, uri+"&EIO=3&transport=polling", 1),
		strings.Replace(good, uri, "/engine.io/?EIO[]=4&transport[]=websocket&sid[]=x", 1),
		strings.Replace(good, uri, "/engine.io/?EIO=4&transport=websocket;sid=x&%zz", 1),
		strings.Replace(good, uri, "/engine.io/", 1),
		strings.Replace(good, uri, "/engine.io/?", 1),
		strings.Replace(good, uri, "*", 1),
		strings.Replace(good, uri, uri+"&x="+long, 1),
		strings.Replace(good, "Extensions: permessage", "Extensions: permessage-deflate; x=\"\x01, ;;,"+long, 1),
		strings.Replace(good, "\r\n\r\n", "\r\nSec-WebSocket-Protocol: "+long+"\r\n\r\n", 1),
		strings.Replace(good, "\r\n\r\n", "\r\nContent-Length: 10\r\n\r\n0123456789", 1),
		strings.Replace(good, "\r\n\r\n", "\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", 1),
		"POST /engine.io/?EIO=4&transport=polling&sid=" + p.open.SID + " HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\n4",
		"POST /engine.io/?EIO=4&transport=polling&sid=" + p.open.SID + " HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n4",
		"POST /engine.io/?EIO=4&transport=polling&sid=" + p.open.SID + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"OPTIONS /engine.io/ HTTP/1.1\r\nHost: x\r\nOrigin: \x7f\r\n\r\n",
		"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
		"\x16\x03\x01\x02\x00\x01\x00",
		good + string(clientFrame(0x81, []byte("2probe"))) + "GET / HTTP/1.1\r\n\r\n",
	} {
		r := dialTCP(t, h.http.URL)
		r.write([]byte(request))
		_ = r.conn.CloseWrite()
		resp, err := http.ReadResponse(bufio.NewReader(r.in), nil)
		if err == nil && resp.StatusCode >= 500 && resp.StatusCode != http.StatusNotImplemented && resp.StatusCode != http.StatusHTTPVersionNotSupported {
			t.Errorf("request %d: %s", i, lineOf(resp))
		}
		_ = r.conn.Close()
	}
	bystander.send("4alive")
	bystander.expectText("4alive")
	eventually(t, "only the two are left", func() bool { return h.engine.Count() <= 2 })
	before.returns(t)
}

// Data that comes in one piece with the upgrade request is not lost.
func TestEarlyFrames(t *testing.T) {
	a := serve(t, socketio.Options{})
	r := dialTCP(t, a.http.URL)
	r.write(append([]byte(upgradeRequest("/socket.io/?EIO=4&transport=websocket", "x")), clientFrame(0x81, []byte("40"))...))
	if _, err := http.ReadResponse(r.in, nil); err != nil {
		t.Fatal(err)
	}
	eventually(t, "socket", func() bool { return a.io.Of("/").Count() == 1 })
}

// CVE-2020-36048: a huge POST is refused at the limit, not read to its end.
func TestHugePost(t *testing.T) {
	h := engine(t, engineio.Options{})
	bystander := dial(t, h.websocket())
	p := poll(t, h.polling())
	base := heap()
	r := dialTCP(t, h.http.URL)
	r.write([]byte("POST " + strings.TrimPrefix(p.url, h.http.URL) + " HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"))
	chunk := []byte(fmt.Sprintf("%x\r\n%s\r\n", 1<<16, strings.Repeat("4", 1<<16)))
	answered := make(chan string, 1)
	go func() {
		resp, err := http.ReadResponse(r.in, nil)
		answered <- fmt.Sprintf("%s %v", lineOf(resp), err)
	}()
	written := 0
	for range 16_000 { // a gigabyte
		if !r.write(chunk) {
			break
		}
		written += len(chunk)
	}
	if got := <-answered; !strings.Contains(got, "413") {
		t.Errorf("answer %s after %d bytes", got, written)
	}
	if written > 100<<20 {
		t.Errorf("%d bytes were read", written)
	}
	if now := heap(); now > base+16<<20 {
		t.Errorf("heap %d, was %d", now, base)
	}
	// One that announces its length is refused before it is sent.
	a := request(t, p.client, http.MethodPost, poll(t, h.polling()).url, strings.NewReader(strings.Repeat("4", 2_000_000)), nil)
	if a.err == nil && a.status != http.StatusRequestEntityTooLarge {
		t.Errorf("long POST: %d", a.status)
	}
	bystander.send("4alive")
	bystander.expectText("4alive")
}

// Phoenix CVE-2026-32689: packets of one POST are bounded.
func TestPacketsPerPost(t *testing.T) {
	h := engine(t, engineio.Options{MaxPollPackets: 100})
	p := poll(t, h.polling())
	p.send(strings.Split(strings.Repeat("4\x1e", 99)+"4", separator)...)
	p = poll(t, h.polling())
	if a := p.post(strings.Repeat("4\x1e", 100) + "4"); a.status < 400 {
		t.Errorf("%+v", a)
	}
	h = engine(t, engineio.Options{})
	p = poll(t, h.polling())
	if a := p.post(strings.Repeat("6\x1e", 499_999) + "6"); a.status < 400 {
		t.Errorf("half a million packets: %+v", a)
	}
}

// A JSONP request is for browsers of another age: its callback index never gets
// into an answer.
func TestJSONP(t *testing.T) {
	h := engine(t, engineio.Options{})
	c := httpClient(t)
	for _, j := range []string{"0", "alert(1)", "1%29%3Balert%281", "%3Cscript%3E"} {
		a := request(t, c, http.MethodGet, h.polling()+"&j="+j, nil, nil)
		if strings.Contains(a.body, "___eio") || strings.Contains(a.body, "alert") || strings.Contains(a.body, "<script") {
			t.Errorf("j=%s: %s", j, a.body)
		}
		if kind := a.header.Get("Content-Type"); strings.Contains(kind, "javascript") || strings.Contains(kind, "html") {
			t.Errorf("j=%s: %s", j, kind)
		}
	}
}

// Sid guessing and stealing: a session id alone does not speak for its owner.
func TestStolenSessionID(t *testing.T) {
	owners := map[string]string{}
	h := engine(t, engineio.Options{SameClient: func(c *engineio.Conn, r *http.Request) bool {
		return r.Header.Get("X-User") == owners[c.ID()]
	}})
	p := poll(t, h.polling())
	owners[p.open.SID] = ""
	thief := http.Header{"X-User": {"thief"}}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		var body io.Reader
		if method == http.MethodPost {
			body = strings.NewReader("1")
		}
		if a := request(t, p.client, method, p.url, body, thief); a.status != http.StatusForbidden {
			t.Errorf("%s: %+v", method, a)
		}
	}
	if _, resp, err := dialRaw(t, p.websocketURL(), thief); err == nil || resp == nil || resp.StatusCode < 400 {
		t.Errorf("upgrade: %v %v", resp, err)
	}
	p.send("4untouched")
	p.expect("4untouched")
}

// Slow handshakes: a polling client that never comes back, an upgrade that never
// begins, a WebSocket that never joins a namespace, a POST body that never ends.
func TestSlowHandshakes(t *testing.T) {
	a := serve(t, socketio.Options{
		ConnectTimeout: 300 * time.Millisecond,
		Engine:         engineio.Options{HandshakeTimeout: 200 * time.Millisecond, UpgradeTimeout: 200 * time.Millisecond},
	})
	joined := a.join()
	for range 100 {
		p := poll(t, a.polling())
		p.client.CloseIdleConnections()
	}
	for range 20 {
		p := poll(t, a.polling())
		p.send("40")
		dial(t, p.websocketURL()).send("2probe")
		dial(t, a.websocket())
		r := dialTCP(t, a.http.URL)
		r.write([]byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n"))
		post := dialTCP(t, a.http.URL)
		post.write([]byte("POST " + strings.TrimPrefix(p.url, a.http.URL) + " HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n4"))
	}
	eventually(t, "those who joined are left", func() bool { return a.io.Count() <= 21 })
	a.barrier(joined)
}
