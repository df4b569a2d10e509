package engineio

import (
	"strings"
	"sync"
	"time"
)

// poll is what a connection has more as long as it polls. Conn.mu guards it.
type poll struct {
	delivering sync.Mutex // held while a POST is handed to the Session; taken before Conn.mu

	wake      chan struct{} // of the GET that waits; capacity 1
	polling   bool          // a GET is here
	waiting   bool          // and has not been woken
	posting   bool          // a POST is here
	upgrading bool          // a probe was answered: polls are let go
	byClient  bool          // the client closed: its last poll is answered with a noop
	probe     *link         // the WebSocket that wants to become the transport
	last      string        // t of the latest GET

	backBy    time.Duration // a new client has to come back
	upgradeBy time.Duration // the probe has to end
}

// signal wakes the poll that waits, if any.
func (p *poll) signal() {
	p.waiting = false
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// longestT bounds what is remembered of a request.
const longestT = 32

// beginPoll admits a GET; false: there is one already, or this is the one before
// once more, which ends the session. A browser or a proxy repeats a request whose
// answer it has not got: what that held is lost, and going on would let the next
// pong confirm it.
func (c *Conn) beginPoll(t string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.poll
	again := t != "" && t == p.last
	if p.last = ""; len(t) <= longestT {
		p.last = strings.Clone(t)
	}
	if p.polling || again && c.link == nil {
		c.end(ReasonTransportError)
		return false
	}
	if c.link != nil || c.phase == phaseGone {
		return false
	}
	p.polling, p.backBy, c.heard = true, 0, c.srv.wheel.Now()
	return true
}

// pollAnswer returns dst with what a poll has to be answered with; false: nothing
// yet, and the poll waits. Noop is given when there is nothing else.
func (c *Conn) pollAnswer(dst []byte, noop bool) ([]byte, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p := c.poll
	select {
	case <-p.wake:
	default:
	}
	if c.link == nil {
		dst = c.queue.appendPoll(dst)
	}
	over := c.phase != phaseOpen && c.link == nil
	if over && len(dst) > 0 && !p.byClient && !abandoned(c.reason) {
		over = false
	}
	if over {
		if p.byClient {
			dst = appendPayloadText(dst, packetNoop, nil)
		} else {
			dst = appendPayloadText(dst, packetClose, nil)
		}
	}
	if len(dst) == 0 {
		if !noop && c.link == nil {
			p.waiting = true
			return dst, false
		}
		dst = append(dst, packetNoop)
	}
	p.polling, p.waiting = false, false
	if over {
		c.forget()
	}
	return dst, true
}

// endPoll is for a poll whose client vanished.
func (c *Conn) endPoll() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.poll.polling, c.poll.waiting = false, false
	if c.link == nil {
		c.end(ReasonTransportClose)
		c.forget()
	}
}

// endProbe lets polls wait again. The caller holds Conn.mu.
func (p *poll) endProbe() {
	p.probe, p.upgrading, p.upgradeBy = nil, false, 0
}

// dropProbe cuts a probe. The caller holds Conn.mu.
func (p *poll) dropProbe() {
	if p.probe != nil {
		p.probe.abort()
	}
	p.endProbe()
}

// upgradingNow reports whether a poll should not wait.
func (c *Conn) upgradingNow() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.poll.upgrading
}
