package engineio

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
)

var (
	gzipWriters = sync.Pool{New: func() any { w, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed); return w }}
	zlibWriters = sync.Pool{New: func() any { w, _ := zlib.NewWriterLevel(nil, zlib.BestSpeed); return w }}
)

// acceptedEncoding returns "gzip", "deflate" or nothing.
func acceptedEncoding(h http.Header) string {
	deflate := false
	for _, value := range h["Accept-Encoding"] {
		for part := range strings.SplitSeq(value, ",") {
			name, parameters, _ := strings.Cut(part, ";")
			if refused(parameters) {
				continue
			}
			switch strings.ToLower(strings.TrimSpace(name)) {
			case "gzip":
				return "gzip"
			case "deflate":
				deflate = true
			}
		}
	}
	if deflate {
		return "deflate"
	}
	return ""
}

// refused reports whether the parameters give the quality zero.
func refused(parameters string) bool {
	q, found := strings.CutPrefix(strings.TrimSpace(parameters), "q=")
	if !found {
		return false
	}
	quality, err := strconv.ParseFloat(q, 64)
	return err != nil || quality == 0
}

// compress appends the encoded body to dst; "deflate" is the zlib format (RFC
// 9110 section 8.4.1.2).
func compress(encoding string, dst, body []byte) []byte {
	out := bytes.NewBuffer(dst)
	type encoder interface {
		io.WriteCloser
		Reset(io.Writer)
	}
	pool := &gzipWriters
	if encoding == "deflate" {
		pool = &zlibWriters
	}
	w := pool.Get().(encoder)
	w.Reset(out)
	_, _ = w.Write(body) // to memory
	_ = w.Close()
	w.Reset(nil)
	pool.Put(w)
	return out.Bytes()
}
