// Package ws is the server side of RFC 6455 without any I/O of its own: the
// opening handshake, a reader that is fed with bytes as they arrive and holds
// nothing between messages, and the building of frames. Extensions, and so
// permessage-deflate, are never agreed on.
package ws

import (
	"encoding/binary"
	"unicode/utf8"
)

// Op is the opcode of a frame (RFC 6455 section 5.2).
type Op byte

// The opcodes.
const (
	Continuation Op = 0x0
	Text         Op = 0x1
	Binary       Op = 0x2
	Close        Op = 0x8
	Ping         Op = 0x9
	Pong         Op = 0xA
)

func (o Op) control() bool { return o&0x8 != 0 }

// The status codes that this package and its users give (RFC 6455 section 7.4).
const (
	StatusNormal      uint16 = 1000
	StatusGoingAway   uint16 = 1001
	StatusProtocol    uint16 = 1002
	StatusUnsupported uint16 = 1003
	StatusNone        uint16 = 1005 // a close frame without a code; never sent
	StatusInvalidData uint16 = 1007
	StatusPolicy      uint16 = 1008
	StatusTooBig      uint16 = 1009
	StatusInternal    uint16 = 1011
)

// Error is a violation by the peer and the status that its connection is closed with.
type Error struct {
	Status uint16
	Text   string
}

// Error implements error.
func (e *Error) Error() string { return "websocket: " + e.Text }

// HeaderMax is the length of the longest header of an unmasked frame.
const HeaderMax = 10

// AppendHeader appends the header of an unmasked, final frame.
func AppendHeader(dst []byte, op Op, length int) []byte {
	dst = append(dst, 0x80|byte(op))
	switch {
	case length <= 125:
		return append(dst, byte(length))
	case length <= 0xFFFF:
		return binary.BigEndian.AppendUint16(append(dst, 126), uint16(length))
	}
	return binary.BigEndian.AppendUint64(append(dst, 127), uint64(length))
}

// AppendClose appends a close frame; the text is cut to what a control frame takes.
func AppendClose(dst []byte, status uint16, text string) []byte {
	if status == StatusNone {
		return AppendHeader(dst, Close, 0)
	}
	for len(text) > 123 || !utf8.ValidString(text) {
		text = text[:min(len(text)-1, 123)]
	}
	dst = AppendHeader(dst, Close, 2+len(text))
	return append(binary.BigEndian.AppendUint16(dst, status), text...)
}

var (
	errCloseLength = &Error{StatusProtocol, "close frame of one byte"}
	errCloseStatus = &Error{StatusProtocol, "close status not allowed"}
	errCloseText   = &Error{StatusInvalidData, "close reason is not UTF-8"}
)

// ParseClose returns the status of a received close frame's payload, StatusNone
// when it has none (RFC 6455 sections 5.5.1 and 7.4).
func ParseClose(payload []byte) (status uint16, err error) {
	switch len(payload) {
	case 0:
		return StatusNone, nil
	case 1:
		return 0, errCloseLength
	}
	status = binary.BigEndian.Uint16(payload)
	switch {
	case status < 1000 || status >= 5000,
		status >= 1015 && status < 3000,
		status == 1004, status == 1005, status == 1006:
		return 0, errCloseStatus
	case !utf8.Valid(payload[2:]):
		return 0, errCloseText
	}
	return status, nil
}
