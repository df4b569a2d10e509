package live

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/relevo/relevo/socketio/engineio"
)

// pushServer is the transport of push sockets: the connections of the native engine
// without its protocol, so that a silent push socket costs what a silent Socket.IO
// client costs.
type pushServer struct{ server *engineio.Server }

func newPushServer(p *Push) *pushServer {
	c := &p.config
	o := engineio.Options{
		Plain:        true,
		PingInterval: c.PingInterval,
		PingTimeout:  time.Duration(c.Missed) * c.PingInterval,
		MaxPayload:   c.MaxMessage,
		WriteTimeout: c.WriteTimeout,
		CoalesceFrom: coalesceFrom,
		// Counted in Places.
		MaxConnsPerAddress: -1,
		Logger:             quietLogger(c.Log),
	}
	if c.Places != nil {
		o.Admit, o.MaxConns = p.place, -1
	}
	return &pushServer{engineio.New(func(c *engineio.Conn, r *http.Request) engineio.Session {
		s := p.enter(pushLine{c}, pushArrivalOf(r))
		if s == nil {
			return nil
		}
		return (*pushSession)(s)
	}, o)}
}

// place is the library's Admit.
func (p *Push) place(r *http.Request) (release func(), err error) {
	release, err = p.config.Places.Take(r, pushArrivalOf(r).identity.UserID)
	var none *noPlaceError
	if errors.As(err, &none) {
		p.counts.refuse(FailureFull)
		f := none.refusal()
		return nil, &engineio.Refusal{Status: f.status, Code: f.code, Message: f.message, RetryAfter: f.wait}
	}
	return release, err
}

func (s *pushServer) drain(ctx context.Context) error {
	if err := s.server.Drain(ctx); err != nil {
		return fmt.Errorf("drain push sockets: %w", err)
	}
	if err := s.server.Close(); err != nil {
		return fmt.Errorf("drain push sockets: %w", err)
	}
	return nil
}

// pushFrame is a message that is encoded.
type pushFrame struct{ frame *engineio.Frame }

func newPushFrame(body []byte) pushFrame { return pushFrame{engineio.PlainText(body)} }

// pushLine is the connection of a push socket.
type pushLine struct{ conn *engineio.Conn }

// send queues frames, which stay together; false: the connection is over.
func (l pushLine) send(frames ...pushFrame) bool {
	out := make([]*engineio.Frame, len(frames))
	for i, f := range frames {
		out[i] = f.frame
	}
	return l.conn.Send(engineio.SendOptions{}, out...)
}

// close ends the connection when what was sent is written.
func (l pushLine) close(reason string) { l.conn.CloseAfterFlush(engineio.Reason(reason)) }

// pushBatch collects messages for many sockets.
type pushBatch struct{ batch *engineio.Batch }

func (s *pushServer) batch() pushBatch { return pushBatch{s.server.Batch()} }

func (b pushBatch) add(l pushLine, m *pushMessage) bool {
	return b.batch.Add(l.conn, engineio.SendOptions{Coalesce: m.key}, m.frame.frame)
}

func (b pushBatch) flush() { b.batch.Flush() }

// pushSession is a push socket as its connection sees it.
type pushSession pushSocket

// Message implements engineio.Session: nothing that a client says matters
// (emergencies contract 4.3).
func (s *pushSession) Message(data []byte, binary bool) { (*pushSocket)(s).heard(data, binary) }

// Idle implements engineio.Session.
func (s *pushSession) Idle() {}

// Closed implements engineio.Session.
func (s *pushSession) Closed(reason engineio.Reason) { (*pushSocket)(s).left(string(reason)) }
