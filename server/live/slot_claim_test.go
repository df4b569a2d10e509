package live

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// Which slots a returning session may take up, and where it begins then.
func TestClaimSlots(t *testing.T) {
	now := time.UnixMilli(1_000_000_000_000)
	ago := func(d time.Duration) int64 { return now.Add(-d).UnixMilli() }
	row := func(position string, change func(*models.DeliverySlot)) *models.DeliverySlot {
		r := &models.DeliverySlot{ID: position, Position: position, EndedAt: ago(time.Second), Opened: int64(len(position))}
		if change != nil {
			change(r)
		}
		return r
	}
	told := func(takenAt int64) func(*models.DeliverySlot) {
		return func(r *models.DeliverySlot) { r.Told, r.TakenAt = events.ResyncTooMany, takenAt }
	}
	for name, c := range map[string]struct {
		rows   []*models.DeliverySlot
		start  string
		resync string
		taken  int
	}{
		"none":                 {nil, "z", "", 0},
		"one":                  {[]*models.DeliverySlot{row("5", nil)}, "5", "", 1},
		"the lowest of two":    {[]*models.DeliverySlot{row("5", nil), row("7", nil)}, "5", "", 1},
		"open":                 {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.EndedAt = 0 })}, "z", "", 0},
		"of a pid":             {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.ByPid = true })}, "z", "", 0},
		"polite, just now":     {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.Polite = true })}, "5", "", 1},
		"polite, long ago":     {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.Polite, r.EndedAt = true, ago(2*time.Minute) })}, "z", "", 0},
		"polite and taken":     {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.Polite, r.TakenAt = true, ago(time.Second) })}, "z", "", 0},
		"taken just now":       {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.TakenAt = ago(time.Second) })}, "5", "", 0},
		"taken long ago":       {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.TakenAt = ago(2 * time.Minute) })}, "z", "", 0},
		"out of the window":    {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.EndedAt = ago(2 * time.Hour) })}, "z", events.ResyncWindow, 1},
		"in doubt":             {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.DoubtAt = ago(time.Minute) })}, "5", "", 1},
		"in doubt for long":    {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.DoubtAt = ago(time.Hour / 2) })}, "z", events.ResyncWindow, 1},
		"not to be read":       {[]*models.DeliverySlot{row("!", nil)}, "z", events.ResyncUnknown, 0},
		"told":                 {[]*models.DeliverySlot{row("5", told(0))}, "5", events.ResyncTooMany, 1},
		"one of them told":     {[]*models.DeliverySlot{row("5", nil), row("77", told(0))}, "5", events.ResyncTooMany, 1},
		"told, just taken":     {[]*models.DeliverySlot{row("5", told(ago(time.Second)))}, "5", events.ResyncTooMany, 0},
		"told, taken long ago": {[]*models.DeliverySlot{row("5", told(ago(2*time.Minute)))}, "z", "", 0},
		"told and open":        {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.Told, r.EndedAt = events.ResyncTooMany, 0 })}, "z", "", 0},
		"told, of a pid":       {[]*models.DeliverySlot{row("5", func(r *models.DeliverySlot) { r.Told, r.ByPid = events.ResyncTooMany, true })}, "z", "", 0},
		"gaps are gaps of all": {[]*models.DeliverySlot{row("5.3", nil), row("5.3-1", nil)}, "5.3", "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			at, _ := models.ParseEventCursor("z")
			got, _ := claimSlots(c.rows, at, now, time.Hour)
			taken := 0
			for _, r := range c.rows {
				if r.TakenAt == now.UnixMilli() {
					taken++
				}
			}
			if got.start.String() != c.start || got.resync != c.resync || taken != c.taken {
				t.Errorf("start %s, resync %q, taken %d", got.start, got.resync, taken)
			}
		})
	}
}

// Of several slots the newest is taken, and stands for what took it; the others wait for
// their own, for a time.
func TestClaimTakesTheNewest(t *testing.T) {
	now := time.UnixMilli(1_000_000_000_000)
	older := &models.DeliverySlot{ID: "older", Position: "5", EndedAt: now.UnixMilli(), Opened: 1}
	newer := &models.DeliverySlot{ID: "newer", Position: "7", EndedAt: now.UnixMilli(), Opened: 2}
	at, _ := models.ParseEventCursor("z")
	for i, want := range []struct {
		after          time.Duration
		start, stands  string
		taken, doubted bool
	}{
		{after: time.Second, start: "5", stands: "7", doubted: true},
		{after: time.Minute / 2, start: "5", stands: "5", taken: true, doubted: true},
		{after: time.Minute / 2, start: "5", taken: true, doubted: true},
		{after: 2 * time.Minute, start: "z", taken: true, doubted: true},
	} {
		now = now.Add(want.after)
		got, _ := claimSlots([]*models.DeliverySlot{older, newer}, at, now, time.Hour)
		if got.start.String() != want.start || got.stands != want.stands || got.resync != "" {
			t.Errorf("claim %d: start %s, stands %s, resync %q", i, got.start, got.stands, got.resync)
		}
		if newer.TakenAt == 0 || newer.DoubtAt != 0 || (older.TakenAt != 0) != want.taken || (older.DoubtAt != 0) != want.doubted {
			t.Errorf("claim %d: newer %+v, older %+v", i, newer, older)
		}
	}
	// While one waits for its client, which may be the one whose slot was taken, that serves.
	waits := &models.DeliverySlot{ID: "waits", Position: "7", EndedAt: now.UnixMilli(), DoubtAt: now.UnixMilli(), Opened: 1}
	wrong := &models.DeliverySlot{ID: "wrong", Position: "5", EndedAt: now.UnixMilli(), TakenAt: now.UnixMilli(), Opened: 2}
	for after, start := range map[time.Duration]string{5 * time.Minute: "5", doubtServes + time.Second: "z"} {
		both := []*models.DeliverySlot{new(*waits), new(*wrong)}
		if got, _ := claimSlots(both, at, now.Add(after), time.Hour); got.start.String() != start || (got.resync != "") != (start == "z") {
			t.Errorf("after %v: %+v", after, got)
		}
	}
	late := &models.DeliverySlot{ID: "late", Position: "5", EndedAt: 1, DoubtAt: now.Add(-doubtServes - 1).UnixMilli(), Opened: 1}
	if got, _ := claimSlots([]*models.DeliverySlot{late}, at, now, time.Hour*24*365*100); got.resync != events.ResyncWindow || late.TakenAt == 0 {
		t.Errorf("after the time of doubt: %+v", got)
	}
}

// Of two tabs the one without a pid comes back first and takes the slot of the one
// with a pid. When that one comes back itself, the first one's own slot is the taken one.
func TestPassOn(t *testing.T) {
	own := &models.DeliverySlot{ID: "own", Opened: 9, EndedAt: 100, TakenAt: 200}
	old := &models.DeliverySlot{ID: "old", Opened: 5, EndedAt: 100}
	older := &models.DeliverySlot{ID: "older", Opened: 4, EndedAt: 100}
	later := &models.DeliverySlot{ID: "later", Opened: 10, EndedAt: 300}
	open := &models.DeliverySlot{ID: "open", Opened: 11}
	pid := &models.DeliverySlot{ID: "pid", Opened: 8, EndedAt: 100, ByPid: true}
	all := []*models.DeliverySlot{older, pid, old, later, open}
	if heir := passOn(own, all); heir != old || old.TakenAt != 200 {
		t.Errorf("heir %v", heir)
	}
	for _, row := range []*models.DeliverySlot{older, later, open, pid} {
		if row.TakenAt != 0 {
			t.Errorf("%s is taken", row.ID)
		}
	}
	if heir := passOn(&models.DeliverySlot{ID: "own", EndedAt: 100}, all); heir != nil {
		t.Errorf("a slot that nobody took has the heir %s", heir.ID)
	}
	if heir := passOn(own, []*models.DeliverySlot{later, open, pid}); heir != nil {
		t.Errorf("heir %s", heir.ID)
	}
}

func TestCursorAlgebra(t *testing.T) {
	for _, c := range []struct {
		a, b, union, lowest string
		covers              bool // a covers b
	}{
		{"5", "5", "5", "5", true},
		{"5", "7", "7", "5", false},
		{"7", "5", "7", "5", true},
		{"5.2", "5", "5.2", "5", true},
		{"5.2", "6", "7", "5", false},
		{"5.2-1", "5.3", "5.2-1", "5.3", true},
		{"5.2-1", "5.3-1", "5.2-2", "5.3", false},
		{"5.2-3", "8", "a", "5.2-1", false},
		{"5.2", "5.4", "5.2.4", "5", false},
		{"9", "5.2", "9", "5.2", true},
	} {
		a, _ := models.ParseEventCursor(c.a)
		b, _ := models.ParseEventCursor(c.b)
		if got := union(a, b).String(); got != c.union {
			t.Errorf("union of %s and %s is %s, want %s", c.a, c.b, got, c.union)
		}
		if got := lowest(a, b).String(); got != c.lowest {
			t.Errorf("lowest of %s and %s is %s, want %s", c.a, c.b, got, c.lowest)
		}
		if covers(a, b) != c.covers {
			t.Errorf("%s covers %s: %v", c.a, c.b, !c.covers)
		}
	}
}

func TestPID(t *testing.T) {
	signer := newPIDSigner("a secret")
	want := pidClaims{SID: "sid", Slot: "slot", Session: "s1", UserID: 7, Cursor: "5.2", Told: events.ResyncTooMany, Had: markOfOffset("x")}
	pid := signer.sign(want)
	got, cursor, ok := signer.read(pid)
	if !ok || got != want || cursor.String() != "5.2" {
		t.Errorf("read %+v %s %v", got, cursor, ok)
	}
	for _, bad := range []string{"", ".", pid + "x", "x" + pid, pid[:len(pid)-1], newPIDSigner("another").sign(want), signer.sign(pidClaims{Cursor: "!"})} {
		if _, _, ok := signer.read(bad); ok {
			t.Errorf("read %q", bad)
		}
	}
	for offset, untold := range map[string]bool{"x": true, "": false, "y": false} {
		if got.untold(offset) != untold || (&pidClaims{Had: markOfOffset(offset)}).untold(offset) {
			t.Errorf("offset %q", offset)
		}
	}
}

// Of too many slots those that have got furthest go, and last the ones whose clients may
// not know yet that they have to load everything again.
func TestTrimSlots(t *testing.T) {
	var rows []*models.DeliverySlot
	add := func(id, position, told string, endedAt int64) {
		rows = append(rows, &models.DeliverySlot{ID: id, Position: position, Told: told, EndedAt: endedAt, Opened: int64(len(rows))})
	}
	add("told", "z", events.ResyncWindow, 1)
	add("furthest", "y", "", 1)
	add("open", "z", "", 0)
	add("far", "x", "", 1)
	for len(rows) < slotsAtOnce {
		add("others", "5", "", 1)
	}
	if drop := trimSlots(rows); len(drop) != 0 {
		t.Errorf("%d dropped of %d", len(drop), len(rows))
	}
	add("told later", "z", events.ResyncWindow, 1)
	add("by pid", "w", "", 1)
	rows[len(rows)-1].Told, rows[len(rows)-1].ByPid = events.ResyncWindow, true
	add("other", "5", "", 1)
	var dropped []string
	for _, row := range trimSlots(rows) {
		dropped = append(dropped, row.ID)
	}
	if want := []string{"furthest", "far", "by pid"}; !slices.Equal(dropped, want) {
		t.Errorf("dropped %v, want %v", dropped, want)
	}
	rows = rows[:0]
	for i := range slotsAtOnce + 1 {
		add(strconv.Itoa(i), "z", events.ResyncWindow, 1)
	}
	if drop := trimSlots(rows); len(drop) != 1 || drop[0].ID != "0" {
		t.Errorf("dropped %v", drop)
	}
}

// What several connections of a session leave behind at once is sent once, from the
// lowest of their places.
func TestOwedOnce(t *testing.T) {
	at := func(low int64) models.EventCursor { return models.EventCursor{Low: low} }
	s := &slot{}
	steps := []struct {
		owe  int64
		does bool
		sent int64 // of owed after it; 0: not asked
	}{
		{50, true, 0}, {40, false, 0}, {60, false, 40}, // together
		{40, false, 0}, {45, false, 0}, // sent with that
		{30, true, 30}, {30, false, 0},
	}
	for i, step := range steps {
		if does := s.owe(at(step.owe)); does != step.does {
			t.Errorf("step %d: %v", i, does)
		}
		if step.sent != 0 {
			if got := s.owed(); got.Low != step.sent {
				t.Errorf("step %d: from %d", i, got.Low)
			}
		}
	}
	// Who is told to load everything again is told once, and sent nothing more.
	if !s.oweResync() || s.oweResync() || s.owe(at(20)) {
		t.Error("more than told once")
	}
}

// What several connections leave behind is the lowest of their places, or to load again.
func TestDebt(t *testing.T) {
	for _, c := range []struct{ a, b, both string }{
		{"5", "7", "5"},
		{"7.3", "5", "5"},
		{"!too_many", "5", "!too_many"},
		{"5", "!too_many", "!too_many"},
		{"!too_many", "!window_exceeded", "!too_many"},
	} {
		a, known := parseDebt(c.a)
		b, knownToo := parseDebt(c.b)
		if got := a.and(b).String(); got != c.both || !known || !knownToo || a.String() != c.a || b.String() != c.b {
			t.Errorf("%s and %s are %s, want %s", c.a, c.b, got, c.both)
		}
	}
	for _, none := range []string{"", "!", "no place"} {
		if d, ok := parseDebt(none); ok {
			t.Errorf("%q is %v", none, d)
		}
	}
}

// That a client was told is written although its place is the same, once.
func TestToldIsTakenBack(t *testing.T) {
	place := models.EventCursor{Low: 5}
	s := &slot{stored: true, told: true, position: place.String(), base: place, baseMark: 1}
	at := func(uint64) (models.EventCursor, bool) { return place, true }
	for i, want := range []struct {
		confirmed uint64
		position  string
	}{{0, ""}, {1, "5"}, {1, ""}, {2, ""}} {
		s.confirm(want.confirmed)
		if position, _ := s.changes(at); position != want.position {
			t.Errorf("step %d: %q", i, position)
		}
	}
}
