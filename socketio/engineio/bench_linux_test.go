package engineio

import (
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
	"unsafe"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// The session of the benchmarks answers what it gets.
type echo struct{ c *Conn }

func (e echo) Message(data []byte, binary bool) { e.c.Send(SendOptions{}, Text(data)) }
func (e echo) Idle()                            {}
func (e echo) Closed(Reason)                    {}

// benchClients opens n WebSockets that read through one epoll: a goroutine for
// each would cost as much as the server.
func benchClients(b testing.TB, url string, n int) (conns []net.Conn, received *atomic.Int64) {
	b.Helper()
	received = new(atomic.Int64)
	poll, err := syscall.EpollCreate1(0)
	if err != nil {
		b.Fatal(err)
	}
	for range n {
		nc, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		_, _ = nc.Write([]byte("GET /?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"))
		answer := make([]byte, 4096)
		if n, err := nc.Read(answer); err != nil || !strings.Contains(string(answer[:n]), "101") {
			b.Fatalf("%s %v", answer[:n], err)
		}
		conns = append(conns, nc)
		// A descriptor of its own, outside of the runtime's poller.
		file, err := nc.(*net.TCPConn).File()
		if err != nil {
			b.Fatal(err)
		}
		fd := int(file.Fd())
		_ = syscall.SetNonblock(fd, true)
		if err := syscall.EpollCtl(poll, syscall.EPOLL_CTL_ADD, fd, &syscall.EpollEvent{Events: syscall.EPOLLIN, Fd: int32(fd)}); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = file.Close(); _ = nc.Close() })
	}
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		events := make([]syscall.EpollEvent, 256)
		buffer := make([]byte, 64<<10)
		for {
			select {
			case <-stop:
				_ = syscall.Close(poll)
				return
			default:
			}
			ready, _ := syscall.EpollWait(poll, events, 10)
			for _, e := range events[:max(ready, 0)] {
				if n, err := syscall.Read(int(e.Fd), buffer); err == nil && n > 0 {
					received.Add(int64(n))
				}
			}
		}
	}()
	b.Cleanup(func() { close(stop); <-done })
	return conns, received
}

func cpu() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func benchServer(b testing.TB) (*Server, *[]*Conn, string) {
	conns := new([]*Conn)
	opened := make(chan *Conn, 16384)
	s := New(func(c *Conn, _ *http.Request) Session { opened <- c; return echo{c} }, Options{MaxConnsPerAddress: -1})
	h := httptest.NewServer(s)
	b.Cleanup(func() { _ = s.Close(); h.Close() })
	b.Cleanup(func() {
		close(opened)
	})
	go func() {
		for c := range opened {
			*conns = append(*conns, c)
		}
	}()
	return s, conns, h.URL
}

// BenchmarkBroadcast is one frame to each of 1,000 WebSockets, four broadcasts in
// flight; the CPU includes that of the reading side.
func BenchmarkBroadcast(b *testing.B) { benchBroadcast(b, false) }

// BenchmarkBroadcastMarked is the same with marks.
func BenchmarkBroadcastMarked(b *testing.B) { benchBroadcast(b, true) }

func benchBroadcast(b *testing.B, marked bool) {
	const subscribers, flight = 1000, 4
	s, conns, url := benchServer(b)
	_, received := benchClients(b, url, subscribers)
	for s.Count() < subscribers || len(*conns) < subscribers {
		time.Sleep(time.Millisecond)
	}
	message := []byte(strings.Repeat("x", 300))
	size := int64(Text(message).Len()) * subscribers
	batch := s.Batch()
	base := received.Load()
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for i := range b.N {
		frame := Text(message)
		var o SendOptions
		if marked {
			o.Mark = uint64(i + 1)
		}
		for _, c := range *conns {
			batch.Add(c, o, frame)
		}
		batch.Flush()
		for received.Load()-base < int64(i+1-flight)*size {
			runtime.Gosched()
		}
	}
	for received.Load()-base < int64(b.N)*size {
		runtime.Gosched()
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N*subscribers)/1e3, "cpu-µs/delivery")
}

// BenchmarkEcho is one message there and back on each of 100 WebSockets.
func BenchmarkEcho(b *testing.B) {
	const clients = 100
	s, _, url := benchServer(b)
	conns, received := benchClients(b, url, clients)
	for s.Count() < clients {
		time.Sleep(time.Millisecond)
	}
	payload := "4" + strings.Repeat("x", 100)
	frame := ws.AppendHeader(nil, ws.Text, len(payload))
	frame[1] |= 0x80
	frame = append(append(frame, 0, 0, 0, 0), payload...)
	size := int64(len(frame)-4) * clients
	base := received.Load()
	b.ReportAllocs()
	b.ResetTimer()
	before := cpu()
	for i := range b.N {
		for _, nc := range conns {
			_, _ = nc.Write(frame)
		}
		for received.Load()-base < int64(i+1)*size {
			runtime.Gosched()
		}
	}
	b.ReportMetric(float64(cpu()-before)/float64(b.N*clients)/1e3, "cpu-µs/echo")
}

// BenchmarkIdle reports what an idle WebSocket holds, the reading side's half of
// the process excluded as far as it can be told.
func BenchmarkIdle(b *testing.B) {
	const clients = 1000
	b.ReportMetric(float64(unsafe.Sizeof(Conn{})), "B/Conn")
	b.ReportMetric(float64(unsafe.Sizeof(link{})), "B/link")
	s, _, url := benchServer(b)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, _ = benchClients(b, url, clients)
	for s.Count() < clients {
		time.Sleep(time.Millisecond)
	}
	runtime.GC()
	runtime.GC()
	runtime.ReadMemStats(&after)
	b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/clients, "heap-B/conn+client")
	b.ReportMetric(float64(after.StackInuse-before.StackInuse)/clients, "stack-B/conn")
}
