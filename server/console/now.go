package console

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/server/live"
)

// slowFrom is how many packets a socket may be behind before it counts as slow.
const slowFrom = 32

// tick is where the counters stood at one telling of now.
type tick struct {
	at                                    time.Time
	emitted, connects, disconnect, errors int64
}

// snapshot is what goes on at this node, and where its counters stand. ticks are earlier
// ones, oldest first.
func (s *Service) snapshot(now time.Time, ticks []tick, nodes []events.ConsoleNode) (events.ConsoleNow, tick) {
	totals, guard := s.config.Totals(), s.config.Guard()
	here := tickOf(now, totals, guard)
	out := events.ConsoleNow{
		At: models.ToInstant(now), Node: s.config.Setup.Node, UptimeMS: now.Sub(s.config.Setup.Started).Milliseconds(),
		PeopleVersion: here.connects + here.disconnect,
		WriteMS:       s.write.last(now, quantileSeconds), ConfirmedMS: s.confirmed.last(now, quantileSeconds),
		Ended: totals.Disconnects, SlowDropped: totals.Disconnects["slow consumer"], Benign: guard.Benign, Failed: guard.Failed,
		Outbox: s.outbox(), Nodes: nodes, Watchers: int64(s.config.Engine.Members(consoleRoom)),
	}
	if len(ticks) > 0 {
		out.Rates = ratesBetween(ticks[0], here)
	}
	if s.config.Push != nil {
		listening, mute := s.config.Push()
		out.Push = &events.ConsolePush{Listening: int64(listening), Mute: int64(mute)}
	}
	if s.config.Replays != nil {
		counts := s.config.Replays()
		out.Replayed, out.Resyncs = counts.Replayed, counts.Expired
	}
	s.countSockets(&out)
	return out, here
}

// countSockets goes once through the open sockets.
func (s *Service) countSockets(out *events.ConsoleNow) {
	sockets := map[string]int64{}
	users := map[string]map[int64]bool{}
	s.config.Engine.EachSocket(func(socket live.SocketState) {
		role := socket.Identity.Role
		sockets[role]++
		if !socket.Identity.Anonymous() {
			if users[role] == nil {
				users[role] = map[int64]bool{}
			}
			users[role][socket.Identity.UserID] = true
		}
		if socket.Transport == "polling" {
			out.Transports.Polling++
		} else {
			out.Transports.WebSocket++
		}
		bytes := int64(socket.Bytes)
		out.Queue.Packets += int64(socket.Packets)
		out.Queue.Bytes += bytes
		out.Queue.DeepestBytes = max(out.Queue.DeepestBytes, bytes)
		if socket.Packets > slowFrom {
			out.Queue.Slow++
		}
	})
	for _, role := range append(slices.Clone(models.Roles), "") {
		out.Roles = append(out.Roles, events.ConsoleRole{Role: role, Users: int64(len(users[role])), Sockets: sockets[role]})
	}
}

func tickOf(now time.Time, totals live.Totals, guard events.GuardCounts) tick {
	t := tick{at: now, emitted: guard.Emitted, errors: guard.Failed + totals.HandlerPanics}
	for _, n := range totals.Connects {
		t.connects += n
	}
	for _, n := range totals.Disconnects {
		t.disconnect += n
	}
	return t
}

func ratesBetween(from, to tick) events.ConsoleRates {
	seconds := to.at.Sub(from.at).Seconds()
	if seconds <= 0 {
		return events.ConsoleRates{}
	}
	return events.ConsoleRates{
		Events:      round(float64(to.emitted-from.emitted) / seconds),
		Connects:    round(float64(to.connects-from.connects) / seconds),
		Disconnects: round(float64(to.disconnect-from.disconnect) / seconds),
	}
}

// outbox is what waits for this node; nil when the database does not say.
func (s *Service) outbox() *events.ConsoleOutbox {
	if s.config.Setup.Retention == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTimeout)
	defer cancel()
	_, at := s.config.Tail.Position()
	pending, oldest, err := s.config.Store.EventLogBacklog(ctx, at)
	if err != nil {
		return nil
	}
	return &events.ConsoleOutbox{Pending: pending, OldestMS: oldest}
}

// tellNow tells those who watch what goes on.
func (s *Service) tellNow(now time.Time) {
	out, here := s.snapshot(now, s.ticks, s.nodes.list(s, now))
	s.ticks = append(s.ticks, here)
	if len(s.ticks) > rateTicks {
		s.ticks = s.ticks[1:]
	}
	payload, err := events.ConsoleNowEvent.Encode(out)
	s.send(events.ConsoleNowEvent.Name(), payload, err, true)
}

// nowJSON is what is told live, as an answer.
type nowJSON struct {
	Success bool `json:"success"`
	events.ConsoleNow
}

// Now answers GET /console/api/now: what is told live once a second. Rates are those
// since the last point of the history.
func (s *Service) Now(c *gin.Context) {
	var fresh nodes
	var ticks []tick
	if base := s.base.Load(); base != nil {
		ticks = append(ticks, *base)
	}
	now := s.now()
	out, _ := s.snapshot(now, ticks, fresh.list(s, now))
	c.JSON(http.StatusOK, nowJSON{true, out})
}
