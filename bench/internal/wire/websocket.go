package wire

import (
	"bytes"
	"errors"
	"fmt"
)

// The key need not be random: no cache stands between the generator and its servers.
const (
	upgradeKey    = "dGhlIHNhbXBsZSBub25jZQ=="
	upgradeAccept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
)

// wsLink is the WebSocket transport of a client.
type wsLink struct {
	client *Client
	conn   *conn
	rest   []byte // the beginning of a frame, or of the answer to the upgrade
}

func (w *wsLink) connected() {
	t := w.client.target
	cookie := ""
	if t.Cookie != "" {
		cookie = "Cookie: " + t.Cookie + "\r\n"
	}
	w.conn.write([]byte("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" +
		"Host: " + t.Address.String() + "\r\n" +
		"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n" +
		"Sec-WebSocket-Key: " + upgradeKey + "\r\n" + cookie + "\r\n"))
	w.client.reach(StageDialled)
}

func (w *wsLink) received(data []byte) {
	if len(w.rest) > 0 {
		w.rest = append(w.rest, data...)
		data = w.rest
	}
	if w.client.Stage < StageUpgraded {
		end := bytes.Index(data, []byte("\r\n\r\n"))
		if end < 0 {
			w.keep(data)
			return
		}
		if err := checkUpgrade(data[:end]); err != nil {
			w.client.failed(err)
			return
		}
		data = data[end+4:]
		if !w.client.reach(StageUpgraded) {
			return
		}
		if w.client.target.Plain && !w.client.reach(StageReady) {
			return
		}
	}
	for {
		op, payload, rest, err := nextFrame(data)
		if err != nil {
			w.client.failed(err)
			return
		}
		if len(rest) == len(data) {
			w.keep(data)
			return
		}
		data = rest
		switch op {
		case opText:
			w.client.packet(payload)
		case opPing:
			w.conn.write(appendFrame(nil, opPong, payload))
		case opClose:
			w.client.failed(fmt.Errorf("close frame %x", payload))
		}
		if w.client.Stage == StageClosed {
			return
		}
	}
}

// keep copies what is left for the next time; an idle link holds nothing.
func (w *wsLink) keep(data []byte) {
	if len(data) == 0 {
		w.rest = nil
		return
	}
	w.rest = append(w.rest[:0], data...)
}

func checkUpgrade(head []byte) error {
	if !bytes.HasPrefix(head, []byte("HTTP/1.1 101 ")) {
		return fmt.Errorf("upgrade answered with %.60q", head)
	}
	if !bytes.Contains(head, []byte(upgradeAccept)) {
		return errors.New("upgrade without the right Sec-WebSocket-Accept")
	}
	return nil
}

func (w *wsLink) gone(err error) { w.client.failed(err) }

func (w *wsLink) send(packet []byte) { w.conn.write(appendFrame(nil, opText, packet)) }

func (w *wsLink) close() {
	if w.conn != nil {
		w.conn.close()
	}
}

func (w *wsLink) reset()        { w.conn.reset() }
func (w *wsLink) pause(on bool) { w.conn.pause(on) }
