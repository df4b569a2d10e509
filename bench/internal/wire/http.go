package wire

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// httpConn is one keep-alive HTTP/1.1 connection with one request at a time. It dials
// when a request needs it.
type httpConn struct {
	loop    *Loop
	target  Target
	kind    string                        // content type of bodies
	header  string                        // further header lines, each with its end
	dialled func()                        // nil: nobody asks
	failed  func(err error)               // the connection cannot be used any more
	answer  func(status int, body []byte) // to the request under way; valid during the call
	conn    *conn
	pending []byte // a request that waits for the dial
	busy    bool
	in      []byte
}

func (h *httpConn) request(method, path string, body []byte) {
	t := h.target
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s HTTP/1.1\r\nHost: %s\r\n", method, path, t.Address)
	if t.Cookie != "" {
		fmt.Fprintf(&b, "Cookie: %s\r\n", t.Cookie)
	}
	b.WriteString(h.header)
	if method == "POST" {
		fmt.Fprintf(&b, "Content-Type: %s\r\nContent-Length: %d\r\n", h.kind, len(body))
	}
	b.WriteString("\r\n")
	b.Write(body)
	h.busy = true
	if h.conn != nil {
		h.conn.write([]byte(b.String()))
		return
	}
	h.pending = []byte(b.String())
	conn, err := h.loop.dial(t.Address, t.Buffer, h)
	if err != nil {
		h.failed(err)
		return
	}
	h.conn = conn
}

func (h *httpConn) connected() {
	h.conn.write(h.pending)
	h.pending = nil
	if h.dialled != nil {
		h.dialled()
	}
}

func (h *httpConn) received(data []byte) {
	h.in = append(h.in, data...)
	status, body, size, last, err := parseAnswer(h.in)
	if err != nil {
		h.failed(err)
		return
	}
	if size == 0 {
		return
	}
	if size != len(h.in) || !h.busy {
		h.failed(errors.New("answer without a request"))
		return
	}
	in := h.in
	h.in, h.busy = nil, false
	if last {
		h.conn.close()
		h.conn = nil
	}
	h.answer(status, body)
	if h.in == nil {
		h.in = in[:0]
	}
}

// gone is no fault between two requests: servers close idle connections.
func (h *httpConn) gone(err error) {
	h.conn = nil
	if h.busy {
		h.failed(err)
	}
}

func (h *httpConn) close() {
	if h.conn != nil {
		h.conn.close()
	}
}

func (h *httpConn) reset() {
	if h.conn != nil {
		h.conn.reset()
	}
}

// parseAnswer returns status and body of a whole answer and its size with head, zero when
// data does not hold all of it yet; last says that the server will close.
func parseAnswer(data []byte) (status int, body []byte, size int, last bool, err error) {
	end := bytes.Index(data, []byte("\r\n\r\n"))
	if end < 0 {
		return 0, nil, 0, false, nil
	}
	lines := strings.Split(string(data[:end]), "\r\n")
	if _, err := fmt.Sscanf(lines[0], "HTTP/1.1 %d", &status); err != nil {
		return 0, nil, 0, false, fmt.Errorf("answered with %.60q", lines[0])
	}
	length, chunked := -1, false
	for _, line := range lines[1:] {
		name, value, _ := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch strings.ToLower(name) {
		case "content-length":
			if length, err = strconv.Atoi(value); err != nil {
				return 0, nil, 0, false, fmt.Errorf("content length: %w", err)
			}
		case "transfer-encoding":
			chunked = strings.EqualFold(value, "chunked")
		case "connection":
			last = strings.EqualFold(value, "close")
		}
	}
	rest := data[end+4:]
	if chunked {
		body, n, err := dechunk(rest)
		if err != nil || n == 0 {
			return 0, nil, 0, false, err
		}
		return status, body, end + 4 + n, last, nil
	}
	if length < 0 {
		return 0, nil, 0, false, errors.New("answer without a length")
	}
	if len(rest) < length {
		return 0, nil, 0, false, nil
	}
	return status, rest[:length], end + 4 + length, last, nil
}

// dechunk decodes a whole chunked body without trailers; n is zero when it is not all
// there.
func dechunk(data []byte) (body []byte, n int, err error) {
	for {
		at := bytes.Index(data[n:], []byte("\r\n"))
		if at < 0 {
			return nil, 0, nil
		}
		size, err := strconv.ParseUint(string(data[n:n+at]), 16, 24)
		if err != nil {
			return nil, 0, fmt.Errorf("chunk: %w", err)
		}
		n += at + 2
		if len(data) < n+int(size)+2 {
			return nil, 0, nil
		}
		body = append(body, data[n:n+int(size)]...)
		n += int(size) + 2
		if size == 0 {
			return body, n, nil
		}
	}
}
