package live

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/server/live/livetest"
)

// contract 1.1: at most 1,000,000 bytes
func testOversize(t *testing.T, open opener) {
	d := newDesk(t, open)
	bystander := d.greeted("websocket", 2, "Trader")
	big := `42["user_created","` + strings.Repeat("x", 1_000_001) + `"]`

	ws := d.greeted("websocket", 1, "Trader")
	_ = ws.Send(t.Context(), big) // may fail while the server hangs up
	if err := ws.WaitClosed(t.Context()); err != nil {
		t.Error(err)
	}

	poll := d.greeted("polling", 1, "Trader")
	var refused *livetest.Refused
	if err := poll.Send(t.Context(), big); !errors.As(err, &refused) || refused.Status != http.StatusRequestEntityTooLarge {
		t.Errorf("POST: %v", err)
	}
	// Without a length announced: chunked.
	req, err := http.NewRequest(http.MethodPost, d.url+"/socket.io/?EIO=4&transport=polling&sid="+poll.Open.SID,
		io.MultiReader(bytes.NewReader([]byte(big))))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = user(1, "Trader")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("chunked POST: %d", resp.StatusCode)
	}
	poll = d.greeted("polling", 1, "Trader")
	req, err = http.NewRequest(http.MethodPost, d.url+"/socket.io/?EIO=4&transport=polling&sid="+poll.Open.SID, strings.NewReader("4"))
	if err != nil {
		t.Fatal(err)
	}
	req.Header = user(1, "Trader")
	req.Header.Set("Content-Type", "application/octet-stream")
	if resp, err = http.DefaultClient.Do(req); err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		t.Errorf("binary POST: %d", resp.StatusCode)
	}
	http.DefaultClient.CloseIdleConnections()
	barrier(t, bystander)
	for _, s := range d.saw() {
		if strings.HasPrefix(s, "user_created") {
			t.Error("an oversize event was handled")
		}
	}
	d.loud()
}

// Nothing a client sends ends more than its own connection.
func testMalformedPackets(t *testing.T, open opener) {
	d := newDesk(t, open)
	bystander := d.greeted("websocket", 2, "Trader")
	for _, transport := range transportsUnderTest {
		for _, packet := range []string{
			"42", "42[]", "42{}", "42null", "42[null]", `42["x"`, `42["connect",{}]`, `42["disconnecting"]`,
			"451-", `451-["x"]`, `450-["x"]`, `4599999999999-["x"]`, "46", "461-1[]", "4", "49", "44", `44{"message":"x"}`,
			"40", `40{"token":"x"}`, "42/other,[\"x\"]", "41/other,", `4299999999999999999999["x"]`, "2", "bAAAA", "7", "x",
		} {
			c := d.connect(transport, nil)
			_ = c.Send(t.Context(), packet)
			if err := c.WaitClosed(t.Context()); err != nil {
				t.Errorf("%s %q: %v", transport, packet, err)
			}
		}
		// Odd, but without meaning: the connection stays.
		for _, packet := range []string{"431[]", `42["unknown"]`, "3", "3probe"} {
			c := d.connect(transport, nil)
			if err := c.Send(t.Context(), packet); err != nil {
				t.Errorf("%s %q: %v", transport, packet, err)
			}
			barrier(t, c)
			c.Close()
		}
	}
	barrier(t, bystander)
	d.loud()
}

func testHandlerPanic(t *testing.T, open opener) {
	d := newDesk(t, open, func(d *desk, _ *Options) {
		d.onEvent = func(_ Socket, name string) {
			if name == "user_deleted" {
				panic("in the handler")
			}
		}
	})
	for _, transport := range transportsUnderTest {
		c := d.greeted(transport, 1, "Master")
		before := d.counters.Totals().HandlerPanics
		id, err := c.EmitAck(t.Context(), "user_deleted", `{}`)
		if err != nil {
			t.Fatal(err)
		}
		barrier(t, c)
		if c.HasAck(id) {
			t.Errorf("%s: acknowledged", transport)
		}
		if got := d.counters.Totals().HandlerPanics - before; got != 1 {
			t.Errorf("%s: %d panics counted", transport, got)
		}
		d.send(Message{Rooms: []string{events.RoomUser(1)}})
		barrier(t, c)
		if count(c, "tick") != 1 {
			t.Errorf("%s: deaf after a panic", transport)
		}
		c.Close()
	}
}
