package console

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// Bounds of what is read for the stories of one event.
const (
	gatherChanges = 10_000 // of roles
	gatherSlots   = 20_000
)

// expires is until when the event is kept at most.
func (s *Service) expires(e models.LoggedEvent) time.Time { return e.At.Add(s.config.Setup.Retention) }

// gather reads what is known of users and one event. What is read first may be older than
// what is read last by what happens meanwhile.
func (s *Service) gather(ctx context.Context, e models.LoggedEvent, users []models.User) ([]*facts, error) {
	store := s.config.Store
	_, at := s.config.Tail.Position()
	kept, exact := s.config.Trail.Kept(), s.config.Trail.KeptConfirmed()
	all := make([]*facts, 0, len(users))
	byID := map[int64]*facts{}
	ids := make([]int64, 0, len(users))
	for _, u := range users {
		f := &facts{
			event: e, expires: s.expires(e), delivered: at.Covers(e.Seq), user: u, roleThen: u.Role, confirms: s.config.Replays != nil,
			kept: kept, exact: exact, node: s.config.Setup.Node,
		}
		all, byID[u.ID], ids = append(all, f), f, append(ids, u.ID)
	}
	if err := s.gatherRoles(ctx, e.Seq, byID); err != nil {
		return nil, err
	}
	if err := s.gatherSlots(ctx, ids, byID); err != nil {
		return nil, err
	}
	others, err := store.PresenceAt(ctx, s.config.Setup.Node, e.At)
	if err != nil {
		return nil, err
	}
	for user, node := range others {
		if f := byID[user]; f != nil {
			f.other = node
		}
	}
	if s.config.PushUsers != nil && events.Pushed(e.Name) {
		s.config.PushUsers(func(user int64) {
			if f := byID[user]; f != nil {
				f.push = true
			}
		})
	}
	// Sockets before the trail: one that ends meanwhile is then in both, not in neither.
	s.gatherSockets(byID)
	for _, entry := range s.config.Trail.All() {
		if f := byID[entry.UserID]; f != nil {
			f.trail = append(f.trail, entry)
		}
	}
	for _, f := range all {
		f.now = s.now()
	}
	return all, nil
}

// gatherRoles finds the role that users had when the event was committed.
func (s *Service) gatherRoles(ctx context.Context, seq int64, byID map[int64]*facts) error {
	changes, err := events.RoleChanges(ctx, s.config.Store, seq, gatherChanges)
	if err != nil {
		return err
	}
	for _, change := range changes {
		if f := byID[change.UserID]; f != nil && !f.roleMoved {
			f.roleMoved, f.roleThen = true, change.Old // the first change tells what was before
		}
	}
	return nil
}

func (s *Service) gatherSlots(ctx context.Context, ids []int64, byID map[int64]*facts) error {
	rows, err := s.config.Store.SlotsOfUsers(ctx, ids, gatherSlots)
	if err != nil {
		return err
	}
	alive, err := s.config.Store.NodesAlive(ctx)
	if err != nil {
		return err
	}
	alive = append(alive, s.config.Setup.Node)
	for _, row := range rows {
		byID[row.UserID].slots = append(byID[row.UserID].slots, s.slotFact(row, alive))
	}
	return nil
}

func (s *Service) slotFact(row models.DeliverySlot, alive []string) slotFact {
	out := slotFact{
		node: row.Node, alive: slices.Contains(alive, row.Node), opened: time.UnixMicro(row.Opened), ended: millis(row.EndedAt), taken: millis(row.TakenAt),
		told: row.Told,
	}
	if !out.alive && row.EndedAt == 0 {
		row.EndedAt = s.now().UnixMilli() // nobody has written it down yet
	}
	out.owed = live.SlotOwedUntil(row, s.config.Setup.Retention)
	// A place that cannot be read is the beginning: nothing is known to have arrived.
	out.position, _ = models.ParseEventCursor(row.Position)
	if json.Unmarshal([]byte(row.Rooms), &out.rooms) != nil {
		out.rooms = nil
	}
	return out
}

// millis is an instant of a row; zero has not come.
func millis(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMilli(at)
}

func (s *Service) gatherSockets(byID map[int64]*facts) {
	var states []live.SocketState
	s.config.Engine.EachSocket(func(socket live.SocketState) {
		if byID[socket.Identity.UserID] != nil {
			states = append(states, socket)
		}
	})
	for _, socket := range states {
		f := byID[socket.Identity.UserID]
		f.open = append(f.open, openSocket{sid: socket.SID, transport: socket.Transport, since: socket.Since, confirmed: socket.Reached, settled: socket.Settled})
	}
}
