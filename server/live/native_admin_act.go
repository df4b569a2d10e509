package live

import (
	"context"
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/socketio"
	"github.com/relevo/relevo/socketio/engineio"
)

// actTimeout bounds the record of an act.
const actTimeout = 5 * time.Second

// event handles what the page sends. Only disconnecting is known here: who gets which
// event and who is in which room follows from what the house knows (contract 1.2, 1.3).
func (a *nativeAdmin) event(in *socketio.Event) {
	s, ok := in.Socket.Data().(*adminSocket)
	if !ok || s.floods() {
		return
	}
	if len(in.Attachments) > 0 {
		in.Socket.Conn().Close(engineio.ReasonParseError)
		return
	}
	if in.Name != "_disconnect" || a.config.ReadOnly {
		return
	}
	var space, target string
	var whole bool
	if len(in.Args) != 3 || json.Unmarshal(in.Args[0], &space) != nil || json.Unmarshal(in.Args[1], &whole) != nil ||
		json.Unmarshal(in.Args[2], &target) != nil || target == "" {
		return // without a target it would be everybody
	}
	a.disconnect(s, space, target)
}

// disconnect sends sockets away; their clients do not come back by themselves.
func (a *nativeAdmin) disconnect(s *adminSocket, space, target string) {
	chosen := a.chosen(space, target)
	if len(chosen) == 0 {
		return
	}
	if !s.acts.AllowN(a.config.Now(), 1) {
		a.config.Limits.exceeded(Excess{Limit: LimitEvents, Address: s.lib.Conn().RemoteAddr(), UserID: s.identity.UserID})
		return
	}
	ctx, cancel := context.WithTimeout(context.Background(), actTimeout)
	defer cancel()
	err := a.config.Acted(ctx, AdminAct{
		UserID: s.identity.UserID, Name: s.name, Address: s.lib.Conn().RemoteAddr(),
		Namespace: space, Target: target, Sockets: len(chosen),
	})
	if err != nil {
		a.config.Log.Warn("nobody disconnected, because it could not be recorded", zap.Error(err))
		return
	}
	for _, lib := range chosen {
		if space == AdminNamespace || !a.engine.DropSocket(lib.ID(), true) {
			lib.Disconnect(false)
		}
	}
}

// chosen are the sockets of a namespace that the target names: one by its id, or the
// members of a room.
func (a *nativeAdmin) chosen(space, target string) []*socketio.Socket {
	switch space {
	case "/":
		return a.engine.root.To(target).Sockets()
	case AdminNamespace:
		if lib := a.space.Socket(target); lib != nil {
			return []*socketio.Socket{lib}
		}
	}
	return nil
}
