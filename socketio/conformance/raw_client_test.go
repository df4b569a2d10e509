package conformance

import (
	"bufio"
	"crypto/rand"
	order "encoding/binary"
	"net"
	"net/http"
	"net/url"
	"os"
	"runtime"
	"strings"
	"testing"
	"time"
)

// raw is a TCP connection on which the test writes the bytes itself.
type raw struct {
	t    testing.TB
	conn *net.TCPConn
	in   *bufio.Reader
}

func dialTCP(t testing.TB, server string) *raw {
	t.Helper()
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(patience))
	t.Cleanup(func() { _ = conn.Close() })
	return &raw{t, conn.(*net.TCPConn), bufio.NewReader(conn)}
}

// rawWebSocket opens a WebSocket by hand and reads the HTTP answer only.
func rawWebSocket(t testing.TB, address string) *raw {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	r := dialTCP(t, address)
	r.write([]byte(upgradeRequest(u.RequestURI(), u.Host)))
	resp, err := http.ReadResponse(r.in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		t.Fatalf("upgrade answered %v %v", resp, err)
	}
	return r
}

func upgradeRequest(uri, host string) string {
	return "GET " + uri + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
		"Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n\r\n"
}

// write may fail when the server has hung up, which the test sees by itself.
func (r *raw) write(p []byte) bool {
	_, err := r.conn.Write(p)
	return err == nil
}

// clientFrame is a masked frame; first is its first byte.
func clientFrame(first byte, payload []byte) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = order.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = order.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	var mask [4]byte
	_, _ = rand.Read(mask[:])
	out = append(out, mask[:]...)
	for i, b := range payload {
		out = append(out, b^mask[i%4])
	}
	return out
}

// ended waits until the server has closed, whatever it says before.
func (r *raw) ended(what string) {
	r.t.Helper()
	var sink [4096]byte
	for {
		if _, err := r.in.Read(sink[:]); err != nil {
			if e, ok := err.(net.Error); ok && e.Timeout() {
				r.t.Errorf("%s: still open after %v", what, patience)
			}
			return
		}
	}
}

func (r *raw) reset() {
	_ = r.conn.SetLinger(0)
	_ = r.conn.Close()
}

func descriptors(t testing.TB) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("no /proc here: %v", err)
	}
	return len(entries)
}

// level is what a process holds.
type level struct{ goroutines, descriptors int }

// Workers that are parked belong to no client; their number is bounded.
func levelNow(t testing.TB) level {
	stacks := make([]byte, 4<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	l := level{descriptors: descriptors(t)}
	for stack := range strings.SplitSeq(string(stacks), "\n\n") {
		if !strings.Contains(stack, "[chan receive") || !strings.Contains(stack, "socketio.(*workers).loop") {
			l.goroutines++
		}
	}
	return l
}

// returns waits until the process holds no more than at that time.
func (l level) returns(t testing.TB) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for {
		now := levelNow(t)
		if now.goroutines <= l.goroutines && now.descriptors <= l.descriptors {
			return
		}
		if time.Now().After(deadline) {
			stacks := make([]byte, 1<<18)
			t.Fatalf("holds %+v, held %+v\n%s", now, l, stacks[:runtime.Stack(stacks, true)])
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// heap is what is reachable now.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// lineOf is the status line and body of an HTTP answer, for messages.
func lineOf(resp *http.Response) string {
	if resp == nil {
		return "no answer"
	}
	return strings.TrimSpace(resp.Proto + " " + resp.Status)
}
