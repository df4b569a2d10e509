package models_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// emergencies contract 3: every step from every state by a change. VALORADA to
// ASIGNADA is a dispatch alone; the same state again is no change and no error.
func TestEmergencyStates(t *testing.T) {
	allowed := map[string]bool{
		"CREADA>VALORADA": true, "CREADA>CANCELADA": true, "VALORADA>CANCELADA": true, "ASIGNADA>RESUELTA": true, "ASIGNADA>CANCELADA": true,
	}
	eachAlarm(t, func(t *testing.T, a *alarm) {
		e := a.emergency()
		for _, from := range models.EmergencyStates {
			for _, to := range models.EmergencyStates {
				a.set(e, from)
				step := from + ">" + to
				var after models.Emergency
				var changed bool
				err := a.try(func(tx *models.Tx) (err error) {
					after, changed, err = tx.ChangeEmergency(e.ID, models.EmergencyChange{By: a.by, Status: &to})
					return err
				})
				stored, readErr := a.store.EmergencyByID(t.Context(), e.ID)
				switch {
				case readErr != nil:
					t.Fatal(readErr)
				case from == to:
					if err != nil || changed || after.Status != from {
						t.Errorf("%s: %v, changed %v", step, err, changed)
					}
				case allowed[step]:
					if err != nil || !changed || after.Status != to || stored.Status != to {
						t.Errorf("%s: %v, changed %v, is %s", step, err, changed, stored.Status)
					}
				case models.CodeOf(err) != models.Conflict || stored.Status != from:
					t.Errorf("%s: %v, is %s", step, err, stored.Status)
				}
				if want := allowed[step] || step == "VALORADA>ASIGNADA"; models.EmergencyMayBecome(from, to) != want {
					t.Errorf("EmergencyMayBecome(%s) is not %v", step, want)
				}
			}
		}
	})
}

// What a change may set, when, and what it refuses.
func TestChangeEmergency(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		basic := a.ambulance(models.AmbulanceBasic, 1, -2)
		medical := a.ambulance(models.AmbulanceMedical, 1, -2)
		e := a.emergency()
		if e.SuggestedAmbulanceID == nil || *e.SuggestedAmbulanceID != basic.ID {
			t.Fatalf("suggests %v", e.SuggestedAmbulanceID)
		}
		change := func(c models.EmergencyChange) (after models.Emergency, changed bool, err error) {
			c.By = a.by
			err = a.try(func(tx *models.Tx) (err error) { after, changed, err = tx.ChangeEmergency(e.ID, c); return err })
			return after, changed, err
		}
		all := models.EmergencyChange{
			AmbulanceKind: ptr(models.AmbulanceMedical), Priority: ptr(models.PriorityHigh), Description: ptr(" <b>otra</b> "),
			RequestID: &e.Request.ID, RequesterID: &a.requester.ID,
		}
		a.now = a.now.Add(time.Minute)
		for i, wantChanged := range []bool{true, false} { // a PUT sent twice
			after, changed, err := change(all)
			if err != nil || changed != wantChanged || after.AmbulanceKind != models.AmbulanceMedical || after.Priority != models.PriorityHigh ||
				after.Description != "otra" || after.SuggestedAmbulanceID == nil || *after.SuggestedAmbulanceID != medical.ID ||
				after.Operator != e.Operator || after.CreatedAt != e.CreatedAt || after.UpdatedAt == e.UpdatedAt {
				t.Errorf("change %d: changed %v, %v, %+v", i, changed, err, after)
			}
		}
		if lines, err := a.store.AuditTrail(t.Context(), "UPDATE_EMERGENCY"); err != nil || len(lines) != 1 {
			t.Errorf("%d audit lines, %v", len(lines), err)
		}
		for name, c := range map[string]models.EmergencyChange{
			"status":      {Status: ptr("EN_ESCENA")},
			"kind":        {AmbulanceKind: ptr("basica")},
			"priority":    {Priority: ptr("")},
			"description": {Description: ptr(" ")},
			"long":        {Description: ptr(strings.Repeat("ñ", 1001))},
			"request":     {RequestID: ptr(e.Request.ID + 1)},
			"requester":   {RequesterID: ptr(a.requester.ID + 1)},
		} {
			if _, _, err := change(c); models.CodeOf(err) != models.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		if _, _, err := change(models.EmergencyChange{Description: ptr(strings.Repeat("ñ", 1000))}); err != nil {
			t.Error(err)
		}
		a.set(e, models.EmergencyAssigned)
		if _, _, err := change(models.EmergencyChange{AmbulanceKind: ptr(models.AmbulanceBasic)}); models.CodeOf(err) != models.Conflict {
			t.Errorf("kind after the dispatch: %v", err)
		}
		a.set(e, models.EmergencyResolved)
		if _, _, err := change(models.EmergencyChange{Priority: ptr(models.PriorityLow)}); models.CodeOf(err) != models.Conflict {
			t.Errorf("priority in a final state: %v", err)
		}
		err := a.try(func(tx *models.Tx) error {
			_, _, err := tx.ChangeEmergency(999, models.EmergencyChange{By: a.by})
			return err
		})
		if models.CodeOf(err) != models.NotFound {
			t.Errorf("unknown: %v", err)
		}
	})
}

// A request is evaluated once; its emergency in state CREADA is taken further.
func TestEvaluateOnce(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		e := a.emergency()
		if e.Status != models.EmergencyEvaluated || e.Operator.ID != a.by.UserID || e.Operator.Username != a.by.Username || e.SuggestedAmbulanceID != nil ||
			e.Description != "texto" || e.AmbulanceKind != models.AmbulanceBasic || e.Priority != models.PriorityMedium {
			t.Errorf("evaluated %+v", e)
		}
		evaluate := func(in models.Evaluation) (out models.Emergency, err error) {
			err = a.try(func(tx *models.Tx) (err error) { out, err = tx.EvaluateRequest(in); return err })
			return out, err
		}
		if _, err := evaluate(a.evaluation(e.Request.ID)); models.CodeOf(err) != models.Conflict {
			t.Errorf("again: %v", err)
		}
		a.set(e, models.EmergencyCreated)
		in := a.evaluation(e.Request.ID)
		in.Priority = models.PriorityHigh
		if out, err := evaluate(in); err != nil || out.ID != e.ID || out.Status != models.EmergencyEvaluated || out.Priority != models.PriorityHigh || out.CreatedAt != e.CreatedAt {
			t.Errorf("from CREADA: %v, %+v", err, out)
		}
		req := a.request()
		for name, edit := range map[string]func(*models.Evaluation){
			"request":       func(in *models.Evaluation) { in.RequestID = 999 },
			"zero request":  func(in *models.Evaluation) { in.RequestID = 0 },
			"requester":     func(in *models.Evaluation) { in.RequesterID = a.crew.ID },
			"kind":          func(in *models.Evaluation) { in.AmbulanceKind = "" },
			"priority":      func(in *models.Evaluation) { in.Priority = "URGENTE" },
			"description":   func(in *models.Evaluation) { in.Description = "" },
			"long":          func(in *models.Evaluation) { in.Description = strings.Repeat("x", 1001) },
			"only a script": func(in *models.Evaluation) { in.Description = "<script>x</script>" },
		} {
			in := a.evaluation(req.ID)
			edit(&in)
			if _, err := evaluate(in); models.CodeOf(err) != models.Invalid {
				t.Errorf("%s: %v", name, err)
			}
		}
		in = a.evaluation(req.ID)
		in.RequesterID, in.Description = a.requester.ID, strings.Repeat("😀", 1000)
		if out, err := evaluate(in); err != nil || out.Description != in.Description {
			t.Errorf("the longest description: %v", err)
		}
	})
}

// Two operators evaluate one request at once: one wins.
func TestEvaluateConcurrently(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		for range 5 {
			req := a.request()
			won, lost := race(t, 4, func() error {
				return a.try(func(tx *models.Tx) error { _, err := tx.EvaluateRequest(a.evaluation(req.ID)); return err })
			})
			if won != 1 || lost != 3 {
				t.Errorf("%d won and %d lost", won, lost)
			}
		}
	})
}

// race runs f n times at once and counts successes and conflicts; other errors fail.
func race(t *testing.T, n int, f func() error) (won, lost int) {
	t.Helper()
	var wg sync.WaitGroup
	errs := make(chan error, n)
	start := make(chan struct{})
	for range n {
		wg.Go(func() { <-start; errs <- f() })
	}
	close(start)
	wg.Wait()
	close(errs)
	for err := range errs {
		switch {
		case err == nil:
			won++
		case models.CodeOf(err) == models.Conflict:
			lost++
		default:
			t.Error(err)
		}
	}
	return won, lost
}
