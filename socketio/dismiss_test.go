package socketio_test

import (
	"encoding/json"
	"errors"
	"testing"

	"github.com/relevo/relevo/socketio"
)

// Dismiss takes all sockets of the client out; the event is the last, and DISCONNECT follows for who is to stay away.
func TestDismiss(t *testing.T) {
	for name, tc := range map[string]struct {
		away   bool
		event  string
		want   []string
		reason socketio.Reason
		err    error
	}{
		"away":     {true, "over", []string{`42["over",1]`, "41", "41/other,"}, socketio.ReasonServerDisconnect, nil},
		"back":     {false, "over", []string{`42["over",1]`}, socketio.ReasonForcedClose, nil},
		"no event": {true, "", []string{"41", "41/other,"}, socketio.ReasonServerDisconnect, nil},
		"reserved": {false, "connect", nil, socketio.ReasonForcedClose, socketio.ErrReservedName},
	} {
		t.Run(name, func(t *testing.T) {
			srv, url := serve(t, socketio.Options{})
			reasons := make(chan socketio.Reason, 2)
			ended := func(_ *socketio.Socket, r socketio.Reason) { reasons <- r }
			srv.Of("/").OnDisconnect(ended)
			srv.Of("/other").OnDisconnect(ended)
			w, id := join(t, url, "/", "")
			w.join("/other", "")
			s := srv.Of("/").Socket(id)
			if err := s.Dismiss(tc.away, tc.event, json.RawMessage("1")); !errors.Is(err, tc.err) {
				t.Errorf("error %v, want %v", err, tc.err)
			}
			if n := srv.Of("/").Count() + srv.Of("/other").Count(); n != 0 {
				t.Errorf("%d sockets are left", n)
			}
			w.want(tc.want...)
			w.wantClosed()
			for range 2 {
				if got := take(t, "reason", reasons); got != tc.reason {
					t.Errorf("reason %q, want %q", got, tc.reason)
				}
			}
		})
	}
}
