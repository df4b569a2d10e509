package ws

import (
	"crypto/sha1"
	"encoding/base64"
	"net/http"
	"strings"
)

// Handshake returns the answer to an opening handshake, complete with the empty
// line, or false when the request is none (RFC 6455 section 4.2.1). Origin is
// the caller's business.
func Handshake(r *http.Request) (answer []byte, ok bool) {
	key := r.Header.Get("Sec-WebSocket-Key")
	switch {
	case r.Method != http.MethodGet || !r.ProtoAtLeast(1, 1) || r.ProtoMajor != 1,
		!hasToken(r.Header["Connection"], "upgrade"),
		!hasToken(r.Header["Upgrade"], "websocket"),
		r.Header.Get("Sec-WebSocket-Version") != "13",
		len(r.Header["Sec-Websocket-Key"]) != 1:
		return nil, false
	}
	if nonce, err := base64.StdEncoding.DecodeString(key); err != nil || len(nonce) != 16 {
		return nil, false
	}
	answer = append(answer, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "...)
	sum := sha1.Sum([]byte(key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
	answer = base64.StdEncoding.AppendEncode(answer, sum[:])
	return append(answer, "\r\n\r\n"...), true
}

// hasToken reports whether a comma-separated header holds the token.
func hasToken(values []string, token string) bool {
	for _, value := range values {
		for part := range strings.SplitSeq(value, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}
