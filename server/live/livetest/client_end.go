package livetest

import "net"

// Close ends the transport in an orderly way and waits for the readers.
func (c *Client) Close() {
	c.mu.Lock()
	t := c.transport
	c.mu.Unlock()
	c.end(ErrClosed)
	if t != nil {
		t.close()
	}
	c.cancel()
	c.http.CloseIdleConnections()
	c.readers.Wait()
	c.http.CloseIdleConnections()
	c.dialed.Range(func(k, _ any) bool { _ = k.(net.Conn).Close(); return true })
}

// Reset makes the kernel send RST on every connection of the client.
func (c *Client) Reset() {
	c.gone.Store(true)
	c.end(ErrClosed)
	c.dialed.Range(func(k, _ any) bool { reset(k.(net.Conn)); return true })
	c.cancel()
	c.readers.Wait()
	c.http.CloseIdleConnections()
}

func reset(conn net.Conn) {
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
