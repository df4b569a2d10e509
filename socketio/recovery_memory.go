package socketio

import (
	"bytes"
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// MemoryRecovery is a RecoveryStore in the memory of the process. Sessions do not survive it.
type MemoryRecovery struct {
	o     MemoryRecoveryOptions
	epoch string // tells the offsets of this process from those of another

	mu       sync.Mutex
	sessions map[string]savedSession // by private id
	order    []string                // private ids, oldest first; some may have been taken out
	logs     map[string]*packetLog   // by namespace
	bytes    int                     // of all packets
	base     uint64                  // no number up to this one is given out again by a new log
}

// MemoryRecoveryOptions bound a MemoryRecovery. Zero or less takes the default.
type MemoryRecoveryOptions struct {
	MaxAge      time.Duration    // of sessions and packets; default 2 min
	MaxSessions int              // default 10,000
	MaxPackets  int              // of one namespace; default 10,000
	MaxBytes    int              // of the packets of all namespaces; default 64 MiB
	Now         func() time.Time // default time.Now
}

type savedSession struct {
	Session
	at time.Time
}

// packetLog is the packets of one namespace; packet i has the number first+i.
type packetLog struct {
	first   uint64
	packets []loggedAt
}

// next is the number of the packet that is kept next.
func (l *packetLog) next() uint64 { return l.first + uint64(len(l.packets)) }

type loggedAt struct {
	LoggedPacket
	at   time.Time
	size int
}

// NewMemoryRecovery returns an empty store.
func NewMemoryRecovery(o MemoryRecoveryOptions) *MemoryRecovery {
	positive(&o.MaxAge, 2*time.Minute)
	positive(&o.MaxSessions, 10_000)
	positive(&o.MaxPackets, 10_000)
	positive(&o.MaxBytes, 64<<20)
	if o.Now == nil {
		o.Now = time.Now
	}
	return &MemoryRecovery{
		o: o, epoch: newID()[:8], sessions: map[string]savedSession{}, logs: map[string]*packetLog{},
	}
}

// Append implements RecoveryStore.
func (m *MemoryRecovery) Append(namespace string, p LoggedPacket) string {
	m.mu.Lock()
	defer m.mu.Unlock()
	log := m.log(namespace)
	offset := m.offset(log.next())
	kept := loggedAt{at: m.o.Now(), LoggedPacket: LoggedPacket{
		Payload: bytes.Clone(p.Payload), Offset: offset,
		Target: Target{
			All: p.Target.All, Rooms: slices.Clone(p.Target.Rooms), Except: slices.Clone(p.Target.Except),
		},
	}}
	kept.size = len(kept.Payload) + len(offset)
	for _, a := range p.Attachments {
		kept.Attachments = append(kept.Attachments, bytes.Clone(a))
		kept.size += len(a)
	}
	log.packets = append(log.packets, kept)
	m.bytes += kept.size
	m.trim(log)
	return offset
}

// log returns the log of a namespace.
func (m *MemoryRecovery) log(namespace string) *packetLog {
	log := m.logs[namespace]
	if log == nil {
		m.sweep()
		log = &packetLog{first: m.base + 1}
		m.logs[namespace] = log
	}
	return log
}

func (m *MemoryRecovery) offset(number uint64) string {
	return m.epoch + strconv.FormatUint(number, 36)
}

// NewPID implements PIDs: a random id and the offset at which the session began, for a client that comes back
// before it got any. A recovered session keeps its own.
func (m *MemoryRecovery) NewPID(s *Socket) string {
	if s.Recovered() {
		pid, _ := s.Offered()
		return pid
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	log := m.log(s.ns.name)
	return newID() + pidPosition + m.offset(log.next()-1)
}

// pidPosition is between the two; it is in no id and no offset.
const pidPosition = "."

// sweep forgets the logs of namespaces in which nothing was said for long: clients may choose the names.
func (m *MemoryRecovery) sweep() {
	for namespace, log := range m.logs {
		if m.trim(log); len(log.packets) == 0 {
			m.base = max(m.base, log.first)
			delete(m.logs, namespace)
		}
	}
}

// trim drops what is too old or too much.
func (m *MemoryRecovery) trim(log *packetLog) {
	oldest := m.o.Now().Add(-m.o.MaxAge)
	drop := 0
	for drop < len(log.packets) {
		p := &log.packets[drop]
		if len(log.packets)-drop <= m.o.MaxPackets && m.bytes <= m.o.MaxBytes && !p.at.Before(oldest) {
			break
		}
		m.bytes -= p.size
		*p = loggedAt{}
		drop++
	}
	log.first += uint64(drop)
	log.packets = log.packets[drop:]
}

// Save implements RecoveryStore.
func (m *MemoryRecovery) Save(s Session) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.sessions[s.PID] = savedSession{Session: s, at: m.o.Now()}
	m.order = append(m.order, s.PID)
	oldest := m.o.Now().Add(-m.o.MaxAge)
	for len(m.order) > 0 {
		saved, there := m.sessions[m.order[0]]
		if there && len(m.order) <= m.o.MaxSessions && !saved.at.Before(oldest) {
			break
		}
		if there {
			delete(m.sessions, m.order[0])
		}
		m.order = m.order[1:]
	}
}

// Restore implements RecoveryStore.
func (m *MemoryRecovery) Restore(_ context.Context, namespace, pid, offset string) (*Session, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	saved, there := m.sessions[pid]
	if !there || saved.Namespace != namespace {
		return nil, nil
	}
	delete(m.sessions, pid)
	if i := slices.Index(m.order, pid); i >= 0 {
		m.order = slices.Delete(m.order, i, i+1)
	}
	if saved.at.Before(m.o.Now().Add(-m.o.MaxAge)) {
		return nil, nil
	}
	if offset == "" {
		_, offset, _ = strings.Cut(pid, pidPosition)
	}
	saved.Offset = offset
	if _, whole := m.after(namespace, offset); !whole {
		return nil, nil
	}
	return &saved.Session, nil
}

// Missed implements RecoveryStore.
func (m *MemoryRecovery) Missed(namespace string, s *Session) ([]LoggedPacket, uint64, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	later, whole := m.after(namespace, s.Offset)
	var missed []LoggedPacket
	for i := range later {
		if s.includes(&later[i].Target) {
			missed = append(missed, later[i].LoggedPacket)
		}
	}
	return missed, 0, whole
}

// after returns all packets after an offset, false when some of them are gone.
func (m *MemoryRecovery) after(namespace, offset string) ([]loggedAt, bool) {
	log := m.logs[namespace]
	text, ours := strings.CutPrefix(offset, m.epoch)
	number, err := strconv.ParseUint(text, 36, 64)
	if log == nil || !ours || err != nil {
		return nil, false
	}
	m.trim(log)
	if number+1 < log.first || number >= log.next() {
		return nil, false
	}
	return log.packets[number+1-log.first:], true
}
