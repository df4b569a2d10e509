package live

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"
	"sync/atomic"

	"github.com/zishang520/engine.io/v2/events"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io-go-parser/v2/parser"
)

var errPacket = errors.New("malformed or unexpected packet")

// zishangParser gives the library its own encoder and our decoder.
type zishangParser struct{}

func (zishangParser) NewEncoder() parser.Encoder { return parser.NewEncoder() }

func (zishangParser) NewDecoder() parser.Decoder {
	return &zishangDecoder{EventEmitter: events.New(), mail: newMailbox()}
}

// zishangDecoder reads the packets of one connection. The library starts a
// goroutine per event, which loses their order, and asserts types that a client
// chooses, which ends the process on the frame "42"; therefore events go from
// here straight to the socket's mailbox and the library sees only CONNECT and
// DISCONNECT. Add is called by one goroutine at a time.
type zishangDecoder struct {
	events.EventEmitter
	mail  *mailbox
	owner atomic.Pointer[zishangSocket]
	asked bool
}

// inboundEvent is an EVENT packet. A nil ack means that none was asked for.
type inboundEvent struct {
	name string
	args []json.RawMessage
	ack  *uint64
}

// Destroy implements parser.Decoder.
func (d *zishangDecoder) Destroy() { d.mail.close() }

// Add implements parser.Decoder. An error closes the connection.
func (d *zishangDecoder) Add(data any) error {
	text, ok := data.(*types.StringBuffer)
	if !ok {
		return errPacket // binary: the contract has none (section 1.1)
	}
	raw, err := io.ReadAll(text)
	if err != nil || len(raw) == 0 {
		return errPacket
	}
	kind, namespace, rest := parser.PacketType(raw[0]), "/", raw[1:]
	if len(rest) > 0 && rest[0] == '/' {
		name, after, _ := bytes.Cut(rest, []byte{','})
		namespace, rest = string(name), after
	}
	switch kind {
	case parser.CONNECT:
		return d.connect(namespace)
	case parser.DISCONNECT:
		if namespace != "/" || !d.asked {
			return errPacket
		}
		// In turn: the library does not know the socket yet when it sends the
		// CONNECT reply, and takes a quick DISCONNECT for an error.
		d.mail.put(func() { d.Emit("decoded", &parser.Packet{Type: kind, Nsp: namespace}) })
		return nil
	case parser.EVENT:
		return d.event(namespace, rest)
	case parser.ACK:
		return nil // no server emit asks for one (section 1.6)
	}
	return errPacket
}

// connect lets the library answer. What the client sends as auth is ignored
// (section 1.2), so its place carries the decoder to the connection listener.
func (d *zishangDecoder) connect(namespace string) error {
	if namespace == "/" {
		if d.asked {
			return errPacket
		}
		d.asked = true
	}
	d.Emit("decoded", &parser.Packet{Type: parser.CONNECT, Nsp: namespace, Data: d})
	return nil
}

func (d *zishangDecoder) event(namespace string, rest []byte) error {
	if namespace != "/" || !d.asked {
		return errPacket
	}
	event, err := decodeEvent(rest)
	if err != nil {
		return err
	}
	// Before the connection listener has run the mailbox only collects, so the
	// owner is known when the job runs.
	d.mail.put(func() {
		if s := d.owner.Load(); s != nil && !s.revoked.Load() {
			s.event(event)
		}
	})
	return nil
}

// decodeEvent reads what follows packet type and namespace: an optional ack id
// and a JSON array that begins with the event's name.
func decodeEvent(rest []byte) (inboundEvent, error) {
	var event inboundEvent
	digits := 0
	for digits < len(rest) && rest[digits] >= '0' && rest[digits] <= '9' {
		digits++
	}
	if digits > 0 {
		id, err := strconv.ParseUint(string(rest[:digits]), 10, 64)
		if err != nil {
			return event, errPacket
		}
		event.ack = &id
	}
	var items []json.RawMessage
	if json.Unmarshal(rest[digits:], &items) != nil || len(items) == 0 {
		return event, errPacket
	}
	// null and numbers decode into no string, but null does so silently.
	if items[0][0] != '"' || json.Unmarshal(items[0], &event.name) != nil {
		return event, errPacket
	}
	switch event.name {
	case "connect", "connect_error", "disconnect", "disconnecting":
		return event, errPacket
	}
	event.args = items[1:]
	return event, nil
}
