package socketio

import (
	"encoding/json"
	"fmt"
	"sync/atomic"

	"github.com/relevo/relevo/socketio/engineio"
)

// Event is one event of a client. It may be kept after its handler has returned.
type Event struct {
	// Socket is whose event it is.
	Socket *Socket
	// Name is the event's name; a client may also use a number, which is spelled as JavaScript does.
	Name string
	// Args are the arguments as the client sent them. Binary ones are placeholders, see Bind and Bytes.
	Args []json.RawMessage
	// Attachments are the binary parts, in the order of their placeholders. nil when there are none.
	Attachments [][]byte

	id    int64 // of the acknowledgement, noID without
	size  int   // bytes that it holds of the inbox
	next  *Event
	acked atomic.Bool
}

func newEvent(s *Socket, id int64, args []json.RawMessage, attachments [][]byte, size int) *Event {
	return &Event{
		Socket: s, Name: string(eventName(args[0])), Args: args[1:], Attachments: attachments, id: id, size: size,
	}
}

// Bind decodes the arguments into the given pointers, in order, as encoding/json does. Binary data goes into a
// []byte, wherever in the argument it stands. Arguments without a pointer are ignored; a pointer without an
// argument stays as it is.
func (e *Event) Bind(into ...any) error { return bind(e.Args, e.Attachments, into) }

// Bytes returns argument i when it is binary data as a whole. It is false for any other argument and for none.
func (e *Event) Bytes(i int) ([]byte, bool) {
	if i < 0 || i >= len(e.Args) {
		return nil, false
	}
	return attachmentOf(e.Args[i], e.Attachments)
}

// WantsAck reports whether the client waits for an acknowledgement that has not been given.
func (e *Event) WantsAck() bool { return e.id != noID && !e.acked.Load() }

// Ack answers the client, once, now or later and from any goroutine. []byte arguments travel as binary. The error
// is ErrNoAck, ErrNotConnected, ErrNotSent or one of encoding.
func (e *Event) Ack(args ...any) error {
	if !e.WantsAck() {
		return ErrNoAck
	}
	data, attachments, err := extractBinary(args)
	if err != nil {
		return fmt.Errorf("socketio: acknowledge %q: %w", e.Name, err)
	}
	if !e.acked.CompareAndSwap(false, true) {
		return ErrNoAck
	}
	p := packet{kind: packetAck, nsp: e.Socket.ns.name, id: e.id, data: data, attachments: len(attachments)}
	if len(attachments) > 0 {
		p.kind = packetBinaryAck
	}
	return e.Socket.send(engineio.SendOptions{}, p, attachments)
}

// bind decodes arguments into pointers.
func bind(args []json.RawMessage, attachments [][]byte, into []any) error {
	if len(attachments) > 0 {
		var err error
		if args, err = resolve(args, attachments); err != nil {
			return err
		}
	}
	for i, target := range into {
		if i == len(args) {
			return nil
		}
		if err := json.Unmarshal(args[i], target); err != nil {
			return fmt.Errorf("socketio: argument %d: %w", i+1, err)
		}
	}
	return nil
}
