package api

import (
	"context"

	"github.com/relevo/relevo/models"
)

// callPlaces is how many people a call has: the requester and one operator
// (emergencies contract 1.3).
const callPlaces = 2

// CallRoom is a call that is going on.
type CallRoom struct {
	Name         string
	Participants int
}

// Calls is the service of voice and video calls in which an operator speaks with who
// requests an ambulance. Tokens are made here; the rest asks the service and has code
// Unavailable when that does not answer.
type Calls interface {
	// URL is where clients connect.
	URL() string
	// Token lets identity, shown as name, into the room until it expires.
	Token(room, identity, name string) (string, error)
	// Open makes the room, for callPlaces people. Making it again is no error.
	Open(ctx context.Context, room string) error
	// Participants is how many people are in the room; 0 when there is no such room.
	Participants(ctx context.Context, room string) (int, error)
	// Rooms lists the rooms that are open.
	Rooms(ctx context.Context) ([]CallRoom, error)
}

// errNoCalls says that no call service is configured.
func errNoCalls() error {
	return models.Errorf(models.Unavailable, "El servicio de llamadas no está configurado")
}
