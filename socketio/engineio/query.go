package engineio

import (
	"net/url"
	"strings"
)

// query is what the engine reads of a URL; the first value of a name counts.
type query struct {
	eio, transport, sid string
	t                   string // differs from request to request of a client
	hasSID, jsonp       bool
}

// parseQuery makes no map of it: every poll comes this way.
func parseQuery(raw string) (q query) {
	var seenEIO, seenTransport bool
	for pair := range strings.SplitSeq(raw, "&") {
		name, value, _ := strings.Cut(pair, "=")
		if strings.IndexByte(value, '%') >= 0 {
			decoded, err := url.QueryUnescape(value)
			if err != nil {
				continue
			}
			value = decoded
		}
		switch name {
		case "EIO":
			if !seenEIO {
				q.eio, seenEIO = value, true
			}
		case "transport":
			if !seenTransport {
				q.transport, seenTransport = value, true
			}
		case "sid":
			if !q.hasSID {
				q.sid, q.hasSID = value, true
			}
		case "t":
			q.t = value
		case "j":
			q.jsonp = true
		}
	}
	return q
}
