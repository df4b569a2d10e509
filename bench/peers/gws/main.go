// The ceiling: a bare broadcaster on github.com/lxzan/gws. It frames a message once
// and gives every connection one non-blocking write(2); it has no handshakes, rooms or
// transports, and closes a connection that leaves more than 1 MiB unread. What every
// peer does is in ../../README.md.
package main

import (
	"encoding/json"
	"log"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/lxzan/gws"

	"github.com/relevo/relevo/bench/internal/host"
)

type news struct {
	N   int    `json:"n"`
	Pad string `json:"pad"`
}

type hub struct {
	gws.BuiltinEventHandler
	host *host.Host

	mu    sync.RWMutex
	peers map[*gws.Conn]*peer
	room  []*peer // a slice: walking a map would cost as much as the rest
}

func main() {
	h := &hub{host: host.New(), peers: map[*gws.Conn]*peer{}}
	upgrader := gws.NewUpgrader(h, &gws.ServerOption{
		Authorize: func(r *http.Request, _ gws.SessionStorage) bool {
			return !h.host.Guarded() || h.host.User(r.Header.Get("Cookie")) >= 0
		},
	})
	go h.heartbeat()
	host.Run(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conn, err := upgrader.Upgrade(w, r)
		if err != nil {
			return
		}
		go conn.ReadLoop()
	}))
}

func (h *hub) OnOpen(c *gws.Conn) {
	p, err := newPeer(c.NetConn())
	if err != nil {
		log.Print(err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.peers[c] = p
	p.place = len(h.room)
	h.room = append(h.room, p)
}

func (h *hub) OnClose(c *gws.Conn, _ error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.peers[c]; p != nil {
		h.leave(p)
		delete(h.peers, c)
	}
}

// leave takes p out of the room; h is locked.
func (h *hub) leave(p *peer) {
	if p.place < 0 {
		return
	}
	last := len(h.room) - 1
	h.room[p.place] = h.room[last]
	h.room[p.place].place = p.place
	h.room[last] = nil
	h.room = h.room[:last]
	p.place = -1
}

func (h *hub) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	data := m.Bytes()
	if len(data) < 3 || data[0] != '4' || data[1] != '2' {
		return
	}
	data, at := data[2:], 0
	for at < len(data) && data[at] != '[' {
		at++
	}
	id := string(data[:at])
	var array []json.RawMessage
	if err := json.Unmarshal(data[at:], &array); err != nil || len(array) == 0 {
		return
	}
	h.mu.RLock()
	p := h.peers[c]
	h.mu.RUnlock()
	if p == nil {
		return
	}
	switch string(array[0]) {
	case `"echo"`:
		p.send(frame([]byte("43" + id + "[" + string(array[1]) + "]")))
	case `"leave"`:
		h.mu.Lock()
		h.leave(p)
		h.mu.Unlock()
		p.send(frame([]byte("43" + id + "[]")))
	case `"bcast"`:
		n, _ := strconv.Atoi(string(array[1]))
		size, _ := strconv.Atoi(string(array[2]))
		payload, _ := json.Marshal(news{N: n, Pad: strings.Repeat("x", size)})
		h.broadcast(frame([]byte(`42["news",` + string(payload) + `]`)))
	}
}

func (h *hub) broadcast(f []byte) {
	h.mu.RLock()
	defer h.mu.RUnlock()
	for _, p := range h.room {
		p.send(f)
	}
}

// heartbeat spreads the pings of all connections over the interval.
func (h *hub) heartbeat() {
	ping := frame([]byte("2"))
	for range time.Tick(h.host.PingInterval / 50) {
		h.mu.RLock()
		now := time.Now()
		for _, p := range h.peers {
			if now.After(p.due) {
				p.due = now.Add(h.host.PingInterval)
				p.send(ping)
			}
		}
		h.mu.RUnlock()
	}
}
