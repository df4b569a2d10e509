package engineio

import (
	"encoding/base64"
	"encoding/binary"
)

// Frame is one message to a client, encoded once: a WebSocket frame whose
// payload is at the same time the polling form. It is immutable and may be
// queued on any number of connections at once.
type Frame struct {
	wire   []byte // header and payload of the WebSocket frame
	head   uint8  // length of the header
	binary bool   // a binary message: base64 on polling
	only   uint8  // transports it makes sense on
}

// Where a frame of the engine itself belongs: a close frame has no polling form.
const (
	onBoth uint8 = iota
	onWebSocketOnly
	onPollingOnly
)

const (
	opText   = 0x1
	opBinary = 0x2
	opClose  = 0x8
	opPong   = 0xA
)

// Text returns the frame of a text message: the message packet's data WITHOUT
// the leading '4'. The message is copied.
func Text(message []byte) *Frame {
	wire := make([]byte, 0, frameHeaderMax+1+len(message))
	wire = appendFrameHeader(wire, opText, 1+len(message))
	head := uint8(len(wire))
	wire = append(wire, '4')
	wire = append(wire, message...)
	return &Frame{wire: wire, head: head}
}

// Binary returns the frame of a binary message, which is copied.
func Binary(message []byte) *Frame {
	wire := make([]byte, 0, frameHeaderMax+len(message))
	wire = appendFrameHeader(wire, opBinary, len(message))
	head := uint8(len(wire))
	wire = append(wire, message...)
	return &Frame{wire: wire, head: head, binary: true}
}

// Len returns the length of the frame on a WebSocket, in bytes.
func (f *Frame) Len() int { return len(f.wire) }

// packetFrame returns the frame of an engine packet such as "2" or "3probe".
func packetFrame(packet string) *Frame {
	wire := appendFrameHeader(nil, opText, len(packet))
	return &Frame{head: uint8(len(wire)), wire: append(wire, packet...)}
}

// controlFrame returns a WebSocket control frame; it has no polling form.
func controlFrame(op byte, payload []byte) *Frame {
	wire := appendFrameHeader(nil, op, len(payload))
	return &Frame{head: uint8(len(wire)), wire: append(wire, payload...), only: onWebSocketOnly}
}

// appendPoll appends the polling form.
func (f *Frame) appendPoll(dst []byte) []byte {
	payload := f.wire[f.head:]
	if !f.binary {
		return append(dst, payload...)
	}
	dst = append(dst, 'b')
	return base64.StdEncoding.AppendEncode(dst, payload)
}

const frameHeaderMax = 10

func appendFrameHeader(dst []byte, op byte, length int) []byte {
	dst = append(dst, 0x80|op)
	switch {
	case length <= 125:
		return append(dst, byte(length))
	case length <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, 127), uint64(length))
}
