package engineio

import (
	"bytes"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// With Options.Plain there is no Engine.IO: every connection is a WebSocket whose
// messages go to the Session and to the client as they are. Queues, batches, marks and
// the ends are those of Engine.IO; what differs is in this file.

// PlainText returns the frame of a text message for a server with Options.Plain. The
// message is copied.
func PlainText(message []byte) *Frame {
	wire := make([]byte, 0, ws.HeaderMax+len(message))
	wire = ws.AppendHeader(wire, ws.Text, len(message))
	head := uint8(len(wire))
	return &Frame{wire: append(wire, message...), head: head}
}

// servePlain answers a handshake on any path and with any query or returns how it is
// refused. What stands in the ResponseWriter's header goes into the answer.
func (s *Server) servePlain(w http.ResponseWriter, r *http.Request) *Refusal {
	accept, ok := ws.Handshake(r)
	if !ok {
		w.Header().Set("Upgrade", "websocket")
		return errUpgrade
	}
	if s.o.Allow != nil {
		if err := s.o.Allow(r); err != nil {
			return refusalOf(err, errForbidden)
		}
	}
	return s.beginWebSocket(w, r, s.o.ClientAddress(r), withHeader(accept, w.Header()))
}

var errUpgrade = &Refusal{Status: http.StatusUpgradeRequired, Code: 3, Message: "Upgrade required"}

// withHeader puts more lines into the answer to a handshake.
func withHeader(accept []byte, h http.Header) []byte {
	if len(h) == 0 {
		return accept
	}
	answer := bytes.NewBuffer(accept[:len(accept)-len("\r\n")])
	_ = h.WriteSubset(answer, notOfHandshake) // a buffer takes everything
	answer.WriteString("\r\n")
	return answer.Bytes()
}

// notOfHandshake are what a handler may have said of an answer with a body.
var notOfHandshake = map[string]bool{"Content-Type": true, "Content-Length": true, "Transfer-Encoding": true, "Connection": true, "Upgrade": true}

// plainPings is how many pings differ: a pong answers the one whose payload it has.
const plainPings = 16

var plainPingFrames = func() (pings [plainPings][]*Frame) {
	for i := range pings {
		pings[i] = []*Frame{controlFrame(ws.Ping, []byte{'0' + byte(i)})}
	}
	return pings
}()

// askPlain queues a ping, and goes on to do so in every PingInterval whether or not it
// is answered: what is on the way keeps an idle connection open, too. The time in which
// the peer has to give a sign of life counts from the first one. The caller holds mu.
func (c *Conn) askPlain(now time.Duration) {
	c.pingAt = now + c.srv.o.PingInterval
	if c.pongBy == 0 {
		c.pongBy = now + c.srv.o.PingTimeout
	}
	c.plainPing = (c.plainPing + 1) % plainPings
	c.marks.asked = c.marks.queued
	c.queue.trim()
	c.queue.push("", plainPingFrames[c.plainPing])
	c.flush(nil)
}

// pongPlain notes a pong; what Confirmed has grown to, zero if it has not. Only the
// answer to the latest ping confirms: a pong may also come unasked.
func (c *Conn) pongPlain(payload []byte) (grown uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	latest := len(payload) == 1 && payload[0] == '0'+c.plainPing
	if c.phase != phaseOpen || !latest || c.marks.asked == c.marks.confirmed {
		return 0
	}
	c.marks.confirmed = c.marks.asked
	return c.marks.confirmed
}

// alive notes a sign of life; the caller holds mu.
func (c *Conn) alive(now time.Duration) {
	c.heard = now
	if c.srv.o.Plain {
		c.pongBy = 0
	}
}
