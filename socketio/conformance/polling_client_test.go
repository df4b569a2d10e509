package conformance

import (
	"context"
	"io"
	"net/http"
	"strings"
	"testing"
)

const separator = "\x1e"

// answer is one HTTP answer.
type answer struct {
	status int
	header http.Header
	body   string
	err    error
}

// poller is one raw long-polling session. It polls only when told to.
type poller struct {
	t      testing.TB
	url    string
	client *http.Client
	open   open
	queue  []string
}

// httpClient makes a client whose connections end with the test.
func httpClient(t testing.TB) *http.Client {
	c := &http.Client{Transport: &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 8}}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

// request makes one HTTP request of its own.
func request(t testing.TB, c *http.Client, method, url string, body io.Reader, header http.Header) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	for name, values := range header {
		req.Header[name] = values
	}
	if body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "text/plain;charset=UTF-8")
	}
	resp, err := c.Do(req)
	if err != nil {
		return answer{err: err}
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(data), err}
}

// poll opens a session by polling.
func poll(t testing.TB, url string) *poller {
	t.Helper()
	p := &poller{t: t, client: httpClient(t)}
	a := request(t, p.client, http.MethodGet, url, nil, nil)
	if a.err != nil || a.status != http.StatusOK {
		t.Fatalf("handshake: %+v", a)
	}
	first, rest, more := strings.Cut(a.body, separator)
	var err error
	if p.open, err = handshakeOf(first); err != nil {
		t.Fatal(err)
	}
	if more {
		p.queue = strings.Split(rest, separator)
	}
	p.url = url + "&sid=" + p.open.SID
	return p
}

func (p *poller) get() answer {
	p.t.Helper()
	return request(p.t, p.client, http.MethodGet, p.url, nil, nil)
}

func (p *poller) post(body string) answer {
	p.t.Helper()
	return request(p.t, p.client, http.MethodPost, p.url, strings.NewReader(body), nil)
}

// send posts packets and wants them to be taken.
func (p *poller) send(packets ...string) {
	p.t.Helper()
	if a := p.post(strings.Join(packets, separator)); a.status != http.StatusOK || a.body != "ok" {
		p.t.Fatalf("POST answered %+v", a)
	}
}

// next takes the oldest packet, polling when none is there. Pings are answered.
func (p *poller) next() string {
	p.t.Helper()
	for {
		if len(p.queue) > 0 {
			first := p.queue[0]
			p.queue = p.queue[1:]
			if first == "2" {
				p.send("3")
				continue
			}
			return first
		}
		a := p.get()
		if a.status != http.StatusOK {
			p.t.Fatalf("poll answered %+v", a)
		}
		p.queue = strings.Split(a.body, separator)
	}
}

func (p *poller) expect(want ...string) {
	p.t.Helper()
	for _, s := range want {
		if got := p.next(); got != s {
			p.t.Fatalf("got %.200q, want %.200q", got, s)
		}
	}
}

// pending starts a poll and returns the channel on which its answer comes.
func (p *poller) pending() <-chan answer {
	c := make(chan answer, 1)
	go func() { c <- request(p.t, p.client, http.MethodGet, p.url, nil, nil) }()
	return c
}

// websocketURL is where this session can be upgraded.
func (p *poller) websocketURL() string {
	return strings.Replace(p.url, "transport=polling", "transport=websocket", 1)
}
