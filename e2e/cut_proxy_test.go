package e2e

import (
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// cutProxy is a network between clients and the process that can be cut. It hands
// bytes through as they come.
type cutProxy struct {
	to       string
	listener net.Listener

	mu      sync.Mutex
	closed  bool
	pairs   map[*cutPair]bool
	held    [2]chan struct{} // by direction; nil lets bytes pass, else closed when they may again
	refuses bool
	running sync.WaitGroup

	idle  time.Duration // a connection without a byte for so long is cut; 0 cuts none
	idled atomic.Int64  // connections that were cut for it
}

// The directions.
const (
	toServer = iota
	toClient
)

// cutPair is one connection.
type cutPair struct {
	ends [2]*net.TCPConn // where a direction's bytes go
	once sync.Once
	idle *time.Timer // cuts it; nil when nothing does
}

func newCutProxy(t *testing.T, to string) *cutProxy { return newIdleProxy(t, to, 0) }

// newIdleProxy cuts connections that are silent in both directions for a time, as
// nginx does after 60 s when nobody told it otherwise.
func newIdleProxy(t *testing.T, to string, idle time.Duration) *cutProxy {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &cutProxy{to: strings.TrimPrefix(to, "http://"), listener: l, pairs: map[*cutPair]bool{}, idle: idle}
	p.running.Go(p.accept)
	t.Cleanup(p.close)
	return p
}

func (p *cutProxy) url() string { return "http://" + p.listener.Addr().String() }

func (p *cutProxy) close() {
	p.heal()
	_ = p.listener.Close()
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.reset()
	p.running.Wait()
}

func (p *cutProxy) accept() {
	for {
		c, err := p.listener.Accept()
		if err != nil {
			return
		}
		client, ok := c.(*net.TCPConn)
		p.mu.Lock()
		refuses := p.refuses || p.closed
		p.mu.Unlock()
		if !ok || refuses {
			_ = client.SetLinger(0)
			_ = client.Close()
			continue
		}
		p.running.Go(func() { p.serve(client) })
	}
}

func (p *cutProxy) serve(client *net.TCPConn) {
	c, err := net.Dial("tcp", p.to)
	if err != nil {
		_ = client.SetLinger(0)
		_ = client.Close()
		return
	}
	server, _ := c.(*net.TCPConn)
	pair := &cutPair{ends: [2]*net.TCPConn{toServer: server, toClient: client}}
	if p.idle > 0 {
		pair.idle = time.AfterFunc(p.idle, func() {
			p.idled.Add(1)
			pair.reset()
		})
		defer pair.idle.Stop()
	}
	p.mu.Lock()
	p.pairs[pair] = true
	refuses := p.refuses || p.closed
	p.mu.Unlock()
	if refuses {
		pair.reset()
	}
	var both sync.WaitGroup
	both.Go(func() { p.pump(pair, client, toServer) })
	p.pump(pair, server, toClient)
	both.Wait()
	pair.reset()
	p.mu.Lock()
	delete(p.pairs, pair)
	p.mu.Unlock()
}

// pump hands on what comes in one direction, then its end.
func (p *cutProxy) pump(pair *cutPair, from *net.TCPConn, direction int) {
	buffer := make([]byte, 16<<10)
	for {
		n, err := from.Read(buffer)
		p.pass(direction)
		if n > 0 {
			if pair.idle != nil {
				pair.idle.Reset(p.idle)
			}
			if _, err := pair.ends[direction].Write(buffer[:n]); err != nil {
				pair.reset()
				return
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			_ = pair.ends[direction].CloseWrite()
			return
		default:
			pair.reset()
			return
		}
	}
}

// pass waits while the direction is held.
func (p *cutProxy) pass(direction int) {
	for {
		p.mu.Lock()
		held := p.held[direction]
		p.mu.Unlock()
		if held == nil {
			return
		}
		<-held
	}
}

func (c *cutPair) reset() {
	c.once.Do(func() {
		for _, end := range c.ends {
			_ = end.SetLinger(0)
			_ = end.Close()
		}
	})
}

// reset ends all connections with RST.
func (p *cutProxy) reset() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pair := range p.pairs {
		pair.reset()
	}
}

// refuse answers new connections with RST until heal.
func (p *cutProxy) refuse() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = true
}

// hold swallows a direction in silence until heal: like a network that loses all,
// after which TCP sends again what was not acknowledged.
func (p *cutProxy) hold(directions ...int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, d := range directions {
		if p.held[d] == nil {
			p.held[d] = make(chan struct{})
		}
	}
}

// halfClose ends one direction of every connection; the other goes on.
func (p *cutProxy) halfClose(direction int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for pair := range p.pairs {
		_ = pair.ends[direction].CloseWrite()
	}
}

// heal lets everything pass again. What a dead connection held is sent on, as a
// network does.
func (p *cutProxy) heal() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.refuses = false
	for d, held := range p.held {
		if held != nil {
			close(held)
			p.held[d] = nil
		}
	}
}
