package events

import "strconv"

// The rooms that are not about one user, role or client (contract 1.3).
const (
	// RoomAuthenticated holds every signed-in socket.
	RoomAuthenticated = "authenticated"
	// RoomPublic holds every socket, anonymous ones included. Only events that the
	// table marks public go there.
	RoomPublic = "public"
	// RoomEmergencies holds the push sockets that may hear of emergencies without a
	// session, by a policy that says so. No Socket.IO socket is ever in it.
	RoomEmergencies = "emergencias"
	// RoomConsole holds the sockets that watch through the admin console. They ask for
	// it (console_watch); no door addresses it, and a change of role takes them out.
	RoomConsole = "console"
)

// RoomRole is the room of a role, by its stored value.
func RoomRole(role string) string { return "role_" + role }

// RoomUser is the room of all sockets of one user.
func RoomUser(id int64) string { return userRoom + strconv.FormatInt(id, 10) }

const userRoom = "user_"

// RoomClient is the room of those who watch one client, by document number.
func RoomClient(dni string) string { return "client_" + dni }
