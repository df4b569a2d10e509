package live

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/server/live/livetest"
)

// What ended the process in other servers, written byte by byte. A test that
// fails here takes the whole test binary with it.

// bare is a TCP connection to the server under test.
type bare struct {
	t    *testing.T
	conn *net.TCPConn
	in   *bufio.Reader
}

func (d *desk) bare() *bare {
	d.t.Helper()
	conn, err := net.Dial("tcp", strings.TrimPrefix(d.url, "http://"))
	if err != nil {
		d.t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(livetest.Patience))
	d.t.Cleanup(func() { _ = conn.Close() })
	return &bare{d.t, conn.(*net.TCPConn), bufio.NewReader(conn)}
}

const bareUpgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
	"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Extensions: permessage-deflate\r\n\r\n"

// masked is one frame of a client; first is its first byte.
func masked(first byte, payload string) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = binary.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = binary.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	out = append(out, 1, 2, 3, 4)
	for i := range len(payload) {
		out = append(out, payload[i]^byte(i%4+1))
	}
	return out
}

// ended reads until the server has closed.
func (b *bare) ended(what string) {
	b.t.Helper()
	var sink [4096]byte
	for {
		if _, err := b.in.Read(sink[:]); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				b.t.Errorf("%s: still open", what)
			}
			return
		}
	}
}

func testRawFrames(t *testing.T, open opener) {
	d := newDesk(t, open)
	bystander := d.greeted("websocket", 2, "Trader")
	text := func(s string) []byte { return masked(0x81, s) }
	join := text("40")
	hole := `{"_placeholder":true,"num":0}`
	// An engine may let these pass: they mean nothing to anybody else.
	mayStay := map[string]bool{
		"DISCONNECT twice": true, "event after DISCONNECT": true, "CONNECT with a number": true, "invalid UTF-8": true,
		"engine close, then more": true, "binary ack": true, // nobody waits for it
	}
	var ends sync.WaitGroup
	for name, frames := range map[string][]byte{
		"event without payload":             text("42"),
		"binary event without payload":      text("451-"),
		"and its attachment":                append(text("451-"), masked(0x82, "x")...),
		"binary event":                      append(text(`451-["x",`+hole+`]`), masked(0x82, "x")...),
		"binary ack":                        append(text(`461-0[`+hole+`]`), masked(0x82, "x")...),
		"zero attachments":                  text(`450-["x"]`),
		"a million attachments":             text(`451000000-["x"]`),
		"number beyond integers":            text(`4518446744073709551617-["x"]`),
		"attachment nobody announced":       masked(0x82, "x"),
		"empty binary":                      masked(0x82, ""),
		"CONNECT with a number":             text("405"),
		"DISCONNECT twice":                  append(text("41"), text("41")...),
		"event after DISCONNECT":            append(text("41"), text(`42["x"]`)...),
		"namespace without end":             text("42/" + strings.Repeat("a", 100_000)),
		"reserved bits":                     masked(0xf1, "4"),
		"compressed":                        masked(0xc1, "\x2a\x49\xad\x28\x01\x00"),
		"unknown opcode":                    masked(0x8f, ""),
		"length of 2^63":                    {0x81, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0},
		"continuation of nothing":           masked(0x80, "x"),
		"ping of 126 bytes":                 masked(0x89, strings.Repeat("x", 126)),
		"invalid UTF-8":                     text("42[\"\xff\"]"),
		"engine close, then more":           append(text("1"), text(`42["x"]`)...),
		"upgrade packet, then a bad packet": append(text("5"), text("x")...),
	} {
		for _, first := range [][]byte{nil, join} {
			b := d.bare()
			_, _ = b.conn.Write([]byte(bareUpgrade))
			if resp, err := http.ReadResponse(b.in, nil); err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
				t.Fatalf("%s: upgrade %v", name, err)
			}
			_, _ = b.conn.Write(append(bytes.Clone(first), frames...))
			if mayStay[name] {
				_ = b.conn.Close()
				continue
			}
			// A server may wait a while for the client's close frame.
			ends.Go(func() {
				b.ended(name)
				_ = b.conn.Close()
			})
		}
	}
	ends.Wait()
	// Pieces without end, of one message.
	b := d.bare()
	_, _ = b.conn.Write([]byte(bareUpgrade))
	if _, err := http.ReadResponse(b.in, nil); err != nil {
		t.Fatal(err)
	}
	_, _ = b.conn.Write(masked(0x01, "4"))
	pieces := bytes.Repeat(masked(0x00, "xxxx"), 1000)
	for n := 0; n < 1000; n++ {
		if _, err := b.conn.Write(pieces); err != nil {
			break
		}
	}
	b.ended("endless pieces")
	barrier(t, bystander)
	d.loud()
}

// A PONG that comes before the server has begun its heartbeat, a CONNECT before it
// listens. RFC 6455 section 4.1 lets a client send only once it has the answer; an
// engine may refuse those that do not wait.
func testEarlyPackets(t *testing.T, open opener) {
	d := newDesk(t, open)
	bystander := d.greeted("websocket", 2, "Trader")
	early := append(masked(0x81, "3"), masked(0x81, "40")...)
	for i := range 300 {
		b := d.bare()
		waits := i%3 != 0
		if !waits {
			_, _ = b.conn.Write(append([]byte(bareUpgrade), early...))
		} else {
			_, _ = b.conn.Write([]byte(bareUpgrade))
		}
		resp, err := http.ReadResponse(b.in, nil)
		if !waits && err != nil {
			continue
		}
		if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
			t.Fatalf("upgrade %v", err)
		}
		if waits {
			_, _ = b.conn.Write(early)
		}
		// The CONNECT reply follows the handshake.
		var seen []byte
		buffer := make([]byte, 4096)
		for !bytes.Contains(seen, []byte(`40{"sid":`)) {
			n, err := b.in.Read(buffer)
			if err != nil {
				t.Fatalf("client %d: %v after %q", i, err, seen)
			}
			seen = append(seen, buffer[:n]...)
		}
		if i%2 == 0 {
			_ = b.conn.SetLinger(0)
		}
		_ = b.conn.Close()
	}
	barrier(t, bystander)
	d.loud()
}

func testRawRequests(t *testing.T, open opener) {
	d := newDesk(t, open)
	bystander := d.greeted("websocket", 2, "Trader")
	victim := d.greeted("polling", 3, "Trader")
	path := "/socket.io/?EIO=4&transport=websocket"
	for i, request := range []string{
		strings.Replace(bareUpgrade, "dGhlIHNhbXBsZSBub25jZQ==", "", 1),
		strings.Replace(bareUpgrade, "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n", "", 1),
		strings.Replace(bareUpgrade, "Version: 13", "Version: 8", 1),
		strings.Replace(bareUpgrade, "Connection: Upgrade", "Connection: close", 1),
		strings.Replace(bareUpgrade, "Upgrade: websocket", "Upgrade: h2c", 1),
		strings.Replace(bareUpgrade, "GET", "POST", 1),
		strings.Replace(bareUpgrade, "GET", "HEAD", 1),
		strings.Replace(bareUpgrade, "HTTP/1.1", "HTTP/1.0", 1),
		strings.Replace(bareUpgrade, path, "/socket.io/", 1),
		strings.Replace(bareUpgrade, path, "/socket.io/?EIO=4&transport=webtransport", 1),
		strings.Replace(bareUpgrade, path, "/socket.io/?EIO=4&transport=polling", 1),
		strings.Replace(bareUpgrade, path, path+"&sid=__proto__", 1),
		strings.Replace(bareUpgrade, path, path+"&sid="+bystander.Open.SID, 1),
		strings.Replace(bareUpgrade, path, "/socket.io/?EIO=3&transport=websocket&sid="+victim.Open.SID, 1),
		strings.Replace(bareUpgrade, path, path+"&b64=1&j=0", 1),
		strings.Replace(bareUpgrade, path, "/socket.io/?EIO=4;transport=websocket&%zz", 1),
		strings.Replace(bareUpgrade, "\r\n\r\n", "\r\nContent-Length: 5\r\n\r\nhello", 1),
		"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40",
		"PUT /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n40",
		"DELETE /socket.io/?EIO=4&transport=polling&sid=" + victim.Open.SID + " HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n",
		"POST /socket.io/?EIO=4&transport=polling&sid=x HTTP/1.1\r\nHost: x\r\nContent-Type: application/octet-stream\r\nContent-Length: 3\r\n\r\n\x04ab",
		"GET /socket.io/?EIO=4&transport=polling&j=alert(1) HTTP/1.1\r\nHost: x\r\n\r\n",
		"OPTIONS /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n",
	} {
		b := d.bare()
		_, _ = b.conn.Write([]byte(request))
		_ = b.conn.CloseWrite()
		if resp, err := http.ReadResponse(b.in, nil); err == nil && resp.StatusCode == http.StatusInternalServerError {
			t.Errorf("request %d: %s", i, resp.Status)
		}
		_ = b.conn.Close()
	}
	// A poll is reset at the moment in which it is answered.
	for i := range 200 {
		c, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: "polling", Header: user(4, "Operador")})
		if err != nil {
			t.Fatal(err)
		}
		b := d.bare()
		_, _ = fmt.Fprintf(b.conn, "GET /socket.io/?EIO=4&transport=polling&sid=%s HTTP/1.1\r\nHost: x\r\nX-User: 4 Operador\r\n\r\n", c.Open.SID)
		if i%2 == 0 {
			d.send(Message{Rooms: []string{"role_Operador"}})
		}
		_ = b.conn.SetLinger(0)
		_ = b.conn.Close()
		c.Reset()
	}
	barrier(t, bystander, victim)
	d.loud()
}

func testHostileJSON(t *testing.T, open opener) {
	d := newDesk(t, open)
	bystander := d.greeted("websocket", 2, "Trader")
	for name, packet := range map[string]string{
		"nested arrays":  `42["x",` + strings.Repeat("[", 60_000) + strings.Repeat("]", 60_000) + `]`,
		"never closed":   `42["x",` + strings.Repeat("[", 60_000),
		"nested objects": `42["x",` + strings.Repeat(`{"a":`, 15_000) + "1" + strings.Repeat("}", 15_000) + `]`,
	} {
		c := d.connect("websocket", nil)
		_ = c.Send(t.Context(), packet)
		if err := c.WaitClosed(t.Context()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, arg := range []string{`{"dni":"\ud800"}`, `{"__proto__":{"dni":"1"}}`, `{"dni":"1","dni":"2"}`, `1e400`, `9007199254740993`, `"\u0000"`} {
		for _, event := range []string{"join_client_room", "dashboard_refresh", "operation_created"} {
			if err := bystander.Emit(t.Context(), event, arg); err != nil {
				t.Fatal(err)
			}
		}
	}
	barrier(t, bystander)
	d.loud()
}
