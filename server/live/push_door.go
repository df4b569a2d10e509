package live

import (
	"context"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"go.uber.org/zap"

	"github.com/relevo/relevo/middleware"
)

// lookUpTimeout bounds what is asked of the database for one socket.
const lookUpTimeout = 3 * time.Second

// longestPlace bounds what ?since may be, in bytes.
const longestPlace = 512

// pushArrival is a handshake on its way to a socket.
type pushArrival struct {
	identity middleware.Identity
	changes  int64         // what Push.changes was before the identity was resolved
	request  *http.Request // enough of it to resolve the identity, when that failed; else nil
	address  string
	visitor  string
	since    string
	operator int64
}

type pushArrivalKey struct{}

func pushArrivalOf(r *http.Request) *pushArrival {
	if a, ok := r.Context().Value(pushArrivalKey{}).(*pushArrival); ok {
		return a
	}
	return &pushArrival{}
}

// ServeHTTP takes a handshake, on any path and with any query. Who may not come in is
// refused here: a socket that is accepted stays (emergencies contract 4.3). Whose
// session cannot be looked up now is let in and looked up again.
func (p *Push) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if !headerHas(r, "Upgrade", "websocket") {
		p.server.server.ServeHTTP(w, r) // says that it has to be a handshake
		return
	}
	if p.draining.Load() {
		p.counts.refuse(FailureFull)
		refuseUnavailable.write(w)
		return
	}
	if r.Header.Get("Origin") != "" && !p.config.Origin(r) {
		p.counts.refuse(FailureOrigin)
		refusePushOrigin.write(w)
		return
	}
	if wait, ok := p.config.Handshake(r); !ok {
		p.counts.refuse(FailureRate)
		f := refuseRate
		f.wait = wait
		f.write(w)
		return
	}
	query := r.URL.Query()
	a := &pushArrival{address: p.config.Address(r), since: query.Get("since"), changes: p.changesNow()}
	if len(a.since) > longestPlace {
		a.since = "?" // as unknown as any other
	}
	// What is no number counts as absent (emergencies contract 4.3).
	if n, err := strconv.ParseInt(query.Get("id_operador"), 10, 64); err == nil {
		a.operator = n
	}
	ctx, cancel := context.WithTimeout(r.Context(), lookUpTimeout)
	defer cancel()
	var err error
	if a.identity, err = p.config.Resolve(r.WithContext(ctx)); err != nil {
		p.config.Log.Debug("session of a push socket not looked up yet", zap.Error(err))
		// Not the request itself: it leads to its connection's buffers.
		a.request = &http.Request{
			Method: r.Method, URL: r.URL, Header: r.Header, Host: r.Host, RemoteAddr: r.RemoteAddr, TLS: r.TLS,
		}
	}
	a.visitor = p.config.Visitor(w, r)
	p.server.server.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), pushArrivalKey{}, a)))
}

var refusePushOrigin = refusal{status: http.StatusForbidden, code: 4, message: "Not an accepted origin"}

func headerHas(r *http.Request, name, token string) bool {
	for _, line := range r.Header.Values(name) {
		for part := range strings.SplitSeq(line, ",") {
			if strings.EqualFold(strings.TrimSpace(part), token) {
				return true
			}
		}
	}
	return false
}

func (p *Push) changesNow() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.changes
}

// isNear reports whether an address is in one of the networks.
func (p *Push) isNear(address string) bool {
	addr, err := netip.ParseAddr(address)
	return err == nil && p.config.Networks.Contain(addr)
}

// enter makes the socket of a connection that was just accepted and greets it; nil when
// nothing begins any more.
func (p *Push) enter(line pushLine, a *pushArrival) *pushSocket {
	s := &pushSocket{push: p, line: line, address: a.address, visitor: a.visitor, opened: p.config.Now(), since: a.since, request: a.request}
	s.say(greeting(a.operator))
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil
	}
	p.counts.connects.Add(1)
	p.sockets[s] = struct{}{}
	if s.visitor != "" {
		if p.visitors[s.visitor] == nil {
			p.visitors[s.visitor] = map[*pushSocket]struct{}{}
		}
		p.visitors[s.visitor][s] = struct{}{}
	}
	// Who it speaks for may have changed since it was asked.
	p.decide(s, a.identity)
	if s.request != nil || a.changes != p.changes {
		p.doubt(s)
	}
	return s
}

// heard throws away what a client says, but for a ping in words.
func (s *pushSocket) heard(data []byte, binary bool) {
	s.push.counts.discarded.Add(1)
	if !binary && isPing(data) && s.answers.allow(s.push.config.Now()) {
		s.say(pushPong)
	}
}

// left forgets a socket whose connection has ended.
func (s *pushSocket) left(reason string) {
	p := s.push
	p.mu.Lock()
	state, user := s.state(), s.identity.UserID
	s.gone = true
	p.unbind(s)
	p.setPhase(s, pushMute)
	delete(p.sockets, s)
	if s.visitor != "" {
		delete(p.visitors[s.visitor], s)
		if len(p.visitors[s.visitor]) == 0 {
			delete(p.visitors, s.visitor)
		}
	}
	p.mu.Unlock()
	p.counts.disconnect(reason)
	p.config.Log.Info("push socket closed",
		zap.String("reason", reason), zap.Float64("seconds", p.config.Now().Sub(s.opened).Round(time.Millisecond).Seconds()),
		zap.Int64("sent", s.sent.Load()), zap.String("state", state), zap.String("address", s.address), zap.Int64("user_id", user))
}
