package live

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/server/live/livetest"
)

func (d *desk) exceeded(limit string) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.over[limit]
}

// from is a header that says which address a client comes from.
func from(address string, header http.Header) http.Header {
	out := header.Clone()
	if out == nil {
		out = http.Header{}
	}
	out.Set("X-Address", address)
	return out
}

func limited(l Limits) func(*desk, *Options) {
	l.Address = func(r *http.Request) string { return r.Header.Get("X-Address") }
	return func(d *desk, _ *Options) { d.limits = l }
}

// refusedWith tries to connect and checks the refusal: status, and when to come again.
func (d *desk) refusedWith(status int, transport string, header http.Header) {
	d.t.Helper()
	c, err := livetest.OpenTransport(d.t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: header})
	var refused *livetest.Refused
	if !errors.As(err, &refused) {
		if err == nil {
			c.Close()
		}
		d.t.Errorf("%s %v: let in, or %v", transport, header, err)
		return
	}
	if after, err := strconv.Atoi(refused.Header.Get("Retry-After")); refused.Status != status || err != nil || after < 1 {
		d.t.Errorf("%s %v: status %d, want %d, Retry-After %q", transport, header, refused.Status, status, refused.Header.Get("Retry-After"))
	}
	if !strings.Contains(refused.Body, `"code":4`) {
		d.t.Errorf("body %s", refused.Body)
	}
}

// Connections in all, of one address and of one user, each transport: who is one too
// many is told when to come again, everybody else stays and comes in.
func testPlaces(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		t.Run(transport, func(t *testing.T) {
			d := newDesk(t, open, limited(Limits{Connections: 9, ConnectionsPerAddress: 4, ConnectionsPerUser: 3}))
			join := func(header http.Header) *livetest.Client { return d.connect(transport, header) }
			var first []*livetest.Client
			for i := range 3 {
				first = append(first, join(from(fmt.Sprintf("192.0.2.%d", i+1), user(1, "Trader"))))
			}
			d.refusedWith(http.StatusTooManyRequests, transport, from("192.0.2.9", user(1, "Trader")))
			neighbour := join(from("192.0.2.1", user(2, "Trader")))
			for range 2 {
				join(from("192.0.2.1", nil))
			}
			d.refusedWith(http.StatusTooManyRequests, transport, from("192.0.2.1", nil))
			d.refusedWith(http.StatusTooManyRequests, transport, from("::ffff:192.0.2.1", nil))
			for i := range 3 {
				join(from(fmt.Sprintf("2001:db8::%d", i+1), nil))
			}
			d.refusedWith(http.StatusServiceUnavailable, transport, from("198.51.100.1", nil))
			for limit, want := range map[string]int{LimitConnectionsPerUser: 1, LimitConnectionsPerAddress: 2, LimitConnections: 1} {
				if got := d.exceeded(limit); got != want {
					t.Errorf("%s told %d times, want %d", limit, got, want)
				}
			}
			if got := d.counters.Totals().HandshakeFailures[FailureFull]; got != 4 {
				t.Errorf("%d refusals counted, want 4", got)
			}
			d.send(Message{Rooms: []string{events.RoomPublic}})
			barrier(t, append(first, neighbour)...)
			for i, c := range append(first, neighbour) {
				if count(c, "tick") != 1 {
					t.Errorf("client %d lost an event", i)
				}
			}
			// A place that is given back is to be had again.
			first[0].Close()
			eventually(t, "the place is free", func() bool { return d.places.Open() == 8 })
			join(from("2001:db8::9", user(1, "Trader")))
			// One network of IPv6 is one client; the next one is another.
			first[1].Close()
			eventually(t, "the place is free", func() bool { return d.places.Open() == 8 })
			d.refusedWith(http.StatusTooManyRequests, transport, from("2001:db8::77", nil))
			join(from("2001:db8:0:1::77", nil))
			d.loud()
		})
	}
}

// Every end gives its place back, however it came about.
func testPlacesChurn(t *testing.T, open opener) {
	d := newDesk(t, open, limited(Limits{Connections: 1000, ConnectionsPerAddress: 500, ConnectionsPerUser: 100, EventsPerSecond: 50, EventBurst: 50}))
	total := 5000
	if _, native := d.engine.(*Native); !native {
		total = 500
	}
	neighbour := d.greeted("websocket", 1_000_000, "Master")
	var work sync.WaitGroup
	jobs := make(chan int)
	for range 16 {
		work.Go(func() {
			for i := range jobs {
				churn(t, d, i)
			}
		})
	}
	for i := range total {
		jobs <- i
	}
	close(jobs)
	work.Wait()
	http.DefaultClient.CloseIdleConnections()
	d.send(Message{Rooms: []string{events.RoomPublic}})
	barrier(t, neighbour)
	if count(neighbour, "tick") != 1 {
		t.Error("the neighbour lost an event")
	}
	neighbour.Close()
	eventually(t, "all places are given back", func() bool { return d.places.Open() == 0 })
	eventually(t, "all accounts are closed", func() bool {
		a := d.hub.allowances
		a.mu.Lock()
		defer a.mu.Unlock()
		return len(a.sockets) == 0 && len(a.users) == 0
	})
	d.places.mu.Lock()
	defer d.places.mu.Unlock()
	if p := d.places; p.all != 0 || len(p.addresses) != 0 || len(p.users) != 0 {
		t.Errorf("left behind: %d, %v, %v", p.all, p.addresses, p.users)
	}
}

// churn begins one connection and ends it in one of several ways.
func churn(t *testing.T, d *desk, i int) {
	header := from(fmt.Sprintf("10.0.%d.%d", i%7, i%11), user(1+i%13, "Trader"))
	if i%3 == 0 {
		header = from(fmt.Sprintf("2001:db8:0:%x::1", i%17), nil)
	}
	ctx := t.Context()
	switch i % 10 {
	case 0: // an upgrade that is none
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, d.url+"/socket.io/?EIO=4&transport=websocket", nil)
		if err != nil {
			t.Error(err)
			return
		}
		req.Header = header
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Error(err)
			return
		}
		_ = resp.Body.Close()
	case 1: // polling, joined, left in order
		c, err := livetest.Connect(ctx, livetest.Dial{URL: d.url, Transport: "polling", Header: header})
		if err != nil {
			t.Error(err)
			return
		}
		_ = c.Send(ctx, "1")
		c.Close()
	default:
		c, err := livetest.OpenTransport(ctx, livetest.Dial{URL: d.url, Header: header})
		if err != nil {
			t.Error(err)
			return
		}
		if i%2 == 0 {
			if err := c.Join(ctx); err != nil {
				t.Error(err)
			}
		}
		if i%4 < 2 {
			c.Reset()
		} else {
			c.Close()
		}
	}
}

// Handshakes of one address; another address, and what is connected, go on.
func testHandshakeRate(t *testing.T, open opener) {
	// So slow that none comes back while the test runs.
	d := newDesk(t, open, limited(Limits{HandshakesPerSecond: 1, HandshakeBurst: 20}), func(d *desk, _ *Options) {
		d.standing = true
	})
	poller := d.connect("polling", from("192.0.2.1", user(1, "Trader")))
	for range 19 {
		d.connect("websocket", from("192.0.2.1", nil)).Close()
	}
	for _, transport := range transportsUnderTest {
		d.refusedWith(http.StatusTooManyRequests, transport, from("192.0.2.1", user(1, "Trader")))
	}
	// Words that one engine takes for a session id and the other does not.
	for _, query := range []string{"&sid=", "&s%69d=x", "&sid=%zz", "&sid=a;b"} {
		req, err := http.NewRequest(http.MethodGet, d.url+"/socket.io/?EIO=4&transport=polling"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = from("192.0.2.1", nil)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusTooManyRequests {
			t.Errorf("%s: status %d", query, resp.StatusCode)
		}
	}
	http.DefaultClient.CloseIdleConnections()
	d.connect("websocket", from("192.0.2.2", user(2, "Trader")))
	d.send(Message{Rooms: []string{events.RoomUser(1)}})
	barrier(t, poller) // its polls are no handshakes
	if count(poller, "tick") != 1 {
		t.Error("the neighbour lost an event")
	}
	if got := d.exceeded(LimitHandshakes); got != 6 {
		t.Errorf("told %d times, want 6", got)
	}
	d.loud()
}
