package engineio

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// handshakeTCP opens a WebSocket without a library.
func (h *site) handshakeTCP(target string) (*net.TCPConn, *bufio.Reader) {
	h.t.Helper()
	nc, err := net.Dial("tcp", h.address())
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = nc.Close() })
	_ = nc.SetDeadline(time.Now().Add(patience))
	fmt.Fprint(nc, "GET "+target+" HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	in := bufio.NewReader(nc)
	resp, err := http.ReadResponse(in, nil)
	if err != nil || resp.StatusCode != http.StatusSwitchingProtocols {
		h.t.Fatal(resp, err)
	}
	return nc.(*net.TCPConn), in
}

// dialTCP opens a WebSocket without a library; the open packet has been read.
func (h *site) dialTCP() (*net.TCPConn, *bufio.Reader) {
	h.t.Helper()
	nc, in := h.handshakeTCP("/?EIO=4&transport=websocket")
	head := make([]byte, 2)
	if _, err := io.ReadFull(in, head); err != nil {
		h.t.Fatal(err)
	}
	length := int(head[1])
	if length == 126 {
		_, _ = io.ReadFull(in, head)
		length = int(head[0])<<8 | int(head[1])
	}
	if _, err := in.Discard(length); err != nil {
		h.t.Fatal(head, err)
	}
	return nc, in
}

// clientFrame is a frame as a client sends it, with a key of zeros.
func clientFrame(op ws.Op, payload string) []byte {
	b := ws.AppendHeader(nil, op, len(payload))
	b[1] |= 0x80
	return append(append(b, 0, 0, 0, 0), payload...)
}
