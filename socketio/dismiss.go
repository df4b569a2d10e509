package socketio

import (
	"encoding/json"

	"github.com/relevo/relevo/socketio/engineio"
)

// Dismiss takes the client out at once and closes its whole connection; the event is
// the last that it gets, and what is queued and has not begun to be written is dropped.
// name "" sends none. With away a DISCONNECT packet follows, which keeps the client
// from coming back by itself, and the reason is that of Disconnect; otherwise the
// reason is "forced close". The error is one of encoding; the client is out all the same.
func (s *Socket) Dismiss(away bool, name string, args ...json.RawMessage) error {
	reason := engineio.ReasonForcedClose
	if away {
		reason = ReasonServerDisconnect
	}
	var last []*engineio.Frame
	var failed error
	if name != "" {
		data, err := encodeRaw(nil, name, args)
		if failed = err; err == nil {
			last = s.ns.frames(noID, data, nil)
		}
	}
	c := s.client
	c.because(reason)
	for _, each := range c.all() {
		if each.end(reason) && away {
			last = append(last, textFrame(packet{kind: packetDisconnect, nsp: each.ns.name, id: noID}))
		}
	}
	c.conn.Dismiss(reason, last...)
	return failed
}
