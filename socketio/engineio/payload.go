package engineio

import (
	"bytes"
	"encoding/base64"
	"unicode/utf8"
)

// The first characters of Engine.IO packets (Engine.IO protocol 4, "Packet types").
const (
	packetOpen    = '0'
	packetClose   = '1'
	packetPing    = '2'
	packetPong    = '3'
	packetMessage = '4'
	packetUpgrade = '5'
	packetNoop    = '6'
)

const (
	payloadSeparator = '\x1e' // between the packets of one polling body
	payloadBinary    = 'b'    // before the base64 of a binary message in a polling body
)

// payloadError says why a packet or a polling body was refused.
type payloadError string

func (e payloadError) Error() string { return "engineio: " + string(e) }

const (
	errPacketType     = payloadError("unknown packet type")
	errPayloadBase64  = payloadError("invalid base64")
	errPayloadUTF8    = payloadError("invalid UTF-8")
	errPayloadPackets = payloadError("too many packets in one body")
)

// parsePacket splits the text of one packet into its type and its data, a slice of text. UTF-8 is not
// checked.
func parsePacket(text []byte) (kind byte, data []byte, err error) {
	if len(text) == 0 || text[0] < packetOpen || text[0] > packetNoop {
		return 0, nil, errPacketType
	}
	return text[0], text[1:], nil
}

// splitPayload calls each for every packet of a polling body in order. A binary message comes as
// packetMessage with binary set; its base64 is decoded in place, so that body is overwritten and data is
// a slice of it: nothing is allocated. A body with more than limit packets, with invalid UTF-8 or with a
// bad packet is refused, the first two before the first call. An error of each ends the walk and is returned.
func splitPayload(body []byte, limit int, each func(kind byte, binary bool, data []byte) error) error {
	if bytes.Count(body, []byte{payloadSeparator}) >= limit {
		return errPayloadPackets
	}
	if !utf8.Valid(body) {
		return errPayloadUTF8
	}
	for more := true; more; {
		text := body
		at := bytes.IndexByte(body, payloadSeparator)
		if more = at >= 0; more {
			text, body = body[:at:at], body[at+1:]
		}
		var err error
		if len(text) > 0 && text[0] == payloadBinary {
			var data []byte
			if data, err = decodeBinary(text[1:]); err == nil {
				err = each(packetMessage, true, data)
			}
		} else {
			var kind byte
			var data []byte
			if kind, data, err = parsePacket(text); err == nil {
				err = each(kind, false, data)
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// strictBase64 is the standard alphabet with padding and without stray bits.
var strictBase64 = base64.StdEncoding.Strict()

// decodeBinary decodes base64 over itself.
func decodeBinary(text []byte) ([]byte, error) {
	// The decoder of the standard library skips line breaks; a body has no room for them.
	if bytes.IndexByte(text, '\n') >= 0 || bytes.IndexByte(text, '\r') >= 0 {
		return nil, errPayloadBase64
	}
	n, err := strictBase64.Decode(text, text)
	if err != nil {
		return nil, errPayloadBase64
	}
	return text[:n], nil
}

// appendPayloadText appends a packet to a polling body, after a separator unless dst is empty.
func appendPayloadText(dst []byte, kind byte, data []byte) []byte {
	dst = appendPayloadSeparator(dst)
	dst = append(dst, kind)
	return append(dst, data...)
}

// appendPayloadBinary appends a binary message to a polling body, after a separator unless dst is empty.
func appendPayloadBinary(dst, message []byte) []byte {
	dst = appendPayloadSeparator(dst)
	dst = append(dst, payloadBinary)
	return base64.StdEncoding.AppendEncode(dst, message)
}

func appendPayloadSeparator(dst []byte) []byte {
	if len(dst) == 0 {
		return dst
	}
	return append(dst, payloadSeparator)
}
