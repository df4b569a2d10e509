// Package live holds what sockets need: who may join which room, the Socket.IO
// engines behind one small interface, and later the push WebSocket.
package live

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/relevo/relevo/middleware"
)

// Message is one event on its way to sockets. It is sent once to the union of
// Rooms less the members of Except: a socket in several rooms gets one copy.
type Message struct {
	// Rooms is the audience. Empty means nobody, never everybody.
	Rooms []string
	// Except names rooms whose members get no copy.
	Except []string
	// Name is the event's name on the wire.
	Name string
	// Payload is the single argument, encoded. Engines must not change it and
	// may share the bytes between sockets.
	Payload json.RawMessage
	// Latest marks a message of which only the newest counts for a slow socket.
	Latest bool
	// Entity is what a Latest message is about, where each of several things has a
	// newest one. Push sockets only.
	Entity string
	// Mark is the ordinal of an event of the log, 0 for everything else. Marks grow
	// from message to message, and a socket gets a message with a mark once.
	Mark uint64
	// Offset goes with a Mark: where a client stands that has this event.
	Offset string
}

// Engine is a Socket.IO v4 server. ServeHTTP serves the Engine.IO path. All
// methods may be called concurrently.
type Engine interface {
	http.Handler
	// Send delivers to the sockets of this process. It never blocks on a peer
	// and never fails because of one.
	Send(Message) error
	// MoveUser makes all sockets of the user leave and join rooms.
	MoveUser(userID int64, leave, join []string)
	// DropUser ends all sockets of the user. With revoke a Socket.IO DISCONNECT
	// is sent first, after which clients stay away; without it only the
	// transport closes and clients come back by themselves.
	DropUser(userID int64, revoke bool)
	// EndRooms ends all sockets of the sessions that the rooms name (events.RoomSession,
	// events.RoomRemembered). When it returns none of them is sent anything but the
	// ending, which comes last. Rooms without sockets are no error.
	EndRooms(rooms []string, e Ending)
	// EachSpeaker visits who each socket of a session speaks for, with the role as it
	// is now, in no order. visit must not call the engine.
	EachSpeaker(visit func(middleware.Identity))
	// Stats counts the sockets of this process as they are now.
	Stats() []SocketCount
	// UsersOnline counts the signed-in users with a socket on this process, by role.
	UsersOnline() map[string]int
	// EachSocket visits every open socket as it is now, without its rooms, in no order.
	// visit must not call the engine.
	EachSocket(visit func(SocketState))
	// SocketState is one open socket with its rooms; false when there is none of the sid.
	SocketState(sid string) (SocketState, bool)
	// DropSocket ends one socket, with revoke as in DropUser; false when there is none of
	// the sid.
	DropSocket(sid string, revoke bool) bool
	// Members counts the sockets in the room.
	Members(room string) int
	// Drain closes all transports without DISCONNECT, so that clients come back
	// elsewhere, refuses new ones, and returns when all are gone or ctx ends.
	Drain(ctx context.Context) error
}

// Ending is the end of sessions as their sockets hear it.
type Ending struct {
	// Name and Payload are the last event; with an empty name there is none.
	Name    string
	Payload json.RawMessage
	// Back lets clients come back by themselves: no DISCONNECT is sent.
	Back bool
}

// SocketCount is the number of open sockets of one kind.
type SocketCount struct {
	Transport string // "polling" or "websocket"
	Role      string // empty for anonymous sockets
	Sockets   int
}

// socketTally adds sockets up by kind, with Sockets zero in the keys. Nil cannot be added to.
type socketTally map[SocketCount]int

func (t socketTally) add(transport, role string) {
	t[SocketCount{Transport: transport, Role: role}]++
}

func (t socketTally) counts() []SocketCount {
	out := make([]SocketCount, 0, len(t))
	for kind, n := range t {
		kind.Sockets = n
		out = append(out, kind)
	}
	return out
}

// Socket is one connected client of the root namespace as the Handler sees it.
type Socket interface {
	// ID is the Socket.IO sid.
	ID() string
	// Identity is who the handshake request spoke for.
	Identity() middleware.Identity
	// Transport is "polling" or "websocket", now.
	Transport() string
	// Enter puts a new socket into its first rooms and greets it, name "" with
	// nothing. What it missed while it was away follows the greeting. It returns the
	// client rooms that the socket is in again. It is called once, in Connected.
	Enter(rooms []string, greeting string, payload json.RawMessage) (again []string)
	// Role is the role whose room it is in now, empty for none.
	Role() string
	// Join puts it into rooms. Client rooms are remembered for a client that comes back.
	Join(rooms ...string)
	Leave(rooms ...string)
	// Emit sends to this socket only, in order with everything else sent to it.
	Emit(name string, payload json.RawMessage)
	// Close ends the transport, without DISCONNECT, when what was sent is written; the
	// client may come back by itself.
	Close(reason string)
}

// Handler is what an engine calls. Calls for one socket come one after the
// other; calls for different sockets may be concurrent. A panic in a Handler
// ends the packet that caused it and nothing else.
type Handler interface {
	// Authorize decides on a handshake and on each later polling request. An
	// error refuses it before anything is upgraded.
	Authorize(r *http.Request) (middleware.Identity, error)
	// SessionOver reports whether the session that the identity came from is known to
	// have ended.
	SessionOver(ctx context.Context, id middleware.Identity) bool
	// MayRejoin reports whether a socket of the identity that comes back may be in
	// this client room again.
	MayRejoin(ctx context.Context, id middleware.Identity, room string) bool
	// Connected runs after the CONNECT reply was queued.
	Connected(s Socket)
	// Event handles one inbound event and reports whether an ack that the
	// client asked for shall be answered (with no arguments).
	Event(s Socket, name string, args []json.RawMessage) (ack bool)
	// Disconnected runs once per Connected, with the reason in Socket.IO words.
	Disconnected(s Socket, reason string)
}
