package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Who may not come in is refused at the handshake: closing afterwards would make clients
// come back for ever (emergencies contract 4.3).
func TestPushRefusals(t *testing.T) {
	full := Limits{Connections: 10, ConnectionsPerUser: 1}
	waits := false
	p := newPushSite(t, func(c *PushConfig) {
		c.Places = NewPlaces(full)
		c.Handshake = func(*http.Request) (time.Duration, bool) { return time.Second, !waits }
	})
	p.refused(http.Header{"Origin": {other}}, http.StatusForbidden)
	p.dial(http.Header{"Origin": {ownOrigin}}, "")
	p.dial(speaking(operator), "")
	p.refused(speaking(operator), http.StatusTooManyRequests)
	waits = true
	p.refused(nil, http.StatusTooManyRequests)
	if got := p.push.Totals(); got.Connects != 2 || got.Refusals[FailureOrigin] != 1 || got.Refusals[FailureFull] != 1 || got.Refusals[FailureRate] != 1 {
		t.Error(got)
	}
}

// The three modes of emergencies contract 4.2, each with who must and who must not
// listen.
func TestPushAccess(t *testing.T) {
	for _, c := range []struct {
		access  PushAccess
		network string
		want    map[string]bool // by who connects
	}{
		{PushSession, "127.0.0.0/8", map[string]bool{"": false, operator: true, master: true, trader: false}},
		{PushNetwork, "127.0.0.0/8", map[string]bool{"": true, operator: true, trader: true}},
		{PushNetwork, "192.0.2.0/24", map[string]bool{"": false, operator: true, trader: false}},
		{PushOpen, "192.0.2.0/24", map[string]bool{"": true, operator: true, trader: true}},
	} {
		t.Run(fmt.Sprint(c.access, c.network), func(t *testing.T) {
			p := newPushSite(t, func(o *PushConfig) {
				o.Access, o.Networks, o.Address = c.access, middleware.Networks{netip.MustParsePrefix(c.network)}, Limits{}.address
			})
			p.open = []string{request(1)}
			listening := 0
			clients := map[string]*listener{}
			for who, hears := range c.want {
				clients[who] = p.dial(speaking(who), "")
				if hears {
					listening++
				}
			}
			p.listens(listening)
			p.announce(2, 0)
			p.send(Message{Rooms: []string{events.RoomRole(models.Operador)}, Name: "nueva_solicitud", Payload: json.RawMessage(request(3))})
			for who, l := range clients {
				if c.want[who] {
					l.wants(request(1), request(2))
				}
				if who == operator {
					l.wants(request(3))
				}
				l.quiet()
			}
		})
	}
}
