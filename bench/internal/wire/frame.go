package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
)

var errEOF = fmt.Errorf("closed by the server: %w", io.EOF)

const (
	opText  = 1
	opClose = 8
	opPing  = 9
	opPong  = 10
	// No server of this benchmark has reason to send more in one frame.
	maxFrame = 16 << 20
)

// appendFrame appends a masked frame of a client (RFC 6455 section 5.2).
func appendFrame(dst []byte, op byte, payload []byte) []byte {
	dst = append(dst, 0x80|op)
	switch n := len(payload); {
	case n < 126:
		dst = append(dst, 0x80|byte(n))
	case n < 1<<16:
		dst = append(dst, 0x80|126)
		dst = binary.BigEndian.AppendUint16(dst, uint16(n))
	default:
		dst = append(dst, 0x80|127)
		dst = binary.BigEndian.AppendUint64(dst, uint64(n))
	}
	var mask [4]byte
	binary.LittleEndian.PutUint32(mask[:], rand.Uint32())
	dst = append(dst, mask[:]...)
	for i, b := range payload {
		dst = append(dst, b^mask[i&3])
	}
	return dst
}

// nextFrame takes one frame of a server off data. rest equals data when it does not
// hold a whole frame yet; the payload is a part of data.
func nextFrame(data []byte) (op byte, payload, rest []byte, err error) {
	if len(data) < 2 {
		return 0, nil, data, nil
	}
	if data[0]&0xf0 != 0x80 {
		return 0, nil, nil, errors.New("fragment or extension bits in a server's frame")
	}
	if data[1]&0x80 != 0 {
		return 0, nil, nil, errors.New("server's frame is masked")
	}
	op = data[0] & 0x0f
	size, head := uint64(data[1]), 2
	switch size {
	case 126:
		if len(data) < 4 {
			return 0, nil, data, nil
		}
		size, head = uint64(binary.BigEndian.Uint16(data[2:])), 4
	case 127:
		if len(data) < 10 {
			return 0, nil, data, nil
		}
		size, head = binary.BigEndian.Uint64(data[2:]), 10
	}
	if size > maxFrame {
		return 0, nil, nil, fmt.Errorf("server's frame of %d bytes", size)
	}
	end := head + int(size)
	if len(data) < end {
		return 0, nil, data, nil
	}
	return op, data[head:end], data[end:], nil
}
