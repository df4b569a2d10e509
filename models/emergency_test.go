package models_test

import (
	"context"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

// alarm is an emergencies desk on a store whose clock it sets.
type alarm struct {
	*book
	by        models.EmergencyActor
	now       time.Time
	requester models.Requester
	crew      models.AmbulanceOperator
	count     int
}

// eachAlarm runs f on a desk with an operator, a requester and a member of a crew.
func eachAlarm(t *testing.T, f func(t *testing.T, a *alarm)) {
	t.Helper()
	for _, d := range []models.Dialect{models.SQLite, models.Postgres} {
		t.Run(string(d), func(t *testing.T) {
			a := &alarm{now: time.Date(2025, 1, 2, 3, 4, 5, 678_000_000, time.UTC)}
			s := modelstest.OpenAt(t, d, func() time.Time { return a.now })
			a.book = &book{t: t, store: s}
			u := a.user(models.Operador, nil)
			a.by = models.EmergencyActor{Actor: models.Actor{UserID: u.ID, Username: u.Username, Role: u.Role}}
			a.tx(func(tx *models.Tx) (err error) {
				if a.requester, err = tx.UpsertRequester(models.RequesterInput{PersonInput: person("000111")}); err != nil {
					return err
				}
				a.crew, err = tx.UpsertAmbulanceOperator(models.AmbulanceOperatorInput{PersonInput: person("000222"), Licence: "L-1"})
				return err
			})
			f(t, a)
		})
	}
}

func person(number string) models.PersonInput {
	return models.PersonInput{FirstName: "Persona", LastName: "Uno", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: number}
}

// try runs f and returns its error, for actions that may be refused.
func (a *alarm) try(f func(*models.Tx) error) error { return a.store.Tx(context.Background(), f) }

func (a *alarm) request() (req models.EmergencyRequest) {
	a.t.Helper()
	a.tx(func(tx *models.Tx) (err error) {
		req, err = tx.CreateRequest(models.NewRequest{RequesterID: a.requester.ID, Latitude: 1.25, Longitude: -2.5})
		return err
	})
	return req
}

func (a *alarm) evaluation(request int64) models.Evaluation {
	return models.Evaluation{By: a.by, RequestID: request, AmbulanceKind: models.AmbulanceBasic, Priority: models.PriorityMedium, Description: "texto"}
}

// emergency is a new one in state VALORADA.
func (a *alarm) emergency() (e models.Emergency) {
	a.t.Helper()
	req := a.request()
	a.tx(func(tx *models.Tx) (err error) { e, err = tx.EvaluateRequest(a.evaluation(req.ID)); return err })
	return e
}

// ambulance is a new one with the crew, at a place.
func (a *alarm) ambulance(kind string, latitude, longitude float64) (v models.Ambulance) {
	a.t.Helper()
	a.count++
	plate := fmt.Sprintf("AAA%03d", a.count)
	a.tx(func(tx *models.Tx) (err error) {
		v, err = tx.CreateAmbulance(models.AmbulanceInput{Plate: &plate, Kind: &kind, OperatorID: &a.crew.ID})
		if err == nil {
			v, err = tx.MoveAmbulance(v.ID, latitude, longitude)
		}
		return err
	})
	return v
}

func (a *alarm) order(e models.Emergency, v models.Ambulance) models.DispatchInput {
	return models.DispatchInput{By: a.by, EmergencyID: e.ID, AmbulanceID: v.ID, CrewID: a.crew.ID}
}

// set gives an emergency a state, past every rule.
func (a *alarm) set(e models.Emergency, status string) {
	a.t.Helper()
	a.tx(func(tx *models.Tx) error {
		return tx.Exec("UPDATE emergencies SET status = ? WHERE id = ?", status, e.ID)
	})
}

func openIDs(t *testing.T, s *models.Store, since time.Time, limit int) []int64 {
	t.Helper()
	open, err := s.OpenRequests(t.Context(), since, limit)
	if err != nil {
		t.Fatal(err)
	}
	ids := []int64{}
	for _, r := range open {
		ids = append(ids, r.ID)
	}
	return ids
}

func same(t *testing.T, what string, got, want any) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: %v, want %v", what, got, want)
	}
}

// emergencies contract 2.2, 3: what is stored of a request is what comes back, in every
// way to read it; its room is a UUID of its own.
func TestEmergencyRequest(t *testing.T) {
	room := regexp.MustCompile(`^emergencia-[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	eachAlarm(t, func(t *testing.T, a *alarm) {
		ctx := t.Context()
		first, second := a.request(), a.request()
		if first.ID == second.ID || first.Room == second.Room || !room.MatchString(first.Room) || !room.MatchString(second.Room) {
			t.Errorf("requests %d in %q and %d in %q", first.ID, first.Room, second.ID, second.Room)
		}
		if first.Location.Latitude != 1.25 || first.Location.Longitude != -2.5 || !first.RequestedAt.Time().Equal(a.now) || first.Location.At != first.RequestedAt {
			t.Errorf("stored %+v", first)
		}
		same(t, "requester", first.Requester, a.requester)
		byID, err := a.store.RequestByID(ctx, first.ID)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "by id", byID, first)
		byRoom, err := a.store.RequestByRoom(ctx, first.Room)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "by room", byRoom, first)
		for _, f := range []models.RequestFilter{{Limit: 5}, {Limit: 5, RequesterID: a.requester.ID}} {
			list, err := a.store.Requests(ctx, f)
			if err != nil {
				t.Fatal(err)
			}
			same(t, "newest first", list, []models.EmergencyRequest{second, first})
		}
		page, err := a.store.Requests(ctx, models.RequestFilter{Limit: 1, Offset: 1})
		if err != nil {
			t.Fatal(err)
		}
		same(t, "second page", page, []models.EmergencyRequest{first})
		none, err := a.store.Requests(ctx, models.RequestFilter{Limit: 5, RequesterID: a.crew.ID})
		if err != nil || none == nil || len(none) != 0 {
			t.Errorf("another's requests: %v, %v", none, err)
		}
	})
}

// Coordinates out of range, people who are no requesters and rooms that no database
// stores are refused, and nothing is left of the request.
func TestEmergencyRequestRefused(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		nan := func() float64 { var zero float64; return zero / zero }()
		for name, c := range map[string]struct {
			in   models.NewRequest
			want models.Code
		}{
			"latitude":         {models.NewRequest{RequesterID: a.requester.ID, Latitude: 90.0001}, models.Invalid},
			"latitude below":   {models.NewRequest{RequesterID: a.requester.ID, Latitude: -91}, models.Invalid},
			"longitude":        {models.NewRequest{RequesterID: a.requester.ID, Longitude: 180.5}, models.Invalid},
			"longitude below":  {models.NewRequest{RequesterID: a.requester.ID, Longitude: -180.5}, models.Invalid},
			"not a number":     {models.NewRequest{RequesterID: a.requester.ID, Latitude: nan}, models.Invalid},
			"nobody":           {models.NewRequest{RequesterID: 999}, models.NotFound},
			"zero":             {models.NewRequest{}, models.NotFound},
			"crew":             {models.NewRequest{RequesterID: a.crew.ID}, models.NotFound},
			"the largest id":   {models.NewRequest{RequesterID: 1<<63 - 1}, models.NotFound},
			"a negative id":    {models.NewRequest{RequesterID: -1}, models.NotFound},
			"the edge is fine": {models.NewRequest{RequesterID: a.requester.ID, Latitude: -90, Longitude: 180}, ""},
		} {
			err := a.try(func(tx *models.Tx) error { _, err := tx.CreateRequest(c.in); return err })
			if models.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %q", name, err, c.want)
			}
		}
		if ids := openIDs(t, a.store, a.now, 10); len(ids) != 1 {
			t.Errorf("%d requests are left", len(ids))
		}
		for _, room := range []string{"", "emergencia-x", "a\x00b", "\xff", string(make([]byte, 5000))} {
			if _, err := a.store.RequestByRoom(t.Context(), room); models.CodeOf(err) != models.NotFound {
				t.Errorf("room %.20q: %v", room, err)
			}
		}
		if _, err := a.store.RequestByID(t.Context(), 1<<62); models.CodeOf(err) != models.NotFound {
			t.Errorf("unknown request: %v", err)
		}
	})
}

// Open is what nobody has evaluated, or is CREADA, oldest first, since an instant that
// counts; of too many the newest.
func TestOpenRequests(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		start := a.now
		var reqs []models.EmergencyRequest
		for range 6 {
			reqs = append(reqs, a.request())
			a.now = a.now.Add(time.Minute)
		}
		id := func(i ...int) (out []int64) {
			for _, i := range i {
				out = append(out, reqs[i].ID)
			}
			return out
		}
		same(t, "all", openIDs(t, a.store, start, 10), id(0, 1, 2, 3, 4, 5))
		same(t, "since the second", openIDs(t, a.store, start.Add(time.Minute), 10), id(1, 2, 3, 4, 5))
		same(t, "after the second", openIDs(t, a.store, start.Add(time.Minute+time.Millisecond), 10), id(2, 3, 4, 5))
		same(t, "at most two", openIDs(t, a.store, start, 2), id(4, 5))
		states := []string{models.EmergencyCreated, models.EmergencyEvaluated, models.EmergencyAssigned, models.EmergencyResolved, models.EmergencyCanceled}
		for i, status := range states {
			var e models.Emergency
			a.tx(func(tx *models.Tx) (err error) { e, err = tx.EvaluateRequest(a.evaluation(reqs[i].ID)); return err })
			a.set(e, status)
		}
		same(t, "evaluated", openIDs(t, a.store, start, 10), id(0, 5))
		if open := openIDs(t, a.store, a.now, 10); len(open) != 0 {
			t.Errorf("%d are open of an hour in which there were none", len(open))
		}
	})
}

// emergencies contract 1.3, sala_atendida: once per room, whoever else joins.
func TestAttendRoom(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		req := a.request()
		attend := func() (out models.EmergencyRequest, first bool) {
			a.tx(func(tx *models.Tx) (err error) { out, first, err = tx.AttendRoom(req.Room, a.by); return err })
			return out, first
		}
		at := models.ToInstant(a.now)
		if out, first := attend(); !first || out.ID != req.ID || out.AttendedAt == nil || *out.AttendedAt != at {
			t.Errorf("first: %v, %+v", first, out)
		}
		a.now = a.now.Add(time.Hour)
		if out, first := attend(); first || out.AttendedAt == nil || *out.AttendedAt != at {
			t.Errorf("second: %v, %+v", first, out)
		}
		if lines, err := a.store.AuditTrail(t.Context(), "ATTEND_ROOM"); err != nil || len(lines) != 1 || *lines[0].EntityID != req.ID {
			t.Errorf("audit: %+v, %v", lines, err)
		}
		err := a.try(func(tx *models.Tx) error { _, _, err := tx.AttendRoom("emergencia-0", a.by); return err })
		if models.CodeOf(err) != models.NotFound {
			t.Errorf("unknown room: %v", err)
		}
		same(t, "attended requests stay open", openIDs(t, a.store, time.Time{}, 9), []int64{req.ID})
	})
}
