package socketio

import (
	"encoding/json"
	"errors"
	"fmt"
)

// Errors that callers may compare with errors.Is.
var (
	// ErrNotConnected: the socket is not connected yet, or not any more. An emit that fails with it was not sent.
	ErrNotConnected = errors.New("socketio: the socket is not connected")
	// ErrNotSent: the packet was dropped. Either the transport could not take a volatile packet now, or its
	// queue overflowed and the connection is being closed.
	ErrNotSent = errors.New("socketio: the packet was not sent")
	// ErrReservedName: the protocol keeps the name for itself (connect, connect_error, disconnect,
	// disconnecting, newListener, removeListener).
	ErrReservedName = errors.New("socketio: reserved event name")
	// ErrNoAck: the client did not ask for an acknowledgement, or it has been given already.
	ErrNoAck = errors.New("socketio: no acknowledgement is wanted")
	// ErrBadAnswer: the client answered with something that is not an acknowledgement.
	ErrBadAnswer = errors.New("socketio: malformed acknowledgement")
	// ErrServerClosed: the server was closed.
	ErrServerClosed = errors.New("socketio: server closed")
)

// ConnectError is what a middleware returns to choose what the client's connect_error event carries.
// Any other error of a middleware is told as its Error() text without data.
type ConnectError struct {
	Message string
	Data    any // anything that encoding/json takes; nil leaves the field out
}

// Error returns the message.
func (e *ConnectError) Error() string { return e.Message }

// payload renders the body of the CONNECT_ERROR packet.
func connectErrorPayload(err error) []byte {
	var body struct {
		Message string `json:"message"`
		Data    any    `json:"data,omitempty"`
	}
	body.Message = err.Error()
	var refusal *ConnectError
	if errors.As(err, &refusal) {
		body.Message, body.Data = refusal.Message, refusal.Data
	}
	raw, err := json.Marshal(body)
	if err != nil {
		// The data does not encode; the client still has to learn that it was refused.
		raw, _ = json.Marshal(map[string]string{"message": body.Message})
	}
	return raw
}

// checkName refuses names that a client would not deliver.
func checkName(name string) error {
	if isReservedEvent([]byte(name)) {
		return fmt.Errorf("%w: %q", ErrReservedName, name)
	}
	return nil
}
