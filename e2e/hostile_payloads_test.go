package e2e

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/relevo/relevo/server/live/livetest"
)

// maxPayload is the default of socket.max_payload.
const maxPayload = 1_000_000

// oversize: one byte more than the limit, on every way in.
func (f *field) oversize() {
	t := f.t
	event := func(bytes int) string {
		const around = len(`42["x",""]`)
		return `42["x","` + strings.Repeat("a", bytes-around) + `"]`
	}
	within := f.intruder(f.tina.cookie())
	if err := within.write(frame(0x81, event(maxPayload))); err != nil {
		t.Errorf("a frame of the size that is allowed: %v", err)
	}
	before := f.memory()
	for what, frames := range map[string][]byte{
		"frame":     frame(0x81, event(maxPayload+1)),
		"announced": append([]byte{0x81, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff}, make([]byte, 100)...),
		"fragments": append(frame(0x01, event(maxPayload)), frame(0x80, "a")...),
	} {
		i := f.intruder(f.tina.cookie())
		_ = i.write(frames) // it may hang up on the way
		if err := i.gone(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	text := http.Header{"Content-Type": {"text/plain;charset=UTF-8"}, "Cookie": {f.tina.cookie()}}
	for _, size := range []int{maxPayload, maxPayload + 1} {
		for what, chunked := range map[string]bool{"with a length": false, "chunked": true} {
			poll := f.tina.listen("polling")
			if poll == nil {
				return
			}
			status := f.post("/socket.io/?EIO=4&transport=polling&sid="+poll.Open.SID, text, event(size), chunked)
			if want := map[int]int{maxPayload: 200, maxPayload + 1: 413}[size]; status != want {
				t.Errorf("POST of %d bytes %s: status %d, want %d", size, what, status, want)
			}
			poll.Close()
		}
	}
	asJSON := func(header ...string) http.Header {
		h := http.Header{"Content-Type": {"application/json"}, "Cookie": {f.max.cookie()}, "X-Csrftoken": {f.max.csrf}}
		for k := 0; k+1 < len(header); k += 2 {
			h.Set(header[k], header[k+1])
		}
		return h
	}
	huge := `{"title":"` + strings.Repeat("a", 20<<20) + `"}`
	for path, header := range map[string]http.Header{
		"/clients/api/create": asJSON(), "/operations/api/create": asJSON(), "/login": asJSON(),
		"/api/emit": asJSON("Authorization", "Bearer "+f.key),
	} {
		for what, chunked := range map[string]bool{"with a length": false, "chunked": true} {
			if status := f.post(path, header, huge, chunked); status != 413 && status != 400 {
				t.Errorf("20 MB to %s %s: status %d", path, what, status)
			}
		}
	}
	f.hangsUpOn(http.Header{"X-Long": {strings.Repeat("a", 2<<20)}})
	if err := within.write(frame(0x81, `421["operation_created",{}]`)); err != nil {
		t.Error(err)
	}
	for {
		packet, err := within.read()
		if err != nil {
			t.Errorf("who sent no more than is allowed: %v", err)
		}
		if err != nil || strings.HasPrefix(packet, "431") {
			break
		}
	}
	within.close()
	t.Logf("RSS %d MB before, %d MB after", before>>20, f.memory()>>20)
}

// post sends a body, with its length or without, and returns the status of the answer;
// 413 too when the server hangs up on a body instead of reading it to the end.
func (f *field) post(path string, header http.Header, body string, chunked bool) int {
	f.t.Helper()
	req, err := http.NewRequest("POST", f.url+path, strings.NewReader(body))
	if err != nil {
		f.t.Fatal(err)
	}
	if req.Header = header; chunked {
		req.ContentLength = -1
	}
	client := f.clientFrom(elsewhere())
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return http.StatusRequestEntityTooLarge
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// hangsUpOn sends a header that is too long: 431, or the end of the connection.
func (f *field) hangsUpOn(header http.Header) {
	f.t.Helper()
	req, err := http.NewRequest("GET", f.url+openWebSocket, nil)
	if err != nil {
		f.t.Fatal(err)
	}
	req.Header = header
	client := f.clientFrom(elsewhere())
	defer client.CloseIdleConnections()
	resp, err := client.Do(req)
	if err != nil {
		return
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		f.t.Errorf("a header of 2 MB: %s", resp.Status)
	}
}

// nonsense is what a client may send: it ends the client's own connection, or means
// nothing.
var nonsense = []struct {
	name, packet string
	ends         bool
}{
	// Case 11: attachments.
	{"a million attachments", `451000000-["x",{"_placeholder":true,"num":0}]`, true},
	{"attachments beyond any number", `4599999999999999999999-["x"]`, true},
	{"no attachments", `450-["x"]`, true},
	{"no attachments of an ack", `460-1[]`, true},
	{"placeholder out of range", "451-[\"x\",{\"_placeholder\":true,\"num\":7}]\x1ebAAAA", true},
	{"placeholder below range", "451-[\"x\",{\"_placeholder\":true,\"num\":-1}]\x1ebAAAA", true},
	{"an event instead of the attachment", "451-[\"x\",{\"_placeholder\":true,\"num\":0}]\x1e42[\"x\"]", true},
	{"attachment of nothing", "bAAAA", true},
	// Case 12: JSON.
	{"100,000 nested arrays", `42["x",` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `]`, true},
	{"100,000 nested objects", `42["x",` + strings.Repeat(`{"a":`, 100_000) + "1" + strings.Repeat("}", 100_000) + `]`, true},
	{"never closed", `42["x",` + strings.Repeat("[", 900_000), true},
	{"not JSON", `42["x",}`, true},
	{"no array", `42{"x":1}`, true},
	{"a number for a name", `42[1,2]`, false},
	{"empty", `42[]`, true},
	{"nothing", `42`, true},
	{"reserved: connect", `42["connect",{}]`, true},
	{"reserved: disconnecting", `42["disconnecting",{}]`, true},
	{"another namespace", `42/admin,["x"]`, true},
	{"joined twice", `40{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`, true},
	{"duplicate keys", `42["join_client_room",{"dni":"1","dni":"__proto__"}]`, false},
	{"lone surrogates", `42["join_client_room",{"dni":"\ud800"},"\udfff"]`, false},
	{"prototype", `42["join_client_room",{"__proto__":{"dni":"1"},"constructor":{"prototype":{}}}]`, false},
	{"beyond 2^53", `42["join_client_room",{"dni":9007199254740993},1e400,-1e-400]`, false},
	{"a room of the server", `42["join_client_room",{"dni":"11112222\u0000"}]`, false},
	{"an event of the server", `42["nueva_operacion",{"client":"x"}]`, false},
	{"an answer to nothing", `43999999[]`, false},
	{"a name of 100,000 bytes", `42["` + strings.Repeat("n", 100_000) + `"]`, false},
	// Case 15 and the grammar.
	{"base64 garbage", "b!!!!", true},
	{"unknown packet", "9", true},
	{"unknown message", "49", true},
	{"a client's refusal", `44{"message":"x"}`, true},
}

// rubbish: the table, over both transports, then what only one of them can carry.
func (f *field) rubbish(t *testing.T) {
	for _, transport := range []string{"websocket", "polling"} {
		for _, n := range nonsense {
			what := transport + ": " + n.name
			c := f.tina.listen(transport)
			if c == nil {
				return
			}
			packets := []string{n.packet}
			if transport == "websocket" {
				packets = strings.Split(n.packet, "\x1e")
			}
			err := c.Send(soon(t), packets...)
			switch {
			case n.ends:
				if err := c.WaitClosed(soon(t)); err != nil {
					t.Errorf("%s: still open", what)
				}
			case err != nil:
				t.Errorf("%s: %v", what, err)
			default:
				if err := c.Barrier(soon(t)); err != nil {
					t.Errorf("%s: %v", what, err)
				}
			}
			c.Close()
		}
	}
	for what, frames := range map[string][]byte{
		"a million fragments": append(frame(0x01, "4"), bytes.Repeat(frame(0x00, "a"), 1_000_000)...),
		"empty fragments":     append(frame(0x01, "4"), bytes.Repeat(frame(0x00, ""), 10_000)...),
		"invalid UTF-8":       frame(0x81, "42[\"x\",\"\xc3\x28\"]"),
		"compressed":          frame(0xc1, "42[\"x\"]"),
		"not masked":          {0x81, 2, '4', 'x'},
	} {
		i := f.intruder(f.tina.cookie())
		_ = i.write(frames)
		if err := i.gone(); err != nil {
			t.Errorf("%s: %v", what, err)
		}
	}
	early, err := f.call()
	if err == nil {
		err = early.upgrade(openWebSocket, f.tina.cookie())
	}
	if err != nil {
		t.Fatal(err)
	}
	_ = early.write(frame(0x81, `451-["x",{"_placeholder":true,"num":0}]`))
	if err := early.gone(); err != nil {
		t.Errorf("attachments before CONNECT: %v", err)
	}
	f.contentTypes(t)
}

// contentTypes: bodies of polling that are not text (case 15).
func (f *field) contentTypes(t *testing.T) {
	client := f.clientFrom(elsewhere())
	defer client.CloseIdleConnections()
	for _, kind := range []string{"application/octet-stream", "APPLICATION/Octet-Stream; x=y"} {
		poll := f.tina.listen("polling")
		header := http.Header{"Content-Type": {kind}, "Cookie": {f.tina.cookie()}}
		if status := f.status(client, "POST", "/socket.io/?EIO=4&transport=polling&sid="+poll.Open.SID, header, "\x04abc"); status != 400 {
			t.Errorf("%s: status %d", kind, status)
		}
		poll.Close()
	}
	header := http.Header{"Cookie": {f.tina.cookie()}}
	for _, query := range []string{"&j=0", "&j=%3C/script%3E%3Cscript%3Ealert(1)//", "&j=0;alert(1)", "&b64=1"} {
		req, err := http.NewRequest("GET", f.url+"/socket.io/?EIO=4&transport=polling"+query, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header = header
		resp, err := client.Do(req)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		var body bytes.Buffer
		_, _ = body.ReadFrom(resp.Body)
		_ = resp.Body.Close()
		if strings.Contains(body.String(), "script") || strings.Contains(body.String(), "alert") || strings.Contains(resp.Header.Get("Content-Type"), "javascript") {
			t.Errorf("%s came back: %s %.200s", query, resp.Header.Get("Content-Type"), body.String())
		}
	}
}

// joinedAsNobody wants a socket that was let in as nobody: no greeting comes before the answer.
func joinedAsNobody(c *livetest.Client) error {
	if names := c.Names(); len(names) > 0 {
		return fmt.Errorf("it is greeted with %v", names)
	}
	return nil
}
