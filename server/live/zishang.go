package live

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/zishang520/engine.io/v2/engine"
	"github.com/zishang520/engine.io/v2/transports"
	"github.com/zishang520/engine.io/v2/types"
	"github.com/zishang520/socket.io/v2/socket"
	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
)

// drainStep is how often Drain looks whether everybody is gone.
const drainStep = 10 * time.Millisecond

// Zishang is the Engine on github.com/zishang520/socket.io. Transports,
// heartbeats, upgrades and the namespace handshake are the library's. Rooms,
// inbound packets and the HTTP edge are ours, because there the library loses
// joins and event order and lets clients end the process;
// docs/engine-zishang.md lists what remains.
type Zishang struct {
	handler Handler
	options Options
	door    door
	server  *socket.Server
	engine  engine.Server

	rooms    *rooms[*zishangSocket]
	sessions sync.Map // Engine.IO sid -> *zishangSession
	users    userSockets[*zishangSocket]
	bound    boundSockets[*zishangSocket]

	// changes counts DropUser, MoveUser and EndRooms. A socket whose identity was resolved
	// before the latest change is resolved again before it is believed.
	changes  atomic.Int64
	draining atomic.Bool
	requests atomic.Int64
	alive    atomic.Int64
}

// NewZishang returns an engine that calls h. It starts nothing by itself.
func NewZishang(h Handler, o Options) *Zishang {
	o = o.withDefaults()
	e := &Zishang{
		handler: h,
		options: o,
		door:    door{handler: h, options: o},
		rooms:   newRooms[*zishangSocket](),
	}
	so := socket.DefaultServerOptions()
	so.SetPath("/socket.io")
	so.SetServeClient(false)
	so.SetPingInterval(o.PingInterval)
	so.SetPingTimeout(o.PingTimeout)
	so.SetMaxHttpBufferSize(o.MaxPayload)
	so.SetConnectTimeout(o.ConnectTimeout)
	so.SetTransports(types.NewSet(transports.POLLING, transports.WEBSOCKET))
	so.SetAllowEIO3(false)
	so.SetParser(zishangParser{})
	e.server = socket.NewServer(nil, so)
	e.engine = e.server.ServeHandler(so).(engine.Server)
	// After the library's own listener, which ServeHandler has added: what is
	// ours can rely on the library listening.
	_ = e.engine.On("connection", func(args ...any) { e.opened(args[0].(engine.Socket)) })
	_ = e.server.On("connection", func(args ...any) { e.connected(args[0].(*socket.Socket)) })
	return e
}

// Send implements Engine. It fails only for a message that cannot be encoded.
func (e *Zishang) Send(m Message) error {
	if len(m.Rooms) == 0 {
		return nil
	}
	frame, err := eventFrame(m.Name, m.Payload)
	if err != nil {
		return err
	}
	for _, s := range e.rooms.audience(m.Rooms, m.Except) {
		s.write(frame)
	}
	return nil
}

// eventFrame encodes an EVENT packet of the root namespace.
func eventFrame(name string, payload json.RawMessage) ([]byte, error) {
	if name == "" {
		return nil, errors.New("encode event: no name")
	}
	quoted, err := json.Marshal(name)
	if err != nil {
		return nil, fmt.Errorf("encode event name: %w", err)
	}
	if len(payload) > 0 && !json.Valid(payload) {
		return nil, fmt.Errorf("encode event %s: payload is not JSON", name)
	}
	frame := make([]byte, 0, len(quoted)+len(payload)+4)
	frame = append(frame, '2', '[')
	frame = append(frame, quoted...)
	if len(payload) > 0 {
		frame = append(frame, ',')
		frame = append(frame, payload...)
	}
	return append(frame, ']'), nil
}

// MoveUser implements Engine. A socket of the user that is still connecting is
// resolved again and, when it is no longer who it was, closed to come back.
func (e *Zishang) MoveUser(userID int64, leave, join []string) {
	e.changes.Add(1)
	for _, s := range e.users.of(userID) {
		e.rooms.move(s, leave, join)
		for _, name := range join {
			if role, ok := strings.CutPrefix(name, events.RoomRole("")); ok {
				s.role.Store(&role)
			}
		}
	}
}

// DropUser implements Engine.
func (e *Zishang) DropUser(userID int64, revoke bool) {
	e.changes.Add(1)
	for _, s := range e.users.of(userID) {
		// From here on nothing more is sent to it, however long closing takes.
		e.rooms.exit(s)
		if revoke {
			s.revoke()
		} else {
			s.session.end("forced close")
		}
	}
}

// Stats implements Engine.
func (e *Zishang) Stats() []SocketCount {
	tally := socketTally{}
	for _, s := range e.rooms.all() {
		tally.add(s.Transport(), *s.role.Load())
	}
	return tally.counts()
}

// UsersOnline implements Engine.
func (e *Zishang) UsersOnline() map[string]int {
	return e.users.count(func(s *zishangSocket) string { return *s.role.Load() })
}

// Drain implements Engine. It also waits for requests that are being answered
// and for the Disconnected calls, so http.Server.Shutdown finds nothing to wait
// for afterwards.
func (e *Zishang) Drain(ctx context.Context) error {
	e.draining.Store(true)
	step := time.NewTicker(drainStep)
	defer step.Stop()
	for {
		// Again each time: a handshake that was under way may have finished.
		e.sessions.Range(func(_, v any) bool {
			v.(*zishangSession).end("server shutting down")
			return true
		})
		if e.requests.Load() == 0 && e.alive.Load() == 0 && empty(&e.sessions) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("drain sockets: %w", ctx.Err())
		case <-step.C:
		}
	}
}

func empty(m *sync.Map) bool {
	none := true
	m.Range(func(_, _ any) bool { none = false; return false })
	return none
}

// guarded runs a call into the Handler so that a panic ends only that call.
func (e *Zishang) guarded(s *zishangSocket, what string, call func()) {
	defer func() {
		if p := recover(); p != nil {
			e.options.Counters.HandlerPanic()
			e.options.Log.Error("socket handler panicked", zap.String("call", what),
				zap.String("sid", s.ID()), zap.Any("panic", p), zap.Stack("stack"))
		}
	}()
	call()
}

// ServeHTTP implements Engine.
func (e *Zishang) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	e.requests.Add(1)
	defer e.requests.Add(-1)
	if e.draining.Load() {
		refuseUnavailable.write(w)
		return
	}
	changes := e.changes.Load()
	id, ok := e.door.admitWhole(w, r)
	if !ok {
		return
	}
	session := newZishangSession(id, changes, r)
	if sid := r.URL.Query().Get("sid"); sid != "" {
		v, known := e.sessions.Load(sid)
		if !known {
			refusal{status: http.StatusBadRequest, code: 1, message: "Session ID unknown"}.write(w)
			return
		}
		session = v.(*zishangSession)
		if refused, bad := e.otherSpeaker(r, session, id); bad {
			refused.write(w)
			return
		}
	}
	if session.conn.Load() == nil {
		// A handshake: the place is the session's as soon as there is one.
		if !e.place(w, r, session) {
			return
		}
		defer session.abandoned()
	}
	if isUpgrade(r) {
		e.serveWebSocket(w, r, session)
		return
	}
	e.servePolling(w, r, session)
}
