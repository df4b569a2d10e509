package live

import (
	"bufio"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/zishang520/engine.io/v2/types"
)

func isUpgrade(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Upgrade"), "websocket")
}

// serveWebSocket upgrades a request. It returns when the library listens.
func (e *Zishang) serveWebSocket(w http.ResponseWriter, r *http.Request, session *zishangSession) {
	up := &upgrade{ResponseWriter: w, timeout: e.options.WriteTimeout}
	r = r.WithContext(session.attach(r.Context()))
	// Without the header no compression is negotiated: the library would count
	// a message's limit before inflating it.
	r.Header.Del("Sec-WebSocket-Extensions")
	ctx := types.NewHttpContext(up, r)
	e.engine.HandleUpgrade(ctx)
	// The watcher of the context ends with the request in either case; this ends
	// it also for writers that never cancel.
	ctx.Flush()
	if up.conn == nil {
		return
	}
	if ctx.Websocket == nil {
		_ = up.conn.Close()
		return
	}
	// After a close frame from the client the library forgets the connection
	// without closing it.
	_ = ctx.Websocket.Once("close", func(...any) { _ = up.conn.Close() })
	_ = ctx.Websocket.Once("error", func(...any) { _ = up.conn.Close() })
	up.conn.open()
}

// upgrade is the ResponseWriter of an upgrade request.
type upgrade struct {
	http.ResponseWriter
	timeout time.Duration
	conn    *gatedConn
}

// Hijack implements http.Hijacker.
func (u *upgrade) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, rw, err := http.NewResponseController(u.ResponseWriter).Hijack()
	if err != nil {
		return nil, nil, err
	}
	u.conn = &gatedConn{Conn: conn, timeout: u.timeout, gate: make(chan struct{})}
	return u.conn, rw, nil
}

// gatedConn is a client's connection that can be read only after open. The
// library begins to read before it listens: a quick CONNECT got lost and a quick
// PONG ended the process. It also gives every write a deadline, which the
// library does not.
type gatedConn struct {
	net.Conn
	timeout time.Duration
	gate    chan struct{}
	once    sync.Once
}

func (c *gatedConn) open() { c.once.Do(func() { close(c.gate) }) }

// Read implements net.Conn.
func (c *gatedConn) Read(p []byte) (int, error) {
	<-c.gate
	return c.Conn.Read(p)
}

// Write implements net.Conn.
func (c *gatedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(c.timeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}

// Close implements net.Conn.
func (c *gatedConn) Close() error {
	c.open()
	return c.Conn.Close()
}
