package events

import (
	"sync"

	"github.com/relevo/relevo/models"
)

// Bounds of a journal.
const (
	journalEvents = 32_768
	journalBytes  = 32 << 20 // of payloads
)

// journal remembers what a process has delivered last, so that a socket that joins
// while events are on their way gets each of them once. It is safe for concurrent use.
type journal struct {
	mu    sync.RWMutex
	first uint64 // ordinal of entries[0]
	// entries have a hole at the front that grows until they are copied.
	entries []Delivery
	bytes   int
	cursor  models.EventCursor
}

func newJournal(at models.EventCursor) *journal { return &journal{first: 1, cursor: at} }

// add notes a delivery that is about to be made and gives it its ordinal.
func (j *journal) add(e models.LoggedEvent) Delivery {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cursor.Add(e.Seq)
	d := Delivery{LoggedEvent: e, Ordinal: j.first + uint64(len(j.entries)), Cursor: j.cursor}
	j.entries = append(j.entries, d)
	j.bytes += len(e.Payload)
	drop := 0
	for len(j.entries)-drop > journalEvents || j.bytes > journalBytes && len(j.entries)-drop > 1 {
		j.bytes -= len(j.entries[drop].Payload)
		j.entries[drop] = Delivery{}
		drop++
	}
	j.entries, j.first = j.entries[drop:], j.first+uint64(drop)
	return d
}

// settle closes the gaps up to low.
func (j *journal) settle(low int64) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.cursor.Settle(low)
}

// position is the ordinal of the last delivery, 0 before the first, and what is
// behind the process by now.
func (j *journal) position() (uint64, models.EventCursor) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	return j.first + uint64(len(j.entries)) - 1, j.cursor
}

// at is the delivery with the ordinal; false when it is forgotten or to come.
func (j *journal) at(ordinal uint64) (Delivery, bool) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	if ordinal < j.first || ordinal >= j.first+uint64(len(j.entries)) {
		return Delivery{}, false
	}
	return j.entries[ordinal-j.first], true
}

// since returns the deliveries after the ordinal, oldest first; false when some of
// them are forgotten.
func (j *journal) since(ordinal uint64) ([]Delivery, bool) {
	j.mu.RLock()
	defer j.mu.RUnlock()
	whole := ordinal+1 >= j.first
	from := uint64(0)
	if whole {
		from = min(ordinal+1-j.first, uint64(len(j.entries)))
	}
	return append([]Delivery(nil), j.entries[from:]...), whole
}
