package live

import (
	"context"
	"os"
	"time"

	"go.uber.org/zap"
)

const (
	adminLook  = time.Second // how often it is looked who is there
	adminStats = 2           // looks from one report of the server to the next, as the page expects
	// adminAtOnce is how many changes are told one by one; when it is more, all sockets
	// are listed anew.
	adminAtOnce = 200
	// adminRoom holds who looks.
	adminRoom = "watching"
)

// adminServer is the state of this process as the Admin UI is told of it.
type adminServer struct {
	ID         string          `json:"serverId"`
	Hostname   string          `json:"hostname"`
	PID        int             `json:"pid"`
	Uptime     float64         `json:"uptime"` // seconds
	Clients    int             `json:"clientsCount"`
	Polling    int             `json:"pollingClientsCount"`
	Namespaces []adminSpace    `json:"namespaces"`
	Events     []adminCounting `json:"aggregatedEvents,omitempty"`
}

type adminSpace struct {
	Name    string `json:"name"`
	Sockets int    `json:"socketsCount"`
}

// adminCounting is how often something happened since the report before.
type adminCounting struct {
	At     int64  `json:"timestamp"` // Unix milliseconds
	Type   string `json:"type"`
	Reason string `json:"subType,omitempty"`
	Count  int64  `json:"count"`
}

// enter shows everything to a socket and begins to look when it is the first.
func (a *nativeAdmin) enter(s *adminSocket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !s.lib.Connected() {
		return
	}
	s.looks = true
	if a.looking++; a.looking == 1 {
		ctx, stop := context.WithCancel(context.Background())
		a.stop, a.totals = stop, a.engine.options.Counters.Totals()
		a.reasons.want(true)
		a.watch.Go(func() { a.run(ctx) })
	}
	a.look()
	s.tell("server_stats", a.report(nil))
	s.tell("all_sockets", a.picture.list())
	s.lib.Join(adminRoom)
}

// leave ends the looking with the last who looked.
func (a *nativeAdmin) leave(s *adminSocket) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !s.looks {
		return
	}
	s.looks = false
	if a.looking--; a.looking == 0 {
		a.stop()
		a.stop, a.picture = nil, adminPicture{}
		a.reasons.want(false)
	}
}

// run looks until nobody does.
func (a *nativeAdmin) run(ctx context.Context) {
	step := time.NewTicker(adminLook)
	defer step.Stop()
	for n := 1; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-step.C:
		}
		a.tick(ctx, n%adminStats == 0)
	}
}

func (a *nativeAdmin) tick(ctx context.Context, stats bool) {
	a.expire()
	a.mu.Lock()
	defer a.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	a.look()
	if stats {
		a.broadcast("server_stats", a.report(a.counted()))
	}
}

// expire ends the logins with a password whose time is over.
func (a *nativeAdmin) expire() {
	now := a.config.Now()
	for _, lib := range a.space.Sockets() {
		if s, ok := lib.Data().(*adminSocket); ok && !s.until.IsZero() && !now.Before(s.until) {
			s.end(false)
		}
	}
}

// look tells those who look what changed. The caller holds mu.
func (a *nativeAdmin) look() {
	reasons := a.reasons.take() // before the sockets: whose reason is there is not
	changes := a.picture.update(a.config.Now(), reasons, a.engine.root.Sockets(), a.space.Sockets())
	if len(changes) > adminAtOnce {
		a.broadcast("all_sockets", a.picture.list())
		return
	}
	for _, c := range changes {
		a.broadcast(c.name, c.args...)
	}
}

// broadcast sends to those who look. The caller holds mu.
func (a *nativeAdmin) broadcast(name string, args ...any) {
	raw, err := encodeArgs(args)
	if err == nil {
		err = a.space.To(adminRoom).EmitRaw(name, raw...)
	}
	if err != nil {
		a.config.Log.Error("admin event not sent", zap.String("event", name), zap.Error(err))
	}
}

// report is the state of the process. The caller holds mu.
func (a *nativeAdmin) report(counted []adminCounting) adminServer {
	host, _ := os.Hostname() // without one the page shows none
	out := adminServer{
		ID: a.config.Node, Hostname: host, PID: os.Getpid(), Uptime: a.config.Now().Sub(a.began).Seconds(), Clients: a.engine.server.Count(),
		Namespaces: []adminSpace{{"/", a.engine.root.Count()}, {AdminNamespace, a.space.Count()}}, Events: counted,
	}
	for _, kind := range a.engine.Stats() {
		if kind.Transport == "polling" {
			out.Polling += kind.Sockets
		}
	}
	return out
}

// counted is what happened since it was asked before. The caller holds mu.
func (a *nativeAdmin) counted() []adminCounting {
	was, now := a.totals, a.engine.options.Counters.Totals()
	a.totals = now
	at := a.config.Now().Truncate(time.Second).UnixMilli()
	var out []adminCounting
	var connects int64
	for transport, n := range now.Connects {
		connects += n - was.Connects[transport]
	}
	if connects > 0 {
		out = append(out, adminCounting{At: at, Type: "rawConnection", Count: connects})
	}
	for reason, n := range now.Disconnects {
		if n -= was.Disconnects[reason]; n > 0 {
			out = append(out, adminCounting{At: at, Type: "rawDisconnection", Reason: reason, Count: n})
		}
	}
	return out
}
