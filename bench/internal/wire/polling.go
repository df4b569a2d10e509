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
	p.get = httpConn{client: c, answer: p.polled}
	p.post = httpConn{client: c, answer: p.posted}
	p.get.request("GET", p.path, nil)
	return p
}

func (p *pollingLink) polled(body []byte) {
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

func (p *pollingLink) posted(body []byte) {
	if string(body) != "ok" {
		p.client.failed(fmt.Errorf("POST answered with %.100q", body))
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
