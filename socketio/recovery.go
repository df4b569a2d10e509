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
	SID       string // the socket's id; a Restore that has none leaves it to the server
	Rooms     []string
	Data      any // of Socket.SetData

	// Offset is that of the last packet which the client has; set by Restore. "" when the client named none: it got
	// no packet with an offset since its CONNECT.
	Offset string
}

// includes reports whether the session's socket was among those of the target.
func (s *Session) includes(t *Target) bool {
	in := func(name string) bool { return name == s.SID || slices.Contains(s.Rooms, name) }
	return (t.All || slices.ContainsFunc(t.Rooms, in)) && !slices.ContainsFunc(t.Except, in)
}

// LoggedPacket is an event packet that is kept for those who miss it.
type LoggedPacket struct {
	Target      Target // of no meaning when it is replayed
	Payload     []byte // as in Encoded, without the offset
	Attachments [][]byte

	// Offset and Mark are as in Broadcast.Logged and count when the packet is replayed: "" appends no offset, a
	// packet with mark 0 is always sent.
	Offset string
	Mark   uint64
}

// RecoveryStore keeps the packets of the last while and the sessions of clients that lost their connection. All
// methods are called by any number of goroutines.
//
// A client whose connection is lost comes back with the private id of its session and the offset of the last packet
// that it got, without one when none that it got had an offset. Packets that are volatile, coalesced or want an acknowledgement have no offset and are not replayed.
// A room that was joined shortly before the loss is replayed from the client's offset on, not from the join on.
type RecoveryStore interface {
	// Append keeps a packet and returns its offset, a JSON string's content without escapes. Offsets of a
	// namespace are ordered. It is called under the namespace's lock and must not wait for a network. The slices
	// of p belong to the caller once it returns. "" sends the packet without an offset: it is not replayed.
	Append(namespace string, p LoggedPacket) (offset string)
	// Save keeps the session of a connection that was lost.
	Save(s Session)
	// Restore takes out the session of a private id, so that of two clients one gets it. nil: unknown, too old, or
	// packets after the offset are gone. Offset is "" when the client named none: what it missed then began with
	// its CONNECT. A session whose socket is connected still, found by its SID, takes its place.
	Restore(ctx context.Context, namespace, pid, offset string) (*Session, error)
	// Missed returns the session's packets after its offset, in order, and the mark that the connection has with
	// them, 0 for none, as Socket.JoinWith; not whole when some are gone. It is called under the namespace's lock,
	// so that what it returns and what is emitted afterwards have no gap.
	Missed(namespace string, s *Session) (packets []LoggedPacket, mark uint64, whole bool)
}

// PIDs is a RecoveryStore that chooses the private ids.
type PIDs interface {
	// NewPID returns what the CONNECT reply gives as pid, the content of a JSON string without escapes; "" gives
	// none. It is asked under the namespace's lock when the socket's id is final, for recovered sockets as well. It
	// must not wait, nor call the Namespace, a Broadcast or what changes the rooms of a Socket. A pid must not be
	// guessable. The clients' socket.recovered is true only when the pid is the one that they offered; a store that
	// can go on with it returns it again, see Socket.Offered.
	NewPID(s *Socket) string
}

// restore takes up the session that the client asks for in its auth object, nil when there is none.
func (s *Socket) restore(ctx context.Context) *Session {
	o := &s.ns.server.options
	if o.Recovery == nil {
		return nil
	}
	pid, offset := s.Offered()
	if pid == "" {
		return nil
	}
	s.ns.byPID(pid).replaced()
	session, err := o.Recovery.Restore(ctx, s.ns.name, pid, offset)
	if err != nil {
		o.Logger.Warn("socketio: restore a session", "nsp", s.ns.name, "error", err)
		return nil
	}
	if session == nil {
		return nil
	}
	if session.SID == "" {
		session.SID = newID()
	}
	s.ns.Socket(session.SID).replaced()
	s.id, s.recovered = session.SID, true
	s.SetData(session.Data)
	return session
}

// replaced ends a socket, if any, whose client has come back: it knows that its old connection is dead before this
// side does.
func (s *Socket) replaced() {
	if s != nil {
		s.client.refuse(ReasonTransportClose, "the client has come back")
		s.end(ReasonTransportClose)
	}
}

// Offered returns what the client asked to recover with its CONNECT, also when that was refused: the private id of
// its former session and the offset of the last packet that it got, each "" when it named none. Like Auth it is
// there until the connect handlers have run.
func (s *Socket) Offered() (pid, offset string) {
	auth := s.Auth()
	if auth == nil {
		return "", ""
	}
	var asked struct {
		PID    string `json:"pid"`
		Offset string `json:"offset"`
	}
	if json.Unmarshal(auth, &asked) != nil {
		return "", ""
	}
	return asked.PID, asked.Offset
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

// withOffset returns the payload of an event with the offset as its last argument, "" for none.
func withOffset(payload []byte, offset string) []byte {
	if offset == "" {
		return payload
	}
	end := bytes.LastIndexByte(payload, ']')
	with := append(make([]byte, 0, len(payload)+len(offset)+3), payload[:end]...)
	with = append(with, `,"`...)
	with = append(with, offset...)
	return append(with, `"]`...)
}
