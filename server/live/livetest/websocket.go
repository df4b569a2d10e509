package livetest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/coder/websocket"
)

type webSocket struct{ conn *websocket.Conn }

func (webSocket) name() string { return "websocket" }

func (w webSocket) send(ctx context.Context, packets ...string) error {
	for _, p := range packets {
		if err := w.conn.Write(ctx, websocket.MessageText, []byte(p)); err != nil {
			return err
		}
	}
	return nil
}

func (w webSocket) close() { _ = w.conn.Close(websocket.StatusNormalClosure, "") }

func (c *Client) dialWebSocket(ctx context.Context, query string) (webSocket, error) {
	url := "ws" + strings.TrimPrefix(c.dial.URL, "http") + "/socket.io/?EIO=" + c.dial.EIO + "&transport=websocket" + query
	conn, resp, err := websocket.Dial(ctx, url, &websocket.DialOptions{HTTPClient: c.http, HTTPHeader: c.dial.Header})
	if err != nil {
		if resp != nil && resp.StatusCode != 101 {
			body, _ := io.ReadAll(io.LimitReader(resp.Body, 4096))
			return webSocket{}, &Refused{Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
		}
		return webSocket{}, fmt.Errorf("dial websocket: %w", err)
	}
	conn.SetReadLimit(16 << 20)
	return webSocket{conn}, nil
}

func (c *Client) openWebSocket(ctx context.Context) error {
	w, err := c.dialWebSocket(ctx, "")
	if err != nil {
		return err
	}
	c.transport = w
	_, first, err := w.conn.Read(ctx)
	if err != nil {
		return fmt.Errorf("read handshake: %w", err)
	}
	if len(first) == 0 || first[0] != '0' {
		return fmt.Errorf("handshake begins with %q", first)
	}
	if err := json.Unmarshal(first[1:], &c.Open); err != nil {
		return fmt.Errorf("handshake %q: %w", first, err)
	}
	c.readers.Add(1)
	go c.readWebSocket(w)
	return nil
}

func (c *Client) readWebSocket(w webSocket) {
	defer c.readers.Done()
	for {
		_, data, err := w.conn.Read(c.ctx)
		if err != nil {
			c.end(fmt.Errorf("%w: %w", ErrClosed, err))
			return
		}
		c.receive(string(data))
	}
}

// Upgrade moves a polling client to websocket as browsers do: probe, let the
// open poll return, then switch.
func (c *Client) Upgrade(ctx context.Context) error {
	c.mu.Lock()
	old, ok := c.transport.(*polling)
	c.mu.Unlock()
	if !ok {
		return fmt.Errorf("upgrade from %s", c.Transport())
	}
	w, err := c.dialWebSocket(ctx, "&sid="+c.Open.SID)
	if err != nil {
		return err
	}
	if err := w.send(ctx, "2probe"); err != nil {
		return fmt.Errorf("probe: %w", err)
	}
	_, answer, err := w.conn.Read(ctx)
	if err != nil || string(answer) != "3probe" {
		w.close()
		return fmt.Errorf("probe answered %q: %w", answer, err)
	}
	done := make(chan struct{})
	c.mu.Lock()
	c.upgrading = done
	c.mu.Unlock()
	old.pause()
	err = w.send(ctx, "5")
	c.mu.Lock()
	c.transport, c.upgrading = w, nil
	c.mu.Unlock()
	close(done)
	c.readers.Add(1)
	go c.readWebSocket(w)
	return err
}
