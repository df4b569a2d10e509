package live

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/server/live/livetest"
)

// bySession reads session and remembered login from the headers X-Session and
// X-Remembered; a session in over is nobody's.
func bySession(over *sync.Map) func(*desk, *Options) {
	return func(d *desk, _ *Options) {
		d.onAuth = func(r *http.Request, id *middleware.Identity) error {
			id.SessionID, _ = strconv.ParseInt(r.Header.Get("X-Session"), 10, 64)
			id.RememberedID, _ = strconv.ParseInt(r.Header.Get("X-Remembered"), 10, 64)
			if _, gone := over.Load(id.SessionID); gone {
				*id = middleware.Identity{}
			}
			return nil
		}
	}
}

// tab opens a socket of user 1 in a session.
func (d *desk) tab(transport string, session, remembered int) *livetest.Client {
	d.t.Helper()
	header := user(1, "Trader")
	header.Set("X-Session", strconv.Itoa(session))
	header.Set("X-Remembered", strconv.Itoa(remembered))
	c := d.connect(transport, header)
	if _, err := c.WaitEvent(d.t.Context(), events.ConnectionEstablishedEvent.Name()); err != nil {
		d.t.Fatal(err)
	}
	return c
}

var lastWords = Ending{Name: "session_ended", Payload: json.RawMessage(`{"reason":"logout"}`)}

// wantEnded holds that the socket got the ending last and was closed.
func wantEnded(t *testing.T, what string, c *livetest.Client, away bool) {
	t.Helper()
	if err := c.WaitClosed(t.Context()); err != nil {
		t.Errorf("%s: %v", what, err)
		return
	}
	if names := c.Names(); len(names) == 0 || names[len(names)-1] != "session_ended" || count(c, "session_ended") != 1 {
		t.Errorf("%s: got %v", what, names)
	}
	if c.Disconnected() != away {
		t.Errorf("%s: DISCONNECT %v", what, c.Disconnected())
	}
}

// contract 5.9: the sockets of the sessions named end, with a last event, and no other.
func testEndRooms(t *testing.T, open opener) {
	for _, back := range []bool{false, true} {
		d := newDesk(t, open, bySession(new(sync.Map)))
		var ended, living []*livetest.Client
		for _, transport := range transportsUnderTest {
			ended = append(ended, d.tab(transport, 11, 0), d.tab(transport, 12, 5), d.tab(transport, 0, 5))
			living = append(living, d.tab(transport, 13, 6), d.tab(transport, 0, 7), d.greeted(transport, 2, "Trader"))
		}
		speakers := 0
		d.engine.EachSpeaker(func(id middleware.Identity) {
			if speakers++; id.UserID != 1 || id.Role != "Trader" {
				t.Errorf("speaker %+v", id)
			}
		})
		if speakers != 10 {
			t.Errorf("%d speakers", speakers)
		}
		ending := lastWords
		ending.Back = back
		rooms := []string{events.RoomSession(11), events.RoomRemembered(5), events.RoomSession(404)}
		d.engine.EndRooms(rooms, ending)
		d.engine.EndRooms(rooms, ending)
		d.engine.EndRooms(nil, ending)
		d.send(Message{Rooms: []string{events.RoomAuthenticated, events.RoomSession(13), events.RoomUser(1)}, Name: "after"})
		d.send(Message{Rooms: []string{events.RoomSession(13), events.RoomRemembered(6)}, Name: "unheard"})
		for i, c := range ended {
			wantEnded(t, fmt.Sprint("back ", back, ", tab ", i), c, !back)
		}
		barrier(t, living...)
		for i, c := range living {
			if count(c, "after") != 1 || count(c, "unheard")+count(c, "session_ended") != 0 {
				t.Errorf("living %d: %v", i, c.Names())
			}
		}
		eventually(t, "ends reported", func() bool {
			n := 0
			for _, s := range d.saw() {
				if strings.HasPrefix(s, "gone ") {
					n++
				}
			}
			return n == len(ended)
		})
		// Without a last event they just go.
		d.engine.EndRooms([]string{events.RoomSession(13)}, Ending{Back: true})
		for _, c := range []*livetest.Client{living[0], living[3]} {
			if err := c.WaitClosed(t.Context()); err != nil || c.Disconnected() || count(c, "session_ended") != 0 {
				t.Errorf("%v, DISCONNECT %v, %v", err, c.Disconnected(), c.Names())
			}
		}
		d.loud()
	}
}

// contract 5.9: while others write, nothing that is written after the end reaches an
// ended socket.
func testEndWhileWritten(t *testing.T, open opener) {
	d := newDesk(t, open, bySession(new(sync.Map)))
	for round := range 5 {
		session := 100 + round
		tabs := []*livetest.Client{d.tab("websocket", session, 0), d.tab("polling", session, 0)}
		witness := d.tab("websocket", 99, 0)
		var over atomic.Bool
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 3 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					case <-time.After(time.Millisecond): // readers keep up
					}
					name := "before"
					if over.Load() {
						name = "after"
					}
					if err := d.engine.Send(Message{Rooms: []string{events.RoomAuthenticated}, Name: name, Payload: json.RawMessage(`{}`)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		if _, err := witness.WaitEvent(t.Context(), "before"); err != nil {
			t.Fatal(err)
		}
		d.engine.EndRooms([]string{events.RoomSession(int64(session))}, lastWords)
		over.Store(true)
		if _, err := witness.WaitEvent(t.Context(), "after"); err != nil {
			t.Fatal(err)
		}
		close(stop)
		writers.Wait()
		for i, c := range tabs {
			wantEnded(t, fmt.Sprint("tab ", i), c, true)
			if count(c, "after") != 0 {
				t.Errorf("tab %d got what was written after its end", i)
			}
		}
		witness.Close()
	}
}

// A session that ends while its socket is on the way in leaves no socket, and the
// socket hears nothing of what comes after.
func testEndWhileConnecting(t *testing.T, open opener) {
	for _, transport := range transportsUnderTest {
		var over sync.Map
		d := newDesk(t, open, func(d *desk, o *Options) {
			bySession(&over)(d, o)
			judge := d.onAuth
			var once sync.Once
			d.onAuth = func(r *http.Request, id *middleware.Identity) error {
				err := judge(r, id)
				once.Do(func() {
					over.Store(int64(11), true)
					d.engine.EndRooms([]string{events.RoomSession(11)}, lastWords)
				})
				return err
			}
		})
		header := user(1, "Trader")
		header.Set("X-Session", "11")
		c, err := livetest.Connect(t.Context(), livetest.Dial{URL: d.url, Transport: transport, Header: header})
		d.send(Message{Rooms: []string{events.RoomAuthenticated}, Name: "after"})
		if err == nil {
			t.Cleanup(c.Close)
			if err := c.WaitClosed(t.Context()); err != nil {
				t.Errorf("%s: the socket stayed: %v", transport, err)
			}
			if len(c.Names()) != 0 {
				t.Errorf("%s got %v", transport, c.Names())
			}
		}
		eventually(t, "nobody left", func() bool { return len(d.engine.Stats()) == 0 })
	}
}
