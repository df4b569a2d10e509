package socketio

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
)

// Session is what a client that lost its connection takes up again.
type Session struct {
	Namespace string
	PID       string // private id: whoever knows it is the client
	SID       string // the socket's id
	Rooms     []string
	Data      any // of Socket.SetData

	// Offset is that of the last packet which the client has; set by Restore.
	Offset string
}

// includes reports whether the session's socket was among those of the target.
func (s *Session) includes(t *Target) bool {
	in := func(name string) bool { return name == s.SID || slices.Contains(s.Rooms, name) }
	return (t.All || slices.ContainsFunc(t.Rooms, in)) && !slices.ContainsFunc(t.Except, in)
}

// LoggedPacket is an event packet that is kept for those who miss it.
type LoggedPacket struct {
	Target      Target
	Payload     []byte // as in Encoded; without the offset when it is appended, with it when it is replayed
	Attachments [][]byte
}

// RecoveryStore keeps the packets of the last while and the sessions of clients that lost their connection. All
// methods are called by any number of goroutines.
//
// A client whose connection is lost comes back with the private id of its session and the offset of the last packet
// that it got. Packets that are volatile, coalesced or want an acknowledgement have no offset and are not replayed.
// A room that was joined shortly before the loss is replayed from the client's offset on, not from the join on.
type RecoveryStore interface {
	// Append keeps a packet and returns its offset, a JSON string's content without escapes. Offsets of a
	// namespace are ordered. It is called under the namespace's lock and must not wait for a network. The slices
	// of p belong to the caller once it returns.
	Append(namespace string, p LoggedPacket) (offset string)
	// Save keeps the session of a connection that was lost.
	Save(s Session)
	// Restore takes out the session of a private id, so that of two clients one gets it. nil: unknown, too old, or
	// packets after the offset are gone.
	Restore(ctx context.Context, namespace, pid, offset string) (*Session, error)
	// Missed returns the session's packets after its offset, in order; false when some are gone. It is called
	// under the namespace's lock, so that what it returns and what is emitted afterwards have no gap.
	Missed(namespace string, s *Session) ([]LoggedPacket, bool)
}

// restore takes up the session that the client asks for in its auth object, nil when there is none.
func (s *Socket) restore(ctx context.Context) *Session {
	o := &s.ns.server.options
	auth := s.Auth()
	if o.Recovery == nil || auth == nil {
		return nil
	}
	var asked struct {
		PID    string `json:"pid"`
		Offset string `json:"offset"`
	}
	if json.Unmarshal(auth, &asked) != nil || asked.PID == "" || asked.Offset == "" {
		return nil
	}
	if old := s.ns.byPID(asked.PID); old != nil {
		// The client knows that its old connection is dead before this side does.
		old.client.refuse(ReasonTransportClose, "the client has come back")
		old.end(ReasonTransportClose)
	}
	session, err := o.Recovery.Restore(ctx, s.ns.name, asked.PID, asked.Offset)
	if err != nil {
		o.Logger.Warn("socketio: restore a session", "nsp", s.ns.name, "error", err)
		return nil
	}
	if session == nil {
		return nil
	}
	s.id, s.recovered = session.SID, true
	s.SetData(session.Data)
	return session
}

// reauthorize asks the application whether the session may go on.
func (s *Socket) reauthorize(ctx context.Context, session *Session) *Session {
	ask := s.ns.server.options.Reauthorize
	if session == nil || ask == nil {
		return session
	}
	err := errPanicked
	s.guard(func() { err = ask(ctx, s, session) })
	if err == nil {
		return session
	}
	s.id, s.recovered = newID(), false
	return nil
}

// giveBack keeps a session for a client that went away while it was being restored. A refused one is lost.
func (s *Socket) giveBack(session *Session) {
	if session == nil {
		return
	}
	s.mu.Lock()
	lost := s.ending != nil && recoverable(s.ending.reason)
	s.mu.Unlock()
	if lost {
		s.ns.server.options.Recovery.Save(*session)
	}
}

// save keeps the session of a socket that has lost its connection.
func (s *Socket) save(rooms []string, reason Reason) {
	store := s.ns.server.options.Recovery
	if store == nil || !recoverable(reason) {
		return
	}
	store.Save(Session{Namespace: s.ns.name, PID: s.pid, SID: s.id, Rooms: rooms, Data: s.Data()})
}

// withOffset returns the payload of an event with the offset as its last argument.
func withOffset(payload []byte, offset string) []byte {
	end := bytes.LastIndexByte(payload, ']')
	with := append(make([]byte, 0, len(payload)+len(offset)+3), payload[:end]...)
	with = append(with, `,"`...)
	with = append(with, offset...)
	return append(with, `"]`...)
}
