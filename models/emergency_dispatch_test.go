package models_test

import (
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// emergencies contract 2.3: a dispatch takes the ambulance and answers with the
// emergency as it is now; the end of the emergency frees it, twice is no harm.
func TestDispatch(t *testing.T) {
	for _, end := range []string{models.EmergencyResolved, models.EmergencyCanceled} {
		t.Run(end, func(t *testing.T) {
			eachAlarm(t, func(t *testing.T, a *alarm) {
				v, e := a.ambulance(models.AmbulanceBasic, 1, -2), a.emergency()
				var order models.DispatchOrder
				a.tx(func(tx *models.Tx) (err error) { order, err = tx.Dispatch(a.order(e, v)); return err })
				if order.ID <= 0 || order.Emergency.ID != e.ID || order.Emergency.Status != models.EmergencyAssigned || order.Ambulance.ID != v.ID ||
					order.Ambulance.Available || order.Crew.ID != a.crew.ID || order.Crew.Licence != "L-1" || order.Operator != e.Operator || !order.At.Time().Equal(a.now) {
					t.Errorf("order %+v", order)
				}
				dispatch := func(e models.Emergency, v models.Ambulance) error {
					return a.try(func(tx *models.Tx) error { _, err := tx.Dispatch(a.order(e, v)); return err })
				}
				if err := dispatch(e, v); models.CodeOf(err) != models.Conflict {
					t.Errorf("again: %v", err)
				}
				other, second := a.emergency(), a.ambulance(models.AmbulanceBasic, 1, -2)
				if other.SuggestedAmbulanceID != nil {
					t.Errorf("suggests %d, which is taken", *other.SuggestedAmbulanceID)
				}
				if err := dispatch(other, v); models.CodeOf(err) != models.Conflict {
					t.Errorf("a taken ambulance: %v", err)
				}
				if err := dispatch(e, second); models.CodeOf(err) != models.Conflict {
					t.Errorf("a second ambulance: %v", err)
				}
				free := true
				err := a.try(func(tx *models.Tx) error {
					_, err := tx.UpdateAmbulance(v.ID, models.AmbulanceInput{Available: &free})
					return err
				})
				if models.CodeOf(err) != models.Conflict {
					t.Errorf("freed by hand: %v", err)
				}
				err = a.try(func(tx *models.Tx) error { _, err := tx.DeleteEmergency(e.ID, a.by); return err })
				if models.CodeOf(err) != models.Conflict {
					t.Errorf("deleted while assigned: %v", err)
				}
				for range 2 {
					a.tx(func(tx *models.Tx) error {
						_, _, err := tx.ChangeEmergency(e.ID, models.EmergencyChange{By: a.by, Status: &end})
						return err
					})
				}
				if now, err := a.store.AmbulanceByID(t.Context(), v.ID); err != nil || !now.Available {
					t.Errorf("after the end: %+v, %v", now, err)
				}
				if err := dispatch(other, v); err != nil {
					t.Errorf("the freed ambulance: %v", err)
				}
			})
		})
	}
}

// What a dispatch refuses: state, kind, crew, unknown rows.
func TestDispatchRefused(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		basic, medical, e := a.ambulance(models.AmbulanceBasic, 1, -2), a.ambulance(models.AmbulanceMedical, 1, -2), a.emergency()
		var stranger models.AmbulanceOperator
		a.tx(func(tx *models.Tx) (err error) {
			stranger, err = tx.UpsertAmbulanceOperator(models.AmbulanceOperatorInput{PersonInput: person("333"), Licence: "L-2"})
			return err
		})
		dispatch := func(in models.DispatchInput) error {
			return a.try(func(tx *models.Tx) error { _, err := tx.Dispatch(in); return err })
		}
		for name, edit := range map[string]func(*models.DispatchInput){
			"emergency":    func(in *models.DispatchInput) { in.EmergencyID = 999 },
			"ambulance":    func(in *models.DispatchInput) { in.AmbulanceID = 999 },
			"crew":         func(in *models.DispatchInput) { in.CrewID = 999 },
			"no crew":      func(in *models.DispatchInput) { in.CrewID = 0 },
			"another crew": func(in *models.DispatchInput) { in.CrewID = stranger.ID },
			"a requester":  func(in *models.DispatchInput) { in.CrewID = a.requester.ID },
		} {
			in := a.order(e, basic)
			edit(&in)
			if err := dispatch(in); models.CodeOf(err) != models.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		for _, status := range models.EmergencyStates {
			a.set(e, status)
			if status == models.EmergencyEvaluated {
				continue
			}
			if err := dispatch(a.order(e, basic)); models.CodeOf(err) != models.Conflict {
				t.Errorf("from %s: %v", status, err)
			}
		}
		a.set(e, models.EmergencyEvaluated)
		a.tx(func(tx *models.Tx) error {
			_, _, err := tx.ChangeEmergency(e.ID, models.EmergencyChange{By: a.by, AmbulanceKind: ptr(models.AmbulanceMedical)})
			return err
		})
		if err := dispatch(a.order(e, basic)); models.CodeOf(err) != models.Invalid {
			t.Errorf("less than the kind: %v", err)
		}
		a.tx(func(tx *models.Tx) error {
			_, _, err := tx.ChangeEmergency(e.ID, models.EmergencyChange{By: a.by, AmbulanceKind: ptr(models.AmbulanceBasic)})
			return err
		})
		if err := dispatch(a.order(e, medical)); err != nil {
			t.Errorf("more than the kind: %v", err)
		}
	})
}

// Two dispatches of one ambulance at once, for two emergencies, and of two ambulances
// for one emergency: exactly one wins.
func TestDispatchConcurrently(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		for range 8 {
			v, first, second := a.ambulance(models.AmbulanceBasic, 1, -2), a.emergency(), a.emergency()
			turns := make(chan models.Emergency, 2)
			turns <- first
			turns <- second
			won, lost := race(t, 2, func() error {
				e := <-turns
				return a.try(func(tx *models.Tx) error { _, err := tx.Dispatch(a.order(e, v)); return err })
			})
			if won != 1 || lost != 1 {
				t.Errorf("one ambulance: %d won and %d lost", won, lost)
			}
			assigned, err := a.store.Emergencies(t.Context(), models.EmergencyFilter{Status: models.EmergencyAssigned, Limit: 100})
			if err != nil || len(assigned) != 1 {
				t.Fatalf("%d assigned, %v", len(assigned), err)
			}
			w, e := a.ambulance(models.AmbulanceBasic, 1, -2), a.emergency()
			vehicles := make(chan models.Ambulance, 2)
			vehicles <- w
			vehicles <- a.ambulance(models.AmbulanceMedical, 1, -2)
			won, lost = race(t, 2, func() error {
				v := <-vehicles
				return a.try(func(tx *models.Tx) error { _, err := tx.Dispatch(a.order(e, v)); return err })
			})
			if won != 1 || lost != 1 {
				t.Errorf("one emergency: %d won and %d lost", won, lost)
			}
			a.tx(func(tx *models.Tx) error {
				return tx.Exec("UPDATE emergencies SET status = ? WHERE status = ?", models.EmergencyResolved, models.EmergencyAssigned)
			})
		}
	})
}

// Lists and their filters, newest first; a deleted emergency's request does not come back.
func TestEmergencies(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		var all []int64
		var rows []models.Emergency
		for range 4 {
			e := a.emergency()
			rows, all = append(rows, e), append(all, e.ID)
			a.now = a.now.Add(time.Second)
		}
		slices.Reverse(all)
		a.set(rows[0], models.EmergencyCanceled)
		list := func(f models.EmergencyFilter) []int64 {
			t.Helper()
			if f.Limit == 0 {
				f.Limit = 50
			}
			found, err := a.store.Emergencies(t.Context(), f)
			if err != nil {
				t.Fatal(err)
			}
			ids := []int64{}
			for _, e := range found {
				ids = append(ids, e.ID)
			}
			return ids
		}
		same(t, "all", list(models.EmergencyFilter{}), all)
		same(t, "page", list(models.EmergencyFilter{Limit: 2, Offset: 1}), all[1:3])
		same(t, "by state", list(models.EmergencyFilter{Status: models.EmergencyCanceled}), []int64{rows[0].ID})
		same(t, "by operator", list(models.EmergencyFilter{OperatorID: a.by.UserID}), all)
		same(t, "by another operator", list(models.EmergencyFilter{OperatorID: 1 << 60}), []int64{})
		same(t, "by requester", list(models.EmergencyFilter{RequesterID: a.requester.ID, Status: models.EmergencyEvaluated}), all[:3])
		same(t, "by another requester", list(models.EmergencyFilter{RequesterID: a.crew.ID}), []int64{})
		same(t, "by request", list(models.EmergencyFilter{RequestID: rows[2].Request.ID}), []int64{rows[2].ID})

		var gone models.Emergency
		a.tx(func(tx *models.Tx) (err error) { gone, err = tx.DeleteEmergency(rows[1].ID, a.by); return err })
		same(t, "deleted", gone, rows[1])
		if _, err := a.store.EmergencyByID(t.Context(), gone.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("still there: %v", err)
		}
		if open := openIDs(t, a.store, time.Time{}, 9); len(open) != 0 {
			t.Errorf("its request is open again: %v", open)
		}
		err := a.try(func(tx *models.Tx) error { _, err := tx.EvaluateRequest(a.evaluation(gone.Request.ID)); return err })
		if models.CodeOf(err) != models.Conflict {
			t.Errorf("evaluated again: %v", err)
		}
		err = a.try(func(tx *models.Tx) error { _, err := tx.DeleteEmergency(gone.ID, a.by); return err })
		if models.CodeOf(err) != models.NotFound {
			t.Errorf("deleted twice: %v", err)
		}
		if lines, err := a.store.AuditTrail(t.Context(), "DELETE_EMERGENCY"); err != nil || len(lines) != 1 || lines[0].UserID != a.by.UserID {
			t.Errorf("audit: %+v, %v", lines, err)
		}
	})
}
