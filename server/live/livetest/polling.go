package livetest

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
)

const separator = "\x1e"

type polling struct {
	client *Client
	posts  sync.Mutex
	paused chan struct{}
	idle   chan struct{}
	once   sync.Once
}

func (*polling) name() string { return "polling" }

func (c *Client) request(ctx context.Context, method, query, body string) (string, error) {
	url := c.dial.URL + "/socket.io/?EIO=" + c.dial.EIO + "&transport=polling" + query
	var reader io.Reader
	if method == http.MethodPost {
		reader = strings.NewReader(body)
	}
	req, err := http.NewRequestWithContext(ctx, method, url, reader)
	if err != nil {
		return "", err
	}
	for name, values := range c.dial.Header {
		req.Header[name] = values
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return "", err
	}
	if resp.StatusCode != http.StatusOK {
		return "", &Refused{Status: resp.StatusCode, Header: resp.Header, Body: string(answer)}
	}
	return string(answer), nil
}

func (c *Client) openPolling(ctx context.Context) error {
	answer, err := c.request(ctx, http.MethodGet, "", "")
	if err != nil {
		return err
	}
	first, rest, _ := strings.Cut(answer, separator)
	if !strings.HasPrefix(first, "0") {
		return fmt.Errorf("handshake begins with %q", first)
	}
	if err := json.Unmarshal([]byte(first[1:]), &c.Open); err != nil {
		return fmt.Errorf("handshake %q: %w", first, err)
	}
	p := &polling{client: c, paused: make(chan struct{}), idle: make(chan struct{})}
	c.transport = p
	c.receiveAll(rest)
	c.readers.Add(1)
	go p.run()
	return nil
}

func (c *Client) receiveAll(payload string) {
	for packet := range strings.SplitSeq(payload, separator) {
		c.receive(packet)
	}
}

func (p *polling) run() {
	c := p.client
	defer c.readers.Done()
	defer close(p.idle)
	for {
		select {
		case <-p.paused:
			return
		default:
		}
		answer, err := c.request(c.ctx, http.MethodGet, "&sid="+c.Open.SID, "")
		if err != nil {
			c.end(fmt.Errorf("%w: poll: %w", ErrClosed, err))
			return
		}
		c.receiveAll(answer)
		c.mu.Lock()
		over := c.closed != nil
		c.mu.Unlock()
		if over {
			return
		}
	}
}

// pause stops polling; it returns when the open poll was answered and no POST
// is under way.
func (p *polling) pause() {
	p.once.Do(func() { close(p.paused) })
	<-p.idle
	p.posts.Lock()
	defer p.posts.Unlock()
}

func (p *polling) send(ctx context.Context, packets ...string) error {
	p.posts.Lock()
	defer p.posts.Unlock()
	answer, err := p.client.request(ctx, http.MethodPost, "&sid="+p.client.Open.SID, strings.Join(packets, separator))
	if err == nil && answer != "ok" {
		err = fmt.Errorf("POST answered %q", answer)
	}
	return err
}

func (p *polling) close() {
	// As clients do when a page closes; a server that is gone does not matter.
	ctx, cancel := context.WithTimeout(context.Background(), Patience)
	defer cancel()
	_ = p.send(ctx, "1")
}
