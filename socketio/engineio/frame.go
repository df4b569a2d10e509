package engineio

import (
	"encoding/base64"

	"github.com/relevo/relevo/socketio/internal/ws"
)

// Frame is one message to a client, encoded once: a WebSocket frame whose
// payload is at the same time the polling form. It is immutable and may be
// queued on any number of connections at once.
type Frame struct {
	wire   []byte // header and payload of the WebSocket frame
	head   uint8  // length of the header
	binary bool   // a binary message: base64 on polling
}

// Text returns the frame of a text message: the message packet's data WITHOUT
// the leading '4'. The message is copied.
func Text(message []byte) *Frame {
	wire := make([]byte, 0, ws.HeaderMax+1+len(message))
	wire = ws.AppendHeader(wire, ws.Text, 1+len(message))
	head := uint8(len(wire))
	wire = append(wire, packetMessage)
	return &Frame{wire: append(wire, message...), head: head}
}

// Binary returns the frame of a binary message, which is copied.
func Binary(message []byte) *Frame {
	wire := make([]byte, 0, ws.HeaderMax+len(message))
	wire = ws.AppendHeader(wire, ws.Binary, len(message))
	head := uint8(len(wire))
	return &Frame{wire: append(wire, message...), head: head, binary: true}
}

// Len returns the length of the frame on a WebSocket, in bytes.
func (f *Frame) Len() int { return len(f.wire) }

// packetFrame returns the frame of an engine packet such as "2" or "3probe".
func packetFrame(packet string) *Frame {
	wire := ws.AppendHeader(nil, ws.Text, len(packet))
	return &Frame{head: uint8(len(wire)), wire: append(wire, packet...)}
}

// controlFrame returns a WebSocket control frame; polling has no form of it.
func controlFrame(op ws.Op, payload []byte) *Frame {
	wire := ws.AppendHeader(nil, op, len(payload))
	return &Frame{head: uint8(len(wire)), wire: append(wire, payload...)}
}

// appendPoll appends the polling form, after a separator unless dst is empty.
func (f *Frame) appendPoll(dst []byte) []byte {
	dst = appendPayloadSeparator(dst)
	if !f.binary {
		return append(dst, f.wire[f.head:]...)
	}
	dst = append(dst, payloadBinary)
	return base64.StdEncoding.AppendEncode(dst, f.wire[f.head:])
}

// The frames of the engine itself.
var (
	framePing  = packetFrame("2")
	frameProbe = packetFrame("3probe")
)
