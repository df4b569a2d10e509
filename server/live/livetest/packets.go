package livetest

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
)

// receive handles one Engine.IO packet.
func (c *Client) receive(packet string) {
	if packet == "" {
		return
	}
	switch packet[0] {
	case '1':
		c.end(fmt.Errorf("%w by an Engine.IO CLOSE", ErrClosed))
		return
	case '2':
		// As clients do: the pong goes out in the order of the pings.
		c.readers.Add(1)
		go func() {
			defer c.readers.Done()
			_ = c.Send(c.ctx, "3"+packet[1:])
		}()
		return
	case '6':
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.notify()
	c.packets = append(c.packets, packet)
	if packet[0] != '4' || len(packet) < 2 {
		return
	}
	kind, body := packet[1], packet[2:]
	if strings.HasPrefix(body, "/") {
		_, body, _ = strings.Cut(body, ",")
	}
	switch kind {
	case '0':
		c.connected = body
	case '1':
		c.disconnected = true
	case '2':
		c.event(body)
	case '3':
		digits := strings.IndexByte(body, '[')
		if id, err := strconv.ParseUint(body[:max(digits, 0)], 10, 64); err == nil {
			c.acks[id] = body[digits:]
		}
	case '4':
		c.refused = body
	}
}

func (c *Client) event(body string) {
	var items []json.RawMessage
	if json.Unmarshal([]byte(body), &items) != nil || len(items) == 0 {
		return
	}
	var name string
	if json.Unmarshal(items[0], &name) == nil {
		c.events = append(c.events, Event{Name: name, Args: items[1:]})
	}
}

// notify wakes the waits; the lock is held.
func (c *Client) notify() {
	close(c.changed)
	c.changed = make(chan struct{})
}

// end notes why the client ended, once.
func (c *Client) end(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed == nil {
		c.closed = err
		c.notify()
	}
}

// wait returns when done says so, with the lock held around done.
func (c *Client) wait(ctx context.Context, what string, done func() bool) error {
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	for {
		c.mu.Lock()
		ok, closed, changed, seen := done(), c.closed, c.changed, len(c.events)
		c.mu.Unlock()
		switch {
		case ok:
			return nil
		case closed != nil:
			return fmt.Errorf("waiting for %s: %w", what, closed)
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waiting for %s (%d events so far): %w", what, seen, ctx.Err())
		}
	}
}

// Events returns what came so far, in order.
func (c *Client) Events() []Event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]Event(nil), c.events...)
}

// Packets returns the Engine.IO packets that came so far, in order, without
// pings and noops.
func (c *Client) Packets() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string(nil), c.packets...)
}

// Names returns the names of Events.
func (c *Client) Names() []string {
	var names []string
	for _, e := range c.Events() {
		names = append(names, e.Name)
	}
	return names
}

// Disconnected reports whether a Socket.IO DISCONNECT came.
func (c *Client) Disconnected() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.disconnected
}

// Closed reports whether the transport has ended.
func (c *Client) Closed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.closed != nil
}

// WaitEvent waits until an event of the name has come and returns the first.
func (c *Client) WaitEvent(ctx context.Context, name string) (Event, error) {
	return c.WaitFor(ctx, name, func(e Event) bool { return e.Name == name })
}

// WaitFor waits until an event that match accepts has come and returns the first;
// what names it in the error.
func (c *Client) WaitFor(ctx context.Context, what string, match func(Event) bool) (Event, error) {
	var found Event
	err := c.wait(ctx, what, func() bool {
		for _, e := range c.events {
			if match(e) {
				found = e
				return true
			}
		}
		return false
	})
	return found, err
}

// WaitCount waits until n events have come in all.
func (c *Client) WaitCount(ctx context.Context, n int) error {
	return c.wait(ctx, strconv.Itoa(n)+" events", func() bool { return len(c.events) >= n })
}

// WaitClosed waits until the transport has ended and says why.
func (c *Client) WaitClosed(ctx context.Context) error {
	var why error
	if err := c.wait(ctx, "end of transport", func() bool { why = c.closed; return why != nil }); err != nil {
		return err
	}
	return nil
}

// Barrier makes a round trip with an event that the server acknowledges. What
// the engine had been given for this client before it answered has come when Barrier
// returns, so what has not come by then was not given to it. It says nothing about
// committed events that wait in the log.
func (c *Client) Barrier(ctx context.Context) error {
	id, err := c.EmitAck(ctx, "operation_created", "{}")
	if err != nil {
		return err
	}
	_, err = c.Acked(ctx, id)
	return err
}
