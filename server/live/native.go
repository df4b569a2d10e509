package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// coalesceFrom is how many frames a socket may be behind before it gets only the
// newest of the latest class. A polling page is a few behind between two polls.
const coalesceFrom = 32

// Native is the Engine on package socketio. The library does transports,
// packets, rooms and the order of calls; what is here is who a socket speaks
// for, and when that ends.
type Native struct {
	handler Handler
	options Options
	door    door
	server  *socketio.Server
	root    *socketio.Namespace
	users   userSockets[*nativeSocket]
	bound   boundSockets[*nativeSocket]
	replay  *Replay      // nil without
	admin   *nativeAdmin // nil without

	sent atomic.Uint64 // ordinal of the latest event of the log that was handed to the connections

	// changes counts DropUser, MoveUser and EndRooms. A socket whose identity was resolved
	// before the latest change is resolved again before it is believed.
	changes  atomic.Int64
	draining atomic.Bool
	alive    atomic.Int64
}

// NewNative returns an engine that calls h.
func NewNative(h Handler, o Options) *Native {
	o = o.withDefaults()
	e := &Native{handler: h, options: o, door: door{handler: h, options: o}, replay: o.Replay}
	so := socketio.Options{
		Engine: engineio.Options{
			PingInterval: o.PingInterval,
			PingTimeout:  o.PingTimeout,
			MaxPayload:   o.MaxPayload,
			WriteTimeout: o.WriteTimeout,
			CoalesceFrom: coalesceFrom,
			ConfirmAfter: o.ConfirmAfter,
			// Counted in Options.Places, which knows about proxies and users.
			MaxConnsPerAddress: -1,
			ClientAddress:      o.address,
		},
		SameClient:     e.sameClient,
		ConnectTimeout: o.ConnectTimeout,
		MaxNamespaces:  1,
		Identify:       func(r *http.Request) any { return arrivalOf(r) },
		OnPanic:        e.panicked,
		Logger:         quietLogger(o.Log),
	}
	if o.Places != nil {
		so.Engine.Admit, so.Engine.MaxConns = e.place, -1
	}
	if e.replay != nil {
		so.Recovery, so.Reauthorize, so.Confirmed = nativeRecovery{e.replay}, e.goesOn, e.confirmed
	}
	if o.Admin != nil {
		so.MaxNamespaces = 2
	}
	e.server = socketio.New(so)
	e.root = e.server.Of("/")
	e.root.Use(e.admit)
	e.root.OnConnect(e.connected)
	e.root.OnAny(e.event)
	e.root.OnDisconnect(e.disconnected)
	if o.Admin != nil {
		e.admin = newNativeAdmin(e, *o.Admin)
	}
	return e
}

// ServeHTTP implements Engine.
func (e *Native) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if e.draining.Load() {
		refuseUnavailable.write(w)
		return
	}
	changes := e.changes.Load()
	id, ok := e.door.admit(w, r)
	if !ok {
		return
	}
	// The house chooses the path.
	e.server.Engine().ServeHTTP(w, withArrival(r, id, changes))
}

// Send implements Engine. It fails only for a message that cannot be encoded.
func (e *Native) Send(m Message) error {
	if m.Name == "" {
		return errors.New("encode event: no name")
	}
	if len(m.Payload) > 0 && !json.Valid(m.Payload) {
		return fmt.Errorf("encode event %s: payload is not JSON", m.Name)
	}
	if len(m.Rooms) == 0 {
		return nil
	}
	to := e.root.To(m.Rooms...)
	if len(m.Except) > 0 {
		to = to.Except(m.Except...)
	}
	if m.Latest {
		// Another audience may get another content under the same name.
		to = to.Latest(m.Name + "\x00" + strings.Join(m.Rooms, "\x00"))
	}
	if m.Mark > 0 {
		to = to.Logged(m.Offset, markOf(m.Mark))
		defer e.sent.Store(m.Mark)
	}
	if len(m.Payload) == 0 {
		return to.EmitRaw(m.Name)
	}
	return to.EmitRaw(m.Name, m.Payload)
}

// MoveUser implements Engine. A socket of the user that is still connecting is
// resolved again and, when it is no longer who it was, closed to come back.
func (e *Native) MoveUser(userID int64, leave, join []string) {
	e.changes.Add(1)
	for _, s := range e.users.of(userID) {
		s.lib.Leave(leave...)
		if s.hasEntered() {
			// Before that an event would come ahead of the greeting and of what was missed, and
			// its offset would say that the client has that. Such a socket is outdated.
			s.lib.Join(join...)
		}
		for _, name := range join {
			if role, ok := strings.CutPrefix(name, events.RoomRole("")); ok {
				s.role.Store(&role)
			}
		}
	}
	e.admin.endUser(userID)
}

// DropUser implements Engine.
func (e *Native) DropUser(userID int64, revoke bool) {
	e.changes.Add(1)
	for _, s := range e.users.of(userID) {
		if revoke {
			s.lib.Disconnect(true)
		} else {
			s.lib.Conn().Close(engineio.ReasonForcedClose)
		}
	}
	e.admin.endUser(userID)
}

// Stats implements Engine.
func (e *Native) Stats() []SocketCount {
	tally := socketTally{}
	for _, lib := range e.root.Sockets() {
		if s, ok := lib.Data().(*nativeSocket); ok {
			tally.add(s.Transport(), *s.role.Load())
		}
	}
	return tally.counts()
}

// UsersOnline implements Engine.
func (e *Native) UsersOnline() map[string]int {
	return e.users.count(func(s *nativeSocket) string { return *s.role.Load() })
}

// Drain implements Engine. It also waits for the Disconnected calls.
func (e *Native) Drain(ctx context.Context) error {
	e.draining.Store(true)
	if err := e.server.Drain(ctx); err != nil {
		return fmt.Errorf("drain sockets: %w", err)
	}
	step := time.NewTicker(drainStep)
	defer step.Stop()
	for e.root.Count() > 0 || e.alive.Load() > 0 {
		select {
		case <-ctx.Done():
			return fmt.Errorf("drain sockets: %w", ctx.Err())
		case <-step.C:
		}
	}
	e.admin.wait()
	// Nobody is left: this ends what the library keeps ready for the next one.
	if err := e.server.Close(); err != nil {
		return fmt.Errorf("drain sockets: %w", err)
	}
	return nil
}

// connected runs when the CONNECT reply is queued; the socket's events wait.
func (e *Native) connected(lib *socketio.Socket) {
	e.alive.Add(1)
	first, _ := lib.Handshake().Value.(*arrival)
	s, ok := lib.Data().(*nativeSocket)
	if !ok {
		lib.Conn().Close(engineio.ReasonForcedClose)
		return
	}
	// From here on DropUser, MoveUser and EndRooms find it; what came before is caught
	// by the two looks at the count of changes.
	e.users.add(s.identity.UserID, s)
	e.bound.add(s.identity, s)
	first.socket.Store(s)
	if e.outdated(first) {
		lib.Conn().Close(engineio.ReasonForcedClose)
	}
	e.handler.Connected(s)
	if e.outdated(first) || s.plan != nil && s.plan.stale {
		lib.Conn().Close(engineio.ReasonForcedClose)
	}
	first.request = nil
}

// outdated reports whether a user was dropped or moved, or a session ended, since the identity was
// resolved and the identity no longer holds.
func (e *Native) outdated(a *arrival) bool {
	now := e.changes.Load()
	if a.identity.Anonymous() || now == a.changes {
		return false
	}
	if a.request == nil {
		return true // a second CONNECT on the connection
	}
	ctx, cancel := context.WithTimeout(context.Background(), recheckTimeout)
	defer cancel()
	id, err := e.handler.Authorize(recheck(ctx, a.request))
	if err != nil {
		e.options.Log.Debug("connecting socket could not be resolved again", zap.Error(err))
		return true
	}
	if !sameSpeaker(id, a.identity) {
		return true
	}
	a.changes = now
	return false
}

func (e *Native) event(in *socketio.Event) {
	s, ok := in.Socket.Data().(*nativeSocket)
	if !ok {
		return
	}
	if len(in.Attachments) > 0 {
		// No event has binary parts (contract section 1.1).
		in.Socket.Conn().Close(engineio.ReasonParseError)
		return
	}
	if e.handler.Event(s, in.Name, in.Args) && in.WantsAck() {
		if err := in.Ack(); err != nil {
			e.options.Log.Debug("ack not sent", zap.Error(err))
		}
	}
}

func (e *Native) disconnected(lib *socketio.Socket, reason socketio.Reason) {
	s, ok := lib.Data().(*nativeSocket)
	if !ok {
		return
	}
	e.users.remove(s.identity.UserID, s)
	e.bound.remove(s.identity, s)
	defer e.alive.Add(-1)
	s.noteLeft(reason)
	s.leaveSlot(reason)
	e.handler.Disconnected(s, string(reason))
	e.admin.gone(lib, reason)
}

func (e *Native) panicked(s *socketio.Socket, value any, stack []byte) {
	e.options.Counters.HandlerPanic()
	e.options.Log.Error("socket handler panicked", zap.String("sid", s.ID()), zap.Any("panic", value), zap.ByteString("stack", stack))
}
