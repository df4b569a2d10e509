package live

import (
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2/simplelru"
	"github.com/relevo/relevo/models"
)

// adminLogins are the logins with a password that may go on without it: the page of the
// Admin UI keeps an id and shows it when it is loaded again. Only the newest are kept,
// and none outlives the process. It is safe for concurrent use.
type adminLogins struct {
	lifetime time.Duration

	mu   sync.Mutex
	rows *lru.LRU[string, time.Time] // by the hash of the id; until when
}

func newAdminLogins(lifetime time.Duration) *adminLogins {
	rows, err := lru.NewLRU[string, time.Time](adminResumed, nil)
	if err != nil {
		panic(err) // only for a size below 1
	}
	return &adminLogins{lifetime: lifetime, rows: rows}
}

// begin returns the id of a new login and when it is over.
func (l *adminLogins) begin(now time.Time) (id string, until time.Time) {
	id, until = models.NewToken(), now.Add(l.lifetime)
	l.mu.Lock()
	defer l.mu.Unlock()
	l.rows.Add(models.HashToken(id), until)
	return id, until
}

// goOn returns when the login of the id is over; false when there is none. Going on
// makes it last no longer.
func (l *adminLogins) goOn(id string, now time.Time) (until time.Time, ok bool) {
	key := models.HashToken(id)
	l.mu.Lock()
	defer l.mu.Unlock()
	until, ok = l.rows.Get(key)
	if ok && !now.Before(until) {
		l.rows.Remove(key)
		ok = false
	}
	return until, ok
}
