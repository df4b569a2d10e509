package engineio

import "time"

// Every deadline of a connection hangs on one timer: it is set to the earliest,
// and looks at all of them when it is due. A deadline that moves away costs
// nothing, one that comes nearer advances the timer.

// due sets a deadline; the caller holds mu.
func (c *Conn) due(deadline *time.Duration, after time.Duration) {
	*deadline = c.srv.wheel.Now() + after
	c.srv.wheel.Advance(&c.timer, *deadline)
}

// Tick implements wheel.Owner.
func (c *Conn) Tick(now time.Duration) time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	past := func(deadline time.Duration) bool { return deadline > 0 && deadline <= now }
	p := c.poll
	switch {
	case past(c.closeBy):
		c.closeBy = 0
		if c.link != nil {
			c.link.abort()
		} else {
			c.forget()
		}
	case past(c.stallBy):
		c.stallBy = 0
		c.end(ReasonSlowConsumer)
	case past(c.pongBy):
		c.end(ReasonPingTimeout)
	case p != nil && past(p.backBy):
		c.end(ReasonAbandoned)
	}
	if p != nil && past(p.upgradeBy) {
		p.dropProbe()
	}
	if past(c.pingAt) {
		c.ask(now)
	}
	return c.next()
}

// next returns the earliest deadline, zero when there is none; the caller holds mu.
func (c *Conn) next() (at time.Duration) {
	earliest := func(deadline time.Duration) {
		if deadline > 0 && (at == 0 || deadline < at) {
			at = deadline
		}
	}
	earliest(c.pingAt)
	earliest(c.pongBy)
	earliest(c.stallBy)
	earliest(c.closeBy)
	if p := c.poll; p != nil {
		earliest(p.backBy)
		earliest(p.upgradeBy)
	}
	if at == 0 && c.phase != phaseGone {
		// Nothing is due, yet the timer has to stay: a stopped one cannot be advanced.
		at = c.srv.wheel.Now() + time.Minute
	}
	return at
}

// allowance counts a ping or a pong of the client and reports whether it may be.
func (c *Conn) allowance() bool {
	limit := c.srv.o.MaxPingsPerSecond
	now := c.srv.wheel.Now()
	second := uint32(now / time.Second)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.alive(now)
	if c.signsSecond != second {
		c.signsSecond, c.signs = second, 0
	}
	if limit < 0 {
		return true
	}
	c.signs = min(c.signs+1, 1<<15)
	return int(c.signs) <= limit
}
