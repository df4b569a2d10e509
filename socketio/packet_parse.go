package socketio

import (
	"encoding/json"
	"unicode/utf8"
)

// parsePacket reads the text of one packet, the leading '4' of Engine.IO removed. It is strict: what it
// accepts is exactly
//
//	type [attachments "-"] [namespace ","] [id] [payload]
//
// with a payload that suits the type and is JSON to its end (RFC 8259, UTF-8). The comma may be missing
// only where the namespace ends the text, as the official parser has it. An accepted packet of a binary
// type refers to each of its attachments exactly once. Its data is a slice of text; nothing is allocated
// but the name of a namespace other than "/".
func parsePacket(text []byte, limits packetLimits) (packet, error) {
	limits = limits.orDefault()
	p, rest, err := parseHead(text, limits)
	if err != nil {
		return packet{}, err
	}
	if p.data, err = checkPayload(p, rest, limits, nil); err != nil {
		return packet{}, err
	}
	return p, nil
}

// parsePacketArgs is parsePacket that in the same pass appends the elements of the array of an event or
// acknowledgement to dst, the name of the event first. The elements are slices of text. After an error
// the returned slice is dst.
func parsePacketArgs(dst []json.RawMessage, text []byte, limits packetLimits) (packet, []json.RawMessage, error) {
	limits = limits.orDefault()
	p, rest, err := parseHead(text, limits)
	if err != nil {
		return packet{}, dst, err
	}
	args := dst
	if p.data, err = checkPayload(p, rest, limits, &args); err != nil {
		return packet{}, dst, err
	}
	return p, args, nil
}

// parseHead reads everything before the payload and returns what is left.
func parseHead(text []byte, limits packetLimits) (packet, []byte, error) {
	if len(text) == 0 || text[0] < '0' || text[0] > '6' {
		return packet{}, nil, errPacketType
	}
	p := packet{kind: packetType(text[0] - '0'), nsp: "/", id: noID}
	rest := text[1:]
	if p.kind.binary() {
		n, used := leadingInteger(rest)
		if used == 0 || used == len(rest) || rest[used] != '-' || rest[0] == '0' || n > int64(limits.attachments) {
			return packet{}, nil, errAttachmentCount
		}
		p.attachments = int(n)
		rest = rest[used+1:]
	}
	if len(rest) > 0 && rest[0] == '/' {
		used, err := namespaceLength(rest, limits.namespaceBytes)
		if err != nil {
			return packet{}, nil, err
		}
		if used > 1 {
			p.nsp = string(rest[:used])
		}
		rest = rest[min(used+1, len(rest)):]
	}
	if len(rest) > 0 && isDigit(rest[0]) {
		id, used := leadingInteger(rest)
		if used == 0 {
			return packet{}, nil, errPacketID
		}
		p.id, rest = id, rest[used:]
	}
	switch p.kind {
	case packetAck, packetBinaryAck:
		if p.id == noID {
			return packet{}, nil, errPacketID
		}
	case packetConnect, packetDisconnect, packetConnectError:
		if p.id != noID {
			return packet{}, nil, errPacketID
		}
	}
	return p, rest, nil
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

// leadingInteger reads the digits that b starts with. used is 0 when there are none, when there are more
// than 16, or when JavaScript could not hold the number exactly.
func leadingInteger(b []byte) (n int64, used int) {
	for used < len(b) && isDigit(b[used]) {
		if used == 16 {
			return 0, 0
		}
		n = n*10 + int64(b[used]-'0')
		used++
	}
	if n > maxSafeInteger {
		return 0, 0
	}
	return n, used
}

// namespaceLength returns how long the namespace is that b starts with. It ends at a comma or with b.
func namespaceLength(b []byte, limit int) (int, error) {
	n := 0
	for n < len(b) && b[n] != ',' {
		if n == limit || b[n] < ' ' || b[n] == 0x7f {
			return 0, errNamespace
		}
		n++
	}
	if !utf8.Valid(b[:n]) {
		return 0, errNamespace
	}
	return n, nil
}

// checkPayload holds the payload against the rules of the official parser's isPayloadValid, and beyond
// them refuses packets that lack a payload that they need. It returns the payload without white space
// after it. The elements of an array are appended to *args unless args is nil.
func checkPayload(p packet, data []byte, limits packetLimits, args *[]json.RawMessage) ([]byte, error) {
	if len(data) == 0 {
		if p.kind == packetConnect || p.kind == packetDisconnect {
			return nil, nil
		}
		return nil, errPayload
	}
	if !utf8.Valid(data) {
		return nil, errUTF8
	}
	first := data[0]
	switch p.kind {
	case packetConnect:
		if first != '{' {
			return nil, errPayload
		}
	case packetConnectError:
		if first != '{' && first != '"' {
			return nil, errPayload
		}
	case packetEvent, packetAck, packetBinaryEvent, packetBinaryAck:
		if first != '[' {
			return nil, errPayload
		}
		return checkArray(p, data, limits, args)
	default:
		return nil, errPayload
	}
	end, err := skipValue(data, 0, limits.depth)
	if err != nil {
		return nil, err
	}
	if skipSpace(data, end) != len(data) {
		return nil, errJSON
	}
	return data[:end], nil
}

// checkArray checks the payload of an event or acknowledgement, known to be UTF-8.
func checkArray(p packet, data []byte, limits packetLimits, args *[]json.RawMessage) ([]byte, error) {
	name, end, err := scanArgs(data, limits, args)
	if err != nil {
		return nil, err
	}
	if p.kind == packetEvent || p.kind == packetBinaryEvent {
		if err := checkEventName(name); err != nil {
			return nil, err
		}
	}
	if p.kind.binary() {
		if err := checkPlaceholders(data[:end], p.attachments); err != nil {
			return nil, err
		}
	}
	return data[:end], nil
}
