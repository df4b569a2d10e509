package e2e

import (
	"encoding/json"
	"strings"

	"github.com/relevo/relevo/events"
)

// publisher is a service with a key for every event and audience.
type publisher struct {
	*person
	key string
}

func (p *process) newPublisher() *publisher {
	p.t.Helper()
	s := &publisher{person: p.stranger()}
	for word := range strings.FieldsSeq(p.command("", "key", "create", "--name", "stream", "--events", "*", "--audiences", "*")) {
		if len(word) > 30 {
			s.key = word
		}
	}
	if s.key == "" {
		p.t.Fatal("no key was printed")
	}
	return s
}

// publication is one event as /api/emit takes it.
type publication struct {
	Event   string   `json:"event"`
	Rooms   []string `json:"rooms,omitempty"`
	Payload any      `json:"payload"`
}

// notice addresses a notification to rooms.
func notice(title, message string, rooms ...string) publication {
	return publication{"notification", rooms, events.Notification{Title: title, Message: message, Type: events.NotifyInfo}}
}

// tryBatch sends at most 100 events as one batch; it may be called concurrently.
func (s *publisher) tryBatch(all ...publication) (reply, error) {
	body, err := json.Marshal(map[string]any{"events": all})
	if err != nil {
		return reply{}, err
	}
	return s.try("POST", "/api/emit/batch", body, "Content-Type", "application/json", "Authorization", "Bearer "+s.key)
}

// publish sends at most 100 events as one batch and returns their ids.
func (s *publisher) publish(all ...publication) (ids []string) {
	s.t.Helper()
	r, err := s.tryBatch(all...)
	if err != nil {
		s.t.Fatalf("publish: %v", err)
	}
	r.want(202)
	for _, id := range r.body["ids"].([]any) {
		ids = append(ids, id.(string))
	}
	return ids
}
