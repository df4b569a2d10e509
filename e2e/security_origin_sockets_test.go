package e2e

import (
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/relevo/relevo/server/live/livetest"
)

func (o originTrial) polling() string {
	resp := o.send("GET", "/socket.io/?EIO=4&transport=polling", "")
	return o.socket("polling", o.origin == "" || resp.Header.Get("Access-Control-Allow-Origin") == o.origin)
}

func (o originTrial) webSocket() string { return o.socket("websocket", true) }

// socket connects and tells as whom.
func (o originTrial) socket(transport string, readable bool) string {
	o.t.Helper()
	s, err := livetest.Connect(soon(o.t), livetest.Dial{URL: o.p.url, Transport: transport, Header: o.header()})
	var no *livetest.Refused
	if errors.As(err, &no) {
		if no.Status != 400 {
			return fmt.Sprintf("refused with %d", no.Status)
		}
		return refused
	}
	if err != nil {
		o.t.Fatalf("%s, Origin %q: %v", transport, o.origin, err)
	}
	defer s.Close()
	if err := s.Barrier(soon(o.t)); err != nil {
		o.t.Fatal(err)
	}
	switch {
	case !slices.Contains(s.Names(), "connection_established"):
		return asNobody
	case readable:
		return asUser
	}
	return asUserUnread
}

// joinPolling sends to a session that the user's own page has opened.
func (o originTrial) joinPolling() string {
	o.t.Helper()
	own, err := livetest.Connect(soon(o.t), livetest.Dial{URL: o.p.url, Transport: "polling", Header: http.Header{"Cookie": {o.max.cookie()}}})
	if err != nil {
		o.t.Fatal(err)
	}
	defer own.Close()
	return o.outcome(o.send("POST", "/socket.io/?EIO=4&transport=polling&sid="+own.Open.SID, `42["dashboard_refresh",{}]`, "Content-Type", "text/plain;charset=UTF-8"))
}

// push opens a push socket, and tells whether it hears the request that is open.
func (o originTrial) push() string {
	o.t.Helper()
	o.p.counts(0)
	s, err := dialPush(o.t, "a page of "+o.origin, o.p.url+pushPath, o.header())
	if err != nil {
		if refusal(err) != http.StatusForbidden {
			return err.Error()
		}
		return refused
	}
	defer func() { _ = s.conn.CloseNow() }()
	s.barrier()
	if o.p.metric(`relevo_push_sockets{state="listening"}`) == "0" {
		s.mute()
		return mute
	}
	s.hears(1)
	return asUser
}
