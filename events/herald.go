package events

import (
	"context"
	"encoding/json"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/models"
)

// Bell carries wake-ups between processes; *models.Store is one.
type Bell interface {
	NotifyEvents(ctx context.Context, payload string) error
	ListenEvents(ctx context.Context, wake func(payload string)) error
}

// Bounds of a herald.
const (
	notifyEvery   = 20 * time.Millisecond
	notifyTimeout = 2 * time.Second
	longestNotice = 7900 // bytes; the database takes 7,999
)

// Herald tells the other processes on the database that something was committed,
// and hears it from them. Events that are not kept travel with it as far as they
// fit. Everything it says may be lost: the poll of the tail is the truth. It is
// safe for concurrent use.
type Herald struct {
	bell    Bell
	node    string
	tail    *Tail
	log     *zap.Logger
	waiting *waiting
}

// notice is what goes over the bell.
type notice struct {
	Node   string         `json:"node"`
	Latest []latestNotice `json:"latest,omitempty"`
}

type latestNotice struct {
	Name    string          `json:"name"`
	Payload json.RawMessage `json:"payload"`
	Rooms   []string        `json:"rooms"`
	Except  []string        `json:"except,omitempty"`
}

// NewHerald speaks for a process that others know as node, and wakes its tail.
func NewHerald(bell Bell, node string, tail *Tail, log *zap.Logger) *Herald {
	return &Herald{bell: bell, node: node, tail: tail, log: log, waiting: newWaiting()}
}

// Committed says that a transaction has committed, with its events that are not
// kept. It does not wait.
func (h *Herald) Committed(latest []models.EventRecord) { h.waiting.call(latest) }

// Run speaks and listens until ctx ends.
func (h *Herald) Run(ctx context.Context) {
	var listening sync.WaitGroup
	listening.Go(func() { h.listen(ctx) })
	defer listening.Wait()
	for {
		select {
		case <-ctx.Done():
			return
		case <-h.waiting.rung:
		}
		h.speak(ctx)
		if waitFor(ctx, notifyEvery) != nil {
			return
		}
	}
}

func (h *Herald) speak(ctx context.Context) {
	n := notice{Node: h.node}
	for _, e := range h.waiting.take() {
		n.Latest = append(n.Latest, latestNotice{e.Name, e.Payload, e.Rooms, e.Except})
	}
	text, err := json.Marshal(n)
	if err == nil && len(text) > longestNotice {
		text, err = json.Marshal(notice{Node: h.node})
	}
	if err != nil {
		h.log.Error("notice to other processes not encoded", zap.Error(err))
		return
	}
	ctx, cancel := context.WithTimeout(ctx, notifyTimeout)
	defer cancel()
	if err := h.bell.NotifyEvents(ctx, string(text)); err != nil {
		h.log.Debug("other processes not woken; they poll", zap.Error(err))
	}
}

// listen listens again when the connection was lost.
func (h *Herald) listen(ctx context.Context) {
	wait := 100 * time.Millisecond
	for {
		began := time.Now()
		err := h.bell.ListenEvents(ctx, h.heard)
		if err == nil || ctx.Err() != nil {
			return
		}
		h.log.Warn("not woken by the database; polling", zap.Error(err))
		if time.Since(began) > time.Minute {
			wait = 100 * time.Millisecond
		}
		if waitFor(ctx, wait+rand.N(wait)) != nil {
			return
		}
		wait = min(2*wait, 30*time.Second)
	}
}

func (h *Herald) heard(payload string) {
	var n notice
	if payload != "" && json.Unmarshal([]byte(payload), &n) != nil || n.Node == h.node {
		return
	}
	var latest []models.EventRecord
	for _, l := range n.Latest {
		latest = append(latest, models.EventRecord{Name: l.Name, Payload: l.Payload, Rooms: l.Rooms, Except: l.Except, Latest: true})
	}
	h.tail.Wake(latest...)
}
