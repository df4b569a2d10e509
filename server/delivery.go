package server

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// startTimeout bounds how long the log may take to tell where it ends.
const startTimeout = 30 * time.Second

// newDelivery makes the tail of the event log and what wakes it; both stand still
// until Follow.
func (s *Server) newDelivery() error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tail, err := events.StartTail(ctx, events.TailConfig{
		Log:     s.tailed(),
		Deliver: s.guarded,
		Latest: func(e models.EventRecord) {
			s.guarded(events.Delivery{LoggedEvent: models.LoggedEvent{EventRecord: e}})
		},
		Poll:   s.cfg.Events.PollInterval,
		Logger: s.log.Named("events"),
	})
	if err != nil {
		return err
	}
	s.tail = tail
	s.herald = events.NewHerald(s.store, s.node, tail, s.log.Named("events"))
	return nil
}

// Follow delivers events, and writes what is written in the background, until the
// returned function is called, which delivers what is committed by then and waits.
func (s *Server) Follow() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.tail.Run(ctx) })
	for _, watch := range s.watches {
		running.Go(func() { watch.Run(ctx) })
	}
	running.Go(func() { s.watchPush(ctx) })
	running.Go(func() { s.sendLocations(ctx) })
	running.Go(func() { s.security.Run(ctx) })
	running.Go(func() { s.seen.Run(ctx) })
	running.Go(func() { s.presence.Run(ctx) })
	if s.console != nil {
		running.Go(func() { s.console.Run(ctx) })
	}
	if s.replay != nil {
		running.Go(func() { s.replay.Run(ctx) })
	}
	if s.store.Dialect() == models.Postgres {
		running.Go(func() { s.herald.Run(ctx) })
	}
	return func() {
		cancel()
		running.Wait()
	}
}

// Deliver is told what a transaction recorded, right after its commit. It wakes the
// tails, and before anybody can have heard that the change was made it ends the sockets
// of sessions that are over and sees to it that a user is out of the old role's rooms.
func (s *Server) Deliver(ctx context.Context, committed []models.EventRecord) {
	var latest []models.EventRecord
	for _, e := range committed {
		if id, _, ok := events.RoleChange(e); ok {
			s.leaveRole(ctx, id)
		}
		s.endSockets(e)
		if e.Latest {
			latest = append(latest, e)
		} else if s.cfg.Events.Log == "off" {
			s.guarded(events.Delivery{LoggedEvent: models.LoggedEvent{EventRecord: e}})
		}
	}
	s.tail.Wake(latest...)
	s.herald.Committed(latest)
}

// roleTimeout bounds the wait for the events that were committed under a role that goes.
const roleTimeout = time.Second

// leaveRole waits until the tail has moved a user's sockets to the new role's rooms, at
// the place of the change in the log, so that what was committed under the old role is
// sent. When the tail cannot get there in time the sockets leave the old role's rooms at
// once, and what was not sent by then is not.
func (s *Server) leaveRole(ctx context.Context, userID int64) {
	ctx, cancel := context.WithTimeout(ctx, roleTimeout)
	defer cancel()
	if s.cfg.Events.Log == "off" || s.tail.CatchUp(ctx) != nil {
		s.moveUser(userID, nil)
	}
}

// moveUser takes a user's sockets out of the rooms that a role opens and into others.
func (s *Server) moveUser(userID int64, join []string) {
	s.engine.MoveUser(userID, roleRooms(), join)
	s.push.MoveUser(userID, roleRooms(), join)
}

func (s *Server) guarded(d events.Delivery) {
	s.metrics.EventEmitted(d.Name)
	s.guard.Deliver(d)
	if s.console != nil {
		s.console.Observe(d)
	}
}

// endSockets ends the sockets of this process whose sessions the event ends; false
// for every other event.
func (s *Server) endSockets(e models.EventRecord) bool {
	reason, ok := events.SessionEnd(e)
	if ok {
		ending := live.Ending{Name: e.Name, Payload: e.Payload, Back: reason == events.EndReplaced}
		s.engine.EndRooms(e.Rooms, ending)
		s.push.EndRooms(e.Rooms, ending)
	}
	return ok
}

// send hands one event to the sockets of this process.
func (s *Server) send(d events.Delivery) error {
	if s.endSockets(d.EventRecord) {
		return nil
	}
	if id, role, ok := events.RoleChange(d.EventRecord); ok {
		s.moveUser(id, []string{events.RoomRole(role)})
	}
	m := live.Message{Rooms: d.Rooms, Except: d.Except, Name: d.Name, Payload: d.Payload, Latest: d.Latest, Entity: d.Entity}
	if d.Ordinal > 0 {
		m.Mark, m.Offset = d.Ordinal, d.Offset()
	}
	if err := errors.Join(s.engine.Send(m), s.push.Send(m)); err != nil {
		return fmt.Errorf("send %s: %w", d.Name, err)
	}
	if d.Ordinal > 0 {
		s.written(s.store.Instant().Sub(d.At))
	}
	return nil
}

// roleRooms are the rooms of all roles, and that of the console, which not every role
// may see.
func roleRooms() []string {
	rooms := []string{events.RoomConsole}
	for _, role := range models.Roles {
		rooms = append(rooms, events.RoomRole(role))
	}
	return rooms
}
