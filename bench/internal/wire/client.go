package wire

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"
)

// Handler hears what happens to a client. Data is valid only during the call.
type Handler interface {
	// Event gets the JSON array of an EVENT packet of the root namespace.
	Event(c *Client, array []byte)
	// Ack gets the id and the JSON array of an ACK packet.
	Ack(c *Client, id int, array []byte)
	// Closed is called when the client ended without having been asked to.
	Closed(c *Client, err error)
}

// Stage is how far a client has come on its way in.
type Stage int

// The stages of a client, in order. Over long-polling StageUpgraded does not occur.
const (
	StageNew      Stage = iota
	StageDialled        // TCP stands and the first request is sent
	StageUpgraded       // 101 received
	StageOpened         // Engine.IO handshake received, CONNECT sent
	StageReady          // CONNECT answered
	StageClosed
)

// Target is how to reach a server.
type Target struct {
	Address netip.AddrPort
	Polling bool   // HTTP long-polling instead of WebSocket
	Plain   bool   // ready after the upgrade: the server has no handshakes of its own
	Cookie  string // the Cookie header, none when empty
	Buffer  int    // SO_RCVBUF, the kernel's choice when zero
}

// Client is one connection to a server, in the terms of Socket.IO.
type Client struct {
	Index   int
	Stage   Stage
	Pings   int    // heartbeats answered
	Last    [8]int // for the handler: the last number seen of each emitter
	ResetAt Stage  // leave by RST on reaching this stage; StageNew: never
	Began   time.Duration
	Readied time.Duration

	loop    *Loop
	target  Target
	handler Handler
	link    link
}

// link is a transport.
type link interface {
	send(packet []byte)
	close()
	reset()
	pause(on bool)
}

// NewClient returns a client that has not dialled yet.
func (l *Loop) NewClient(index int, to Target, h Handler) *Client {
	return &Client{Index: index, loop: l, target: to, handler: h}
}

// Open dials the clients, at most window of them on their way in at a time, and
// returns when all are ready, when one has failed, or after limit with ErrTimeout.
func (l *Loop) Open(clients []*Client, window int, limit time.Duration) error {
	next, first := 0, 0
	err := l.Until(limit, func() bool {
		for first < next && clients[first].Stage >= StageReady {
			first++
		}
		under := 0
		for _, c := range clients[first:next] {
			if c.Stage < StageReady {
				under++
			}
		}
		for ; next < len(clients) && under < window; under++ {
			clients[next].dial()
			next++
		}
		return first == len(clients)
	})
	if err != nil {
		return fmt.Errorf("%d of %d clients ready: %w", first, len(clients), err)
	}
	return nil
}

func (c *Client) dial() {
	c.Began = c.loop.Now()
	if c.target.Polling {
		c.link = newPollingLink(c)
		return
	}
	ws := &wsLink{client: c}
	c.link = ws
	conn, err := c.loop.dial(c.target.Address, c.target.Buffer, ws)
	if err != nil {
		c.failed(err)
		return
	}
	ws.conn = conn
}

// reach moves the client on; false says that it has left because of ResetAt.
func (c *Client) reach(s Stage) bool {
	c.Stage = s
	if s == StageReady {
		c.Readied = c.loop.Now()
	}
	if c.ResetAt == s {
		c.Reset()
		return false
	}
	return true
}

// packet handles one Engine.IO packet.
func (c *Client) packet(p []byte) {
	if len(p) == 0 {
		c.failed(fmt.Errorf("empty packet"))
		return
	}
	switch p[0] {
	case '0':
		if c.Stage < StageOpened {
			if opener, ok := c.link.(interface{ opened(handshake []byte) error }); ok {
				if err := opener.opened(p[1:]); err != nil {
					c.failed(err)
					return
				}
			}
			c.link.send([]byte("40"))
			c.reach(StageOpened)
		}
	case '1':
		c.failed(fmt.Errorf("close packet"))
	case '2':
		c.Pings++
		c.link.send([]byte("3"))
	case '4':
		c.message(p[1:])
	}
}

// message handles one Socket.IO packet.
func (c *Client) message(p []byte) {
	if len(p) == 0 {
		c.failed(fmt.Errorf("empty message"))
		return
	}
	switch p[0] {
	case '0':
		c.reach(StageReady)
	case '1', '4':
		c.failed(fmt.Errorf("refused or disconnected: %.200s", p))
	case '2':
		c.handler.Event(c, p[1:])
	case '3':
		id, i := 0, 1
		for ; i < len(p) && p[i] >= '0' && p[i] <= '9'; i++ {
			id = id*10 + int(p[i]-'0')
		}
		c.handler.Ack(c, id, p[i:])
	}
}

// Emit sends an EVENT with the JSON array given; id below zero asks for no ack.
func (c *Client) Emit(id int, array string) {
	p := append(make([]byte, 0, 16+len(array)), '4', '2')
	if id >= 0 {
		p = strconv.AppendInt(p, int64(id), 10)
	}
	c.link.send(append(p, array...))
}

// Close leaves by FIN without a close frame, as a client does whose tab is closed.
func (c *Client) Close() {
	if c.Stage != StageClosed && c.link != nil {
		c.Stage = StageClosed
		c.link.close()
	}
}

// Reset leaves by RST.
func (c *Client) Reset() {
	if c.Stage != StageClosed && c.link != nil {
		c.Stage = StageClosed
		c.link.reset()
	}
}

// Pause stops reading, or starts again.
func (c *Client) Pause(on bool) { c.link.pause(on) }

func (c *Client) failed(err error) {
	if c.Stage == StageClosed {
		return
	}
	c.Stage = StageClosed
	if c.link != nil {
		c.link.close()
	}
	c.handler.Closed(c, err)
}
