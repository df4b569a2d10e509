package live

import (
	"context"
	"errors"

	"github.com/relevo/relevo/socketio"
)

// nativeRecovery lets clients of version 4.6 and newer go on with a session that
// their pid describes. What they missed is not sent with the CONNECT reply but when
// the socket joins its rooms, like everybody's.
type nativeRecovery struct{ replay *Replay }

// Append implements socketio.RecoveryStore: what is not of the log is not kept.
func (nativeRecovery) Append(string, socketio.LoggedPacket) string { return "" }

// Save implements socketio.RecoveryStore: the client has its session.
func (nativeRecovery) Save(socketio.Session) {}

// Restore implements socketio.RecoveryStore. Whether the session may go on is
// decided in Reauthorize.
func (r nativeRecovery) Restore(_ context.Context, _, pid, offset string) (*socketio.Session, error) {
	o := r.replay.read(asked{pid, offset})
	if o.claims == nil {
		return nil, nil
	}
	return &socketio.Session{PID: pid, SID: o.claims.SID}, nil
}

// Missed implements socketio.RecoveryStore.
func (nativeRecovery) Missed(string, *socketio.Session) ([]socketio.LoggedPacket, uint64, bool) {
	return nil, 0, true
}

// NewPID implements socketio.PIDs.
func (r nativeRecovery) NewPID(lib *socketio.Socket) string {
	if lib.Recovered() {
		pid, _ := lib.Offered()
		return pid
	}
	s, ok := lib.Data().(*nativeSocket)
	if !ok {
		return ""
	}
	c := pidClaims{SID: lib.ID(), Session: slotKey(s.identity), UserID: s.identity.UserID, Cursor: s.plan.start.String()}
	if s.plan.resync != nil {
		_, offset := lib.Offered()
		c.Told, c.Had = s.plan.resync.Reason, markOfOffset(offset)
	}
	if s.plan.slot != nil {
		c.Slot = s.plan.slot.id
	}
	return r.replay.signer.sign(c)
}

// admit runs before the CONNECT reply: it finds what the socket is owed. It refuses
// nobody.
func (e *Native) admit(ctx context.Context, lib *socketio.Socket) error {
	first, ok := lib.Handshake().Value.(*arrival)
	if !ok {
		return errNoArrival
	}
	s := newNativeSocket(e, lib, first.identity)
	lib.SetData(s)
	if e.replay == nil {
		return nil
	}
	pid, offset := lib.Offered()
	s.plan = e.replay.plan(ctx, s.identity, e.replay.read(asked{pid, offset}), s, func(room string) bool {
		return e.handler.MayRejoin(ctx, s.identity, room)
	})
	return nil
}

var errNoArrival = errors.New("internal error")

// errFresh makes a client that offered a pid begin a new session.
var errFresh = errors.New("the session cannot go on")

// goesOn is asked for clients whose pid was read.
func (e *Native) goesOn(_ context.Context, lib *socketio.Socket, _ *socketio.Session) error {
	if s, ok := lib.Data().(*nativeSocket); ok && s.plan.goesOn {
		return nil
	}
	return errFresh
}
