package console

import (
	"encoding/json"
	"sync"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// Bounds of one telling of the feed.
const (
	feedEvents  = 50
	feedNames   = 200
	feedPayload = 4 << 10
)

// feed is what was sent since the last telling. It is safe for concurrent use.
type feed struct {
	mu      sync.Mutex
	kept    []models.LoggedEvent
	skipped int64
	counts  map[string]int64
}

// Observe is told of every event that is handed to the sockets of this process.
func (s *Service) Observe(d events.Delivery) {
	if s.watching.Load() {
		s.feed.add(d.LoggedEvent)
	}
}

func (f *feed) add(e models.LoggedEvent) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.counts == nil {
		f.counts = map[string]int64{}
	}
	if _, known := f.counts[e.Name]; known || len(f.counts) < feedNames {
		f.counts[e.Name]++
	}
	if len(f.kept) == feedEvents {
		f.skipped++
		return
	}
	f.kept = append(f.kept, e)
}

// take returns what there is and begins anew.
func (f *feed) take() (kept []models.LoggedEvent, skipped int64, counts map[string]int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	kept, skipped, counts = f.kept, f.skipped, f.counts
	f.kept, f.skipped, f.counts = nil, 0, nil
	return kept, skipped, counts
}

// tellFeed tells those who watch what was sent; nothing when nothing was.
func (s *Service) tellFeed() {
	kept, skipped, counts := s.feed.take()
	if len(kept) == 0 {
		return
	}
	out := events.ConsoleFeed{Skipped: skipped, Counts: counts}
	for _, e := range kept {
		if e.At.IsZero() {
			e.At = s.now() // what is not kept has no time of its own
		}
		out.Events = append(out.Events, s.shown(e))
	}
	payload, err := events.ConsoleFeedEvent.Encode(out)
	s.send(events.ConsoleFeedEvent.Name(), payload, err, false)
}

// shown is an event as the console shows it.
func (s *Service) shown(e models.LoggedEvent) events.FeedEvent {
	out := events.FeedEvent{
		Name: e.Name, Class: events.Durable, Rooms: shownRooms(e.Rooms), Except: shownRooms(e.Except),
		At: models.ToInstant(e.At), PayloadBytes: int64(len(e.Payload)),
	}
	if class, known := s.class[e.Name]; known {
		out.Class = class
	}
	if e.ID != "" {
		out.ID = &e.ID
	}
	if e.Entity != "" {
		out.Entity = &e.Entity
	}
	if len(e.Payload) > 0 && len(e.Payload) <= feedPayload {
		out.Payload = events.Redact(e.Name, e.Payload)
	} else {
		out.Payload = json.RawMessage("null")
	}
	return out
}

// shownRooms hides the document numbers in the rooms of clients.
func shownRooms(rooms []string) []string {
	out := make([]string, 0, len(rooms))
	for _, room := range rooms {
		out = append(out, events.RedactRoom(room))
	}
	return out
}
