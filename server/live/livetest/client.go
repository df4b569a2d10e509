// Package livetest is a raw Engine.IO 4 / Socket.IO 5 client for tests: it shows
// every packet as it came, hides no reconnect and repairs nothing.
package livetest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Patience bounds every wait of this package that gets no other deadline. It is
// a limit for a broken server, never a delay.
const Patience = 20 * time.Second

// Dial says how to connect.
type Dial struct {
	// URL is the server's base, such as "http://127.0.0.1:5000".
	URL string
	// Transport is "websocket" (default) or "polling".
	Transport string
	// Header is sent with every request, for instance Cookie or Origin.
	Header http.Header
	// Jar, when set, keeps cookies between requests.
	Jar http.CookieJar
	// Namespace to CONNECT to; empty means "/".
	Namespace string
	// Auth is the JSON that goes with CONNECT; empty for none.
	Auth string
	// EIO is the protocol revision asked for; empty means "4".
	EIO string
}

// Open is the Engine.IO handshake.
type Open struct {
	SID          string   `json:"sid"`
	Upgrades     []string `json:"upgrades"`
	PingInterval int      `json:"pingInterval"`
	PingTimeout  int      `json:"pingTimeout"`
	MaxPayload   int      `json:"maxPayload"`
}

// Event is one EVENT packet as received.
type Event struct {
	Name string
	Args []json.RawMessage
}

// Arg returns the payload: the only argument, or the first before an offset. It is
// "" when the arguments are others.
func (e Event) Arg() string {
	if len(e.Args) == 1 || e.Offset() != "" {
		return string(e.Args[0])
	}
	return ""
}

// Offset returns the text after the payload by which a client tells the server, when
// it comes back, what it has; "" when there is none.
func (e Event) Offset() (offset string) {
	if len(e.Args) != 2 || json.Unmarshal(e.Args[1], &offset) != nil {
		return ""
	}
	return offset
}

// Refused is the error of a handshake that got an HTTP answer other than
// success.
type Refused struct {
	Status int
	Header http.Header
	Body   string
}

func (r *Refused) Error() string { return fmt.Sprintf("refused with %d: %s", r.Status, r.Body) }

// ErrClosed is returned by waits when the transport ended.
var ErrClosed = errors.New("livetest: closed")

// Client is one connection. Its methods may be called concurrently.
type Client struct {
	Open Open
	// SID is the Socket.IO id from the CONNECT reply, PID the private id that clients
	// of version 4.6 and newer keep for their next connection.
	SID, PID string

	dial      Dial
	transport transport
	http      *http.Client
	dialed    sync.Map // net.Conn -> struct{}: for Reset
	gone      atomic.Bool
	cancel    context.CancelFunc
	ctx       context.Context

	mu           sync.Mutex
	changed      chan struct{}
	packets      []string
	events       []Event
	acks         map[uint64]string
	nextAck      uint64
	connected    string // body of the CONNECT reply
	refused      string // body of CONNECT_ERROR
	disconnected bool   // a DISCONNECT packet came
	closed       error
	upgrading    chan struct{}
	readers      sync.WaitGroup
}

type transport interface {
	name() string
	send(ctx context.Context, packets ...string) error
	close()
}

// Connect opens the transport and joins the namespace. The CONNECT reply has
// come when it returns without an error.
func Connect(ctx context.Context, d Dial) (*Client, error) {
	c, err := OpenTransport(ctx, d)
	if err != nil {
		return nil, err
	}
	if err := c.Join(ctx); err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// OpenTransport opens the transport only.
func OpenTransport(ctx context.Context, d Dial) (*Client, error) {
	if d.EIO == "" {
		d.EIO = "4"
	}
	if d.Transport == "" {
		d.Transport = "websocket"
	}
	c := &Client{dial: d, changed: make(chan struct{}), acks: make(map[uint64]string)}
	c.ctx, c.cancel = context.WithCancel(context.Background())
	dialer := &net.Dialer{}
	c.http = &http.Client{Jar: d.Jar, Transport: &http.Transport{
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := dialer.DialContext(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			c.dialed.Store(conn, struct{}{})
			if c.gone.Load() {
				// Reset may have looked before this one was stored.
				reset(conn)
				return nil, ErrClosed
			}
			return conn, nil
		},
	}}
	ctx, cancel := context.WithTimeout(ctx, Patience)
	defer cancel()
	var err error
	if d.Transport == "polling" {
		err = c.openPolling(ctx)
	} else {
		err = c.openWebSocket(ctx)
	}
	if err != nil {
		c.Close()
		return nil, err
	}
	return c, nil
}

// Join sends CONNECT and waits for the answer.
func (c *Client) Join(ctx context.Context) error {
	packet := "40"
	if n := c.dial.Namespace; n != "" && n != "/" {
		packet += n + ","
	}
	if err := c.Send(ctx, packet+c.dial.Auth); err != nil {
		return err
	}
	err := c.wait(ctx, "CONNECT reply", func() bool { return c.connected != "" || c.refused != "" })
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.refused != "" {
		return fmt.Errorf("CONNECT_ERROR %s", c.refused)
	}
	var reply struct {
		SID string `json:"sid"`
		PID string `json:"pid"`
	}
	if err := json.Unmarshal([]byte(c.connected), &reply); err != nil {
		return fmt.Errorf("CONNECT reply %q: %w", c.connected, err)
	}
	c.SID, c.PID = reply.SID, reply.PID
	return nil
}

// Transport is "polling" or "websocket", now.
func (c *Client) Transport() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.transport.name()
}

// Dialed counts the connections that the client has dialed so far.
func (c *Client) Dialed() (n int) {
	c.dialed.Range(func(any, any) bool { n++; return true })
	return n
}

// Send sends Engine.IO packets as given.
func (c *Client) Send(ctx context.Context, packets ...string) error {
	for {
		c.mu.Lock()
		upgrading, t := c.upgrading, c.transport
		c.mu.Unlock()
		if upgrading == nil {
			return t.send(ctx, packets...)
		}
		select {
		case <-upgrading:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Emit sends an event; args are JSON.
func (c *Client) Emit(ctx context.Context, name string, args ...string) error {
	return c.Send(ctx, "42"+eventBody(name, args))
}

func eventBody(name string, args []string) string {
	quoted, _ := json.Marshal(name)
	return "[" + strings.Join(append([]string{string(quoted)}, args...), ",") + "]"
}

// EmitAck sends an event with an ack id and returns at once; Acked waits.
func (c *Client) EmitAck(ctx context.Context, name string, args ...string) (uint64, error) {
	c.mu.Lock()
	c.nextAck++
	id := c.nextAck
	c.mu.Unlock()
	return id, c.Send(ctx, "42"+strconv.FormatUint(id, 10)+eventBody(name, args))
}

// Acked waits for the ack and returns its argument array.
func (c *Client) Acked(ctx context.Context, id uint64) (string, error) {
	err := c.wait(ctx, "ack", func() bool { _, ok := c.acks[id]; return ok })
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.acks[id], err
}

// HasAck reports whether the ack has come.
func (c *Client) HasAck(id uint64) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.acks[id]
	return ok
}
