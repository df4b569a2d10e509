package wire

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// pollingLink is the long-polling transport of a client: like a browser, one
// connection with a GET open at all times and one for POSTs.
type pollingLink struct {
	client *Client
	get    httpConn
	post   httpConn
	path   string
	queue  []byte // packets that wait for the POST under way
}

func newPollingLink(c *Client) *pollingLink {
	p := &pollingLink{client: c, path: "/socket.io/?EIO=4&transport=polling"}
	dialled := func() {
		if c.Stage < StageDialled {
			c.reach(StageDialled)
		}
	}
	p.get = httpConn{loop: c.loop, target: c.target, dialled: dialled, failed: c.failed, answer: p.polled}
	p.post = httpConn{loop: c.loop, target: c.target, kind: "text/plain;charset=UTF-8", dialled: dialled, failed: c.failed, answer: p.posted}
	p.get.request("GET", p.path, nil)
	return p
}

func (p *pollingLink) polled(status int, body []byte) {
	if status != 200 {
		p.client.failed(fmt.Errorf("GET answered with %d %.200q", status, body))
		return
	}
	for len(body) > 0 {
		packet, rest, _ := bytes.Cut(body, []byte{0x1e})
		body = rest
		p.client.packet(packet)
		if p.client.Stage == StageClosed {
			return
		}
	}
	p.get.request("GET", p.path, nil)
}

func (p *pollingLink) posted(status int, body []byte) {
	if status != 200 || string(body) != "ok" {
		p.client.failed(fmt.Errorf("POST answered with %d %.200q", status, body))
		return
	}
	if len(p.queue) > 0 {
		queue := p.queue
		p.queue = nil
		p.post.request("POST", p.path, queue)
	}
}

func (p *pollingLink) opened(handshake []byte) error {
	var h struct{ SID string }
	if err := json.Unmarshal(handshake, &h); err != nil {
		return fmt.Errorf("handshake: %w", err)
	}
	p.path += "&sid=" + h.SID
	return nil
}

func (p *pollingLink) send(packet []byte) {
	if !p.post.busy {
		p.post.request("POST", p.path, packet)
		return
	}
	if len(p.queue) > 0 {
		p.queue = append(p.queue, 0x1e)
	}
	p.queue = append(p.queue, packet...)
}

func (p *pollingLink) close() {
	p.get.close()
	p.post.close()
}

func (p *pollingLink) reset() {
	p.get.reset()
	p.post.reset()
}

func (p *pollingLink) pause(on bool) {
	if p.get.conn != nil {
		p.get.conn.pause(on)
	}
}
