package engineio

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// BenchmarkPolling broadcasts to a hundred clients that poll; one operation is one delivery.
func BenchmarkPolling(b *testing.B) {
	const clients = 100
	srv := New(func(c *Conn, _ *http.Request) Session { return echo{c} }, Options{})
	site := httptest.NewServer(srv)
	b.Cleanup(func() { site.CloseClientConnections(); site.Close(); _ = srv.Close() })
	answer := make([]byte, 8<<10)
	body := func(nc net.Conn) []byte {
		n, err := nc.Read(answer)
		if err != nil {
			b.Fatal(err)
		}
		head, body, _ := bytes.Cut(answer[:n], []byte("\r\n\r\n"))
		if !bytes.Contains(head, []byte(" 200 ")) {
			b.Fatalf("%s", answer[:n])
		}
		return body
	}
	var sockets []net.Conn
	var conns []*Conn
	var gets []string
	for range clients {
		nc, err := net.Dial("tcp", strings.TrimPrefix(site.URL, "http://"))
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { _ = nc.Close() })
		_, _ = io.WriteString(nc, "GET /?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
		sid := string(body(nc)[len(`0{"sid":"`):][:sidLength])
		get := "GET /?EIO=4&transport=polling&sid=" + sid + " HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n"
		_, _ = io.WriteString(nc, get)
		sockets, conns, gets = append(sockets, nc), append(conns, srv.find(sid)), append(gets, get)
	}
	frame := Text([]byte(`2["news",{"n":1,"pad":"` + strings.Repeat("x", 200) + `"}]`))
	batch := srv.Batch()
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; n += clients {
		for _, c := range conns {
			batch.Add(c, SendOptions{}, frame)
		}
		batch.Flush()
		for i, nc := range sockets {
			if len(body(nc)) == 0 {
				b.Fatal("head and body apart")
			}
			_, _ = io.WriteString(nc, gets[i])
		}
	}
}
