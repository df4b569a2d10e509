package live

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/socketio"
)

// adminSeen is one socket as the Admin UI is told of it. Headers, query, cookies and what
// a client authenticated with are not in it.
type adminSeen struct {
	ID        string         `json:"id"`
	Client    string         `json:"clientId"`
	Transport string         `json:"transport"`
	Namespace string         `json:"nsp"`
	Data      adminData      `json:"data"`
	Handshake adminHandshake `json:"handshake"`
	Rooms     []string       `json:"rooms"`

	gone bool // since the last look, and not told yet because nobody has said why
}

// adminData is who the socket speaks for; empty for nobody.
type adminData struct {
	UserID   int64  `json:"user_id,omitempty"`
	Username string `json:"username,omitempty"`
	Role     string `json:"role,omitempty"`
}

type adminHandshake struct {
	Address string   `json:"address"`
	Issued  int64    `json:"issued"` // Unix milliseconds
	Time    string   `json:"time"`
	Secure  bool     `json:"secure"`
	Headers struct{} `json:"headers"`
	Query   struct{} `json:"query"`
}

// adminChange is one event that tells of a change.
type adminChange struct {
	name string
	args []any
}

// adminPicture is what those who look have been told, by the id of each socket. The zero
// value shows nobody. Its user locks.
type adminPicture struct {
	seen map[string]*adminSeen
}

// list returns all that is shown, the longest connected first.
func (p *adminPicture) list() []*adminSeen {
	out := make([]*adminSeen, 0, len(p.seen))
	for _, s := range p.seen {
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b *adminSeen) int {
		if n := int(a.Handshake.Issued - b.Handshake.Issued); n != 0 {
			return n
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out
}

// update looks at the sockets that are there now and returns what changed. No more than
// adminListed are shown; who is shown stays so.
func (p *adminPicture) update(now time.Time, reasons map[string]string, spaces ...[]*socketio.Socket) []adminChange {
	if p.seen == nil {
		p.seen = map[string]*adminSeen{}
	}
	var changes []adminChange
	at := now.UTC().Format(time.RFC3339Nano)
	left := make(map[string]*adminSeen, len(p.seen))
	for id, was := range p.seen {
		left[id] = was
	}
	var new []*socketio.Socket
	for _, sockets := range spaces {
		for _, lib := range sockets {
			was := p.seen[lib.ID()]
			if was == nil {
				if len(new) < adminListed {
					new = append(new, lib)
				}
				continue
			}
			delete(left, was.ID)
			changes = append(changes, was.update(lib, at)...)
		}
	}
	for id, was := range left {
		reason, known := reasons[id]
		if !known && !was.gone {
			was.gone = true // its end is under way
			continue
		}
		delete(p.seen, id)
		changes = append(changes, adminChange{"socket_disconnected", []any{was.Namespace, id, reason, at}})
	}
	for _, lib := range new {
		if len(p.seen) >= adminListed {
			break
		}
		s := adminSeenOf(lib)
		p.seen[s.ID] = s
		changes = append(changes, adminChange{"socket_connected", []any{s, at}})
	}
	return changes
}

// update brings one socket up to date.
func (s *adminSeen) update(lib *socketio.Socket, at string) (changes []adminChange) {
	if t := lib.Conn().Transport(); t != s.Transport {
		s.Transport = t
		changes = append(changes, adminChange{"socket_updated", []any{map[string]string{"id": s.ID, "nsp": s.Namespace, "transport": t}}})
	}
	if d := adminDataOf(lib); d != s.Data {
		s.Data = d
		changes = append(changes, adminChange{"socket_updated", []any{map[string]any{"id": s.ID, "nsp": s.Namespace, "data": d}}})
	}
	now := adminRooms(lib)
	for _, room := range now {
		if !slices.Contains(s.Rooms, room) {
			changes = append(changes, adminChange{"room_joined", []any{s.Namespace, room, s.ID, at}})
		}
	}
	for _, room := range s.Rooms {
		if !slices.Contains(now, room) {
			changes = append(changes, adminChange{"room_left", []any{s.Namespace, room, s.ID, at}})
		}
	}
	s.Rooms = now
	return changes
}

func adminSeenOf(lib *socketio.Socket) *adminSeen {
	h := lib.Handshake()
	return &adminSeen{
		ID: lib.ID(), Client: adminClient(lib), Transport: lib.Conn().Transport(), Namespace: lib.Namespace().Name(), Data: adminDataOf(lib),
		Handshake: adminHandshake{
			Address: h.Address, Issued: h.Time.UnixMilli(), Time: h.Time.UTC().Format(time.RFC3339), Secure: h.Secure,
		},
		Rooms: adminRooms(lib),
	}
}

func adminDataOf(lib *socketio.Socket) adminData {
	switch s := lib.Data().(type) {
	case *nativeSocket:
		return adminData{UserID: s.identity.UserID, Username: s.identity.Username, Role: *s.role.Load()}
	case *adminSocket:
		return adminData{UserID: s.identity.UserID, Username: s.name, Role: s.identity.Role}
	}
	return adminData{}
}

// adminClient names the connection, which several sockets may share: not by its id, with
// which one could speak for it.
func adminClient(lib *socketio.Socket) string {
	sum := sha256.Sum256([]byte(lib.Conn().ID()))
	return hex.EncodeToString(sum[:6])
}

// adminRooms are the rooms of a socket, that of its own id first. Which clients somebody
// watches is not shown: the names of such rooms are document numbers.
func adminRooms(lib *socketio.Socket) []string {
	names := lib.Rooms()
	for i, name := range names {
		names[i] = events.RedactRoom(name)
	}
	slices.Sort(names)
	return append([]string{lib.ID()}, slices.Compact(names)...)
}
