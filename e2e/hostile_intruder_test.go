package e2e

import (
	"bufio"
	order "encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var addresses atomic.Int64

// elsewhere is an address of the loopback network that nobody has used yet: no limit
// of one address stands between an attack and what it is about.
func elsewhere() string {
	n := addresses.Add(1)
	return fmt.Sprintf("127.%d.%d.%d", 32+byte(n>>14)%64, byte(n>>7)%128, 1+byte(n)%128)
}

// dialerFrom dials with an own address.
func dialerFrom(address string) *net.Dialer {
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(address)}, Timeout: patience}
}

// clientFrom is a browser without cookies at an address.
func (p *process) clientFrom(address string) *http.Client {
	transport := &http.Transport{DialContext: dialerFrom(address).DialContext}
	p.t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: patience, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// intruder is a connection whose every byte is the test's own.
type intruder struct {
	p    *process
	conn *net.TCPConn
	in   *bufio.Reader
}

// call opens a connection from an address of its own.
func (p *process) call() (*intruder, error) { return p.callFrom(elsewhere()) }

func (p *process) callFrom(address string) (*intruder, error) {
	conn, err := dialerFrom(address).Dial("tcp", p.host())
	if err != nil {
		return nil, err
	}
	i := &intruder{p: p, conn: conn.(*net.TCPConn), in: bufio.NewReader(conn)}
	p.t.Cleanup(i.close)
	return i, conn.SetDeadline(time.Now().Add(4 * patience))
}

func (p *process) host() string { return strings.TrimPrefix(p.url, "http://") }

const openWebSocket = "/socket.io/?EIO=4&transport=websocket"

// upgrade asks for a WebSocket and reads the HTTP answer only.
func (i *intruder) upgrade(path, cookie string) error {
	header := "GET " + path + " HTTP/1.1\r\nHost: " + i.p.host() + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
	if cookie != "" {
		header += "Cookie: " + cookie + "\r\n"
	}
	if _, err := io.WriteString(i.conn, header+"\r\n"); err != nil {
		return err
	}
	resp, err := http.ReadResponse(i.in, nil)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSwitchingProtocols {
		return errors.New(resp.Status)
	}
	return nil
}

// join upgrades and joins the namespace; it reads until the CONNECT reply.
func (i *intruder) join(cookie string) error {
	if err := i.upgrade(openWebSocket, cookie); err != nil {
		return err
	}
	if err := i.write(frame(0x81, "40")); err != nil {
		return err
	}
	for {
		packet, err := i.read()
		if err != nil || strings.HasPrefix(packet, "40") {
			return err
		}
	}
}

// intruder joins with a cookie; an empty one is nobody's.
func (p *process) intruder(cookie string) *intruder {
	p.t.Helper()
	i, err := p.call()
	if err == nil {
		err = i.join(cookie)
	}
	if err != nil {
		p.t.Fatalf("intruder: %v", err)
	}
	return i
}

// intruders are many of them, with the cookies in turn.
func (p *process) intruders(n int, cookies ...string) []*intruder {
	p.t.Helper()
	out := make([]*intruder, n)
	var all sync.WaitGroup
	for part := range 8 {
		all.Go(func() {
			for k := part; k < n; k += 8 {
				i, err := p.call()
				if err == nil {
					err = i.join(cookies[k%len(cookies)])
				}
				if err != nil {
					p.t.Errorf("intruder %d: %v", k, err)
					return
				}
				out[k] = i
			}
		})
	}
	all.Wait()
	if p.t.Failed() {
		p.t.FailNow()
	}
	return out
}

func (i *intruder) write(b []byte) error { _, err := i.conn.Write(b); return err }

// read returns the payload of the next frame.
func (i *intruder) read() (string, error) {
	head := make([]byte, 2)
	if _, err := io.ReadFull(i.in, head); err != nil {
		return "", err
	}
	length := uint64(head[1] & 0x7f)
	long := map[uint64]int{126: 2, 127: 8}[length]
	if long > 0 {
		digits := make([]byte, 8)
		if _, err := io.ReadFull(i.in, digits[8-long:]); err != nil {
			return "", err
		}
		length = order.BigEndian.Uint64(digits)
	}
	payload := make([]byte, length)
	_, err := io.ReadFull(i.in, payload)
	return string(payload), err
}

// gone reads until the server ends the connection.
func (i *intruder) gone() error {
	_, err := io.Copy(io.Discard, i.in)
	var late net.Error
	if errors.As(err, &late) && late.Timeout() {
		return errors.New("the connection stays")
	}
	return nil
}

// reset makes the kernel send RST.
func (i *intruder) reset() {
	_ = i.conn.SetLinger(0)
	_ = i.conn.Close()
}

func (i *intruder) close() { _ = i.conn.Close() }

// frame is a masked frame, with a mask of zeros; first is its first byte.
func frame(first byte, payload string) []byte {
	out := []byte{first}
	switch n := len(payload); {
	case n < 126:
		out = append(out, 0x80|byte(n))
	case n < 1<<16:
		out = order.BigEndian.AppendUint16(append(out, 0x80|126), uint16(n))
	default:
		out = order.BigEndian.AppendUint64(append(out, 0x80|127), uint64(n))
	}
	return append(append(out, 0, 0, 0, 0), payload...)
}
