package server

import (
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// sendLocations tells the sockets of this process where the ambulances are that are
// suggested for an emergency and not dispatched, at every emergencies.location_interval
// while at least one push socket listens, until ctx ends. It begins anew with the next
// listener (emergencies contract 4.2-f). Positions are of class latest: each process
// reads them for its own sockets, and none is kept.
func (s *Server) sendLocations(ctx context.Context) {
	if !s.cfg.Emergencies.Enabled {
		return
	}
	tick := time.NewTicker(s.cfg.Emergencies.LocationInterval)
	defer tick.Stop()
	failing := false
	for {
		if s.push.Listeners() == 0 {
			select {
			case <-ctx.Done():
				return
			case <-s.push.ListenersChanged():
				continue
			}
		}
		err := s.tellLocations(ctx)
		if (err != nil) != failing && ctx.Err() == nil {
			failing = err != nil
			if failing {
				s.log.Warn("positions of ambulances not sent", zap.Error(err))
			} else {
				s.log.Info("positions of ambulances are sent again")
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// locationsTimeout bounds one reading, so that a database that hangs is noticed.
const locationsTimeout = 10 * time.Second

func (s *Server) tellLocations(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, locationsTimeout)
	defer cancel()
	now := s.store.Instant()
	positions, err := s.store.EnRoute(ctx, now.Add(-s.cfg.Emergencies.PositionFor))
	if err != nil {
		return err
	}
	for _, p := range positions {
		record, err := events.AmbulanceMovedEvent(p)
		if err != nil {
			return err
		}
		s.guarded(events.Delivery{LoggedEvent: models.LoggedEvent{EventRecord: record, At: now}})
	}
	return nil
}
