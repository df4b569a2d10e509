package socketio

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"

	"github.com/relevo/relevo/socketio/engineio"
)

// scratch holds buffers for texts that are copied before they are given back.
var scratch = sync.Pool{New: func() any { b := make([]byte, 0, 1024); return &b }}

// maxScratch keeps the buffer of a rare large packet from staying in the pool.
const maxScratch = 64 << 10

func putScratch(b *[]byte, used []byte) {
	if cap(used) <= maxScratch {
		*b = used[:0]
		scratch.Put(b)
	}
}

// Emit sends an event to this client. []byte arguments, also inside maps and slices, travel as binary; everything
// else is encoded as encoding/json does. It never waits: the error is ErrNotConnected, ErrNotSent,
// ErrReservedName or one of encoding.
func (s *Socket) Emit(name string, args ...any) error {
	data, attachments, err := encode(name, args)
	if err != nil {
		return err
	}
	return s.emit(data, attachments)
}

// EmitRaw is Emit with arguments that are JSON already and are not checked.
func (s *Socket) EmitRaw(name string, args ...json.RawMessage) error {
	b := scratch.Get().(*[]byte)
	data, err := encodeRaw((*b)[:0], name, args)
	if err == nil {
		err = s.emit(data, nil)
	}
	putScratch(b, data)
	return err
}

// Volatile makes emits to this client that are dropped when the transport cannot take them now.
func (s *Socket) Volatile() Broadcast { return s.ns.To(s.id).Volatile() }

// Latest makes emits to this client of which only the newest with the same key counts, see Broadcast.Latest.
func (s *Socket) Latest(key string) Broadcast { return s.ns.To(s.id).Latest(key) }

// Broadcast means every socket of the namespace but this one.
func (s *Socket) Broadcast() Broadcast { return s.ns.All().Except(s.id) }

// To means the sockets of the rooms without this one. Without a room it means nobody.
func (s *Socket) To(rooms ...string) Broadcast { return s.ns.To(rooms...).Except(s.id) }

func (s *Socket) emit(data []byte, attachments [][]byte) error {
	if !s.isConnected() {
		return ErrNotConnected
	}
	if s.ns.server.options.Recovery != nil {
		// What goes to one client is replayed to it as well, so it takes the way of the room of its id.
		s.ns.To(s.id).broadcast(data, attachments)
		return nil
	}
	return s.send(engineio.SendOptions{}, eventPacket(s.ns.name, noID, data, attachments), attachments)
}

// EmitWithAck sends an event and waits for the client's acknowledgement, until ctx ends or the socket does. A
// handler of the same socket may call it.
func (s *Socket) EmitWithAck(ctx context.Context, name string, args ...any) (Answer, error) {
	data, attachments, err := encode(name, args)
	if err != nil {
		return Answer{}, err
	}
	w := &singleWaiter{done: make(chan Answer, 1)}
	id := s.ns.ackIDs.Add(1)
	if !s.await(id, w) {
		return Answer{}, ErrNotConnected
	}
	if err := s.send(engineio.SendOptions{}, eventPacket(s.ns.name, id, data, attachments), attachments); err != nil {
		s.unawait(id)
		return Answer{}, err
	}
	select {
	case answer, ok := <-w.done:
		if !ok {
			return Answer{}, ErrNotConnected
		}
		return answer, nil
	case <-ctx.Done():
		s.unawait(id)
		return Answer{}, fmt.Errorf("socketio: acknowledgement of %q: %w", name, ctx.Err())
	}
}

// send encodes and queues one packet of a connected socket.
func (s *Socket) send(o engineio.SendOptions, p packet, attachments [][]byte) error {
	if !s.isConnected() {
		return ErrNotConnected
	}
	sent := false
	if len(attachments) == 0 {
		sent = s.conn.Send(o, textFrame(p))
	} else {
		sent = s.conn.Send(o, framesOf(p, attachments)...)
	}
	if !sent {
		return ErrNotSent
	}
	return nil
}

// textFrame returns the frame of a packet without its attachments.
func textFrame(p packet) *engineio.Frame {
	b := scratch.Get().(*[]byte)
	text := appendPacket((*b)[:0], p)
	frame := engineio.Text(text)
	putScratch(b, text)
	return frame
}

// frames returns the frames of an event of this namespace. Nothing given is kept.
func (ns *Namespace) frames(id int64, payload []byte, attachments [][]byte) []*engineio.Frame {
	return framesOf(eventPacket(ns.name, id, payload, attachments), attachments)
}

// framesOf returns the frames of one packet.
func framesOf(p packet, attachments [][]byte) []*engineio.Frame {
	frames := make([]*engineio.Frame, 1, 1+len(attachments))
	frames[0] = textFrame(p)
	for _, a := range attachments {
		frames = append(frames, engineio.Binary(a))
	}
	return frames
}

func eventPacket(nsp string, id int64, data []byte, attachments [][]byte) packet {
	p := packet{kind: packetEvent, nsp: nsp, id: id, data: data, attachments: len(attachments)}
	if len(attachments) > 0 {
		p.kind = packetBinaryEvent
	}
	return p
}

// encode renders the payload of an event.
func encode(name string, args []any) ([]byte, [][]byte, error) {
	if err := checkName(name); err != nil {
		return nil, nil, err
	}
	data, attachments, err := encodeEvent(name, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("socketio: emit %q: %w", name, err)
	}
	return data, attachments, nil
}

// encodeRaw renders the payload of an event whose arguments are JSON already.
func encodeRaw(dst []byte, name string, args []json.RawMessage) ([]byte, error) {
	if err := checkName(name); err != nil {
		return dst, err
	}
	data, err := appendRawArgs(dst, name, args...)
	if err != nil {
		return data, fmt.Errorf("socketio: emit %q: %w", name, err)
	}
	return data, nil
}
