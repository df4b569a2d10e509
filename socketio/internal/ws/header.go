package ws

import "encoding/binary"

// header is that of one masked frame.
type header struct {
	op     Op
	fin    bool
	key    uint32
	length int64
}

const headerMax = 14 // of a masked frame

var (
	errReserved      = &Error{StatusProtocol, "reserved bits set"}
	errOpcode        = &Error{StatusProtocol, "unknown opcode"}
	errUnmasked      = &Error{StatusProtocol, "frame is not masked"}
	errControlSplit  = &Error{StatusProtocol, "fragmented control frame"}
	errControlLength = &Error{StatusProtocol, "control frame longer than 125 bytes"}
	errLength        = &Error{StatusProtocol, "frame length is not in its shortest form"}
)

// parseHeader returns the header at the beginning of b and its length, or zero
// when b holds only a part of one. What is wrong already is told early, and the
// length of the frame, -1 before, is given as soon as it is known.
func parseHeader(b []byte) (h header, n int, err error) {
	h.length = -1
	if len(b) == 0 {
		return h, 0, nil
	}
	h.op, h.fin = Op(b[0]&0x0F), b[0]&0x80 != 0
	switch {
	case b[0]&0x70 != 0:
		return h, 0, errReserved
	case h.op > Binary && h.op < Close || h.op > Pong:
		return h, 0, errOpcode
	case h.op.control() && !h.fin:
		return h, 0, errControlSplit
	case len(b) == 1:
		return h, 0, nil
	case b[1]&0x80 == 0:
		return h, 0, errUnmasked
	}
	h.length, n = int64(b[1]&0x7F), 2
	if h.op.control() && h.length > 125 {
		return h, 0, errControlLength
	}
	switch h.length {
	case 126:
		if len(b) < 4 {
			return header{length: -1}, 0, nil
		}
		h.length, n = int64(binary.BigEndian.Uint16(b[2:])), 4
		if h.length <= 125 {
			return h, 0, errLength
		}
	case 127:
		if len(b) < 10 {
			return header{length: -1}, 0, nil
		}
		h.length, n = int64(binary.BigEndian.Uint64(b[2:])), 10
		if h.length <= 0xFFFF {
			// Also catches the highest bit, which must be zero.
			return h, 0, errLength
		}
	}
	if len(b) < n+4 {
		return h, 0, nil
	}
	h.key = binary.LittleEndian.Uint32(b[n:])
	return h, n + 4, nil
}
