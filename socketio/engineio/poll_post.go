package engineio

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// servePost takes the packets of a POST.
func (s *Server) servePost(w http.ResponseWriter, r *http.Request, c *Conn) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind == "application/octet-stream" {
		// Revision 4 sends binary as base64; waiting for such a body held answers open for ever.
		c.fail(ReasonTransportError)
		errBadRequest.write(w)
		return
	}
	if r.ContentLength > s.o.MaxPayload {
		w.Header().Set("Connection", "close")
		errTooLarge.write(w)
		return
	}
	if !c.beginPost() {
		errBadRequest.write(w)
		return
	}
	body := bodies.Get().(*[]byte)
	defer freeBody(body)
	refusal := s.readBody(w, r, body)
	if refusal == nil {
		refusal = c.deliverPost(*body)
	}
	c.endPost()
	if refusal != nil {
		refusal.write(w)
		return
	}
	h := w.Header()
	h["Content-Type"] = plainText
	h["Cache-Control"] = noStore
	_, _ = io.WriteString(w, "ok")
}

// beginPost admits a POST; a second one at the same time ends the session.
func (c *Conn) beginPost() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.poll
	if p.posting {
		c.end(ReasonTransportError)
		return false
	}
	if c.phase != phaseOpen || c.link != nil {
		return false
	}
	p.posting, p.backBy = true, 0
	return true
}

func (c *Conn) endPost() {
	c.mu.Lock()
	c.poll.posting = false
	c.mu.Unlock()
}

// fail ends the connection.
func (c *Conn) fail(reason Reason) {
	c.mu.Lock()
	c.end(reason)
	c.mu.Unlock()
}

// readBody reads a body of at most MaxPayload bytes, also one without a length.
func (s *Server) readBody(w http.ResponseWriter, r *http.Request, body *[]byte) *Refusal {
	control := http.NewResponseController(w)
	// As long as a session lives without a sign of its client.
	if control.SetReadDeadline(time.Now().Add(s.o.PingInterval+s.o.PingTimeout)) == nil {
		defer control.SetReadDeadline(time.Time{})
	}
	into := bytes.NewBuffer((*body)[:0])
	_, err := into.ReadFrom(http.MaxBytesReader(w, r.Body, s.o.MaxPayload))
	*body = into.Bytes()
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return errTooLarge
	case err != nil:
		return errBadRequest
	}
	return nil
}

// deliverPost gives the packets of a body to the Session.
func (c *Conn) deliverPost(body []byte) (refusal *Refusal) {
	p := c.poll
	p.delivering.Lock()
	defer p.delivering.Unlock()
	c.mu.Lock()
	upgraded := c.link != nil
	c.mu.Unlock()
	if upgraded || !c.enter() {
		return errBadRequest
	}
	defer c.leave()
	defer func() {
		if v := recover(); v != nil {
			c.panicked(v)
			c.fail(ReasonPanic)
			refusal = errBadRequest
		}
	}()
	err := splitPayload(body, c.srv.o.MaxPollPackets, c.postPacket)
	c.session.Idle()
	if err == nil {
		return nil
	}
	c.fail(ReasonParseError)
	return errBadRequest
}

const errHeartbeat = payloadError("heartbeat in the wrong direction or too often")

func (c *Conn) postPacket(kind byte, binary bool, data []byte) error {
	switch kind {
	case packetMessage:
		if !c.ended() {
			c.session.Message(data, binary)
		}
	case packetPong:
		if !c.allowance() {
			return errHeartbeat
		}
		if mark := c.heartbeat(); mark > 0 {
			c.confirm(mark)
		}
	case packetClose:
		c.mu.Lock()
		c.poll.byClient = true
		c.bid(ws.StatusNone)
		c.mu.Unlock()
	case packetPing, packetOpen:
		return errHeartbeat
	}
	return nil
}
