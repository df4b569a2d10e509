package models_test

import (
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/relevo/relevo/models"
)

// emergencies contract 3: a document names one person, whose data the last request
// sets; markup goes, other scripts stay, empty options are null.
func TestUpsertRequester(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		upsert := func(in models.RequesterInput) (out models.Requester) {
			t.Helper()
			a.tx(func(tx *models.Tx) (err error) { out, err = tx.UpsertRequester(in); return err })
			return out
		}
		in := models.RequesterInput{PersonInput: person("777"), Conditions: []string{" asma ", "", "<b>diabetes</b> tipo 2"}}
		in.FirstName, in.LastName, in.SecondName, in.SecondLastName = " Ñandú <i>😀</i> ", "Пётр 李", ptr("  "), ptr("Ruiz")
		first := upsert(in)
		if first.ID <= 0 || first.FirstName != "Ñandú 😀" || first.LastName != "Пётр 李" || first.SecondName != nil || deref(first.SecondLastName) != "Ruiz" ||
			first.BirthDate != "1990-01-01" || first.DocumentType != models.Cedula || first.DocumentNumber != "777" {
			t.Errorf("stored %+v", first)
		}
		same(t, "conditions", first.Conditions, []string{"asma", "diabetes tipo 2"})

		in.FirstName, in.BirthDate, in.Conditions = "Ana", "1991-12-31", nil
		second := upsert(in)
		if second.ID != first.ID || second.FirstName != "Ana" || second.BirthDate != "1991-12-31" || len(second.Conditions) != 2 {
			t.Errorf("changed to %+v, was id %d", second, first.ID)
		}
		in.Conditions = []string{}
		if third := upsert(in); third.ID != first.ID || len(third.Conditions) != 0 {
			t.Errorf("emptied to %+v", third)
		}
		in.DocumentType = models.TarjetaIdentidad
		if other := upsert(in); other.ID == first.ID {
			t.Error("the same number of another document is the same person")
		}
		again := upsert(models.RequesterInput{PersonInput: person("000222")})
		if again.ID != a.crew.ID {
			t.Errorf("a member of a crew asks as person %d, is %d", again.ID, a.crew.ID)
		}
		if o, err := a.store.AmbulanceOperator(t.Context(), a.crew.ID); err != nil || o.Licence != "L-1" {
			t.Errorf("the licence is %q, %v", o.Licence, err)
		}
	})
}

// Rules of people, each refused with code Invalid and without a trace.
func TestPersonRules(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		for name, edit := range map[string]func(*models.RequesterInput){
			"no name":            func(in *models.RequesterInput) { in.FirstName = " <b></b> " },
			"no last name":       func(in *models.RequesterInput) { in.LastName = "" },
			"long name":          func(in *models.RequesterInput) { in.FirstName = strings.Repeat("ñ", 101) },
			"long second name":   func(in *models.RequesterInput) { in.SecondName = ptr(strings.Repeat("😀", 101)) },
			"long second last":   func(in *models.RequesterInput) { in.SecondLastName = ptr(strings.Repeat("x", 101)) },
			"no number":          func(in *models.RequesterInput) { in.DocumentNumber = "\x00" },
			"long number":        func(in *models.RequesterInput) { in.DocumentNumber = strings.Repeat("1", 31) },
			"invisible marks":    func(in *models.RequesterInput) { in.DocumentNumber = "1\u200b2" },
			"document type":      func(in *models.RequesterInput) { in.DocumentType = "cedula" },
			"date":               func(in *models.RequesterInput) { in.BirthDate = "1990-02-30" },
			"date with time":     func(in *models.RequesterInput) { in.BirthDate = "1990-01-01T00:00:00" },
			"date in the future": func(in *models.RequesterInput) { in.BirthDate = "2025-01-03" },
			"date long ago":      func(in *models.RequesterInput) { in.BirthDate = "1899-12-31" },
			"many conditions":    func(in *models.RequesterInput) { in.Conditions = make([]string, 51) },
			"a long condition":   func(in *models.RequesterInput) { in.Conditions = []string{strings.Repeat("ñ", 201)} },
		} {
			in := models.RequesterInput{PersonInput: person("888")}
			edit(&in)
			err := a.try(func(tx *models.Tx) error { _, err := tx.UpsertRequester(in); return err })
			if models.CodeOf(err) != models.Invalid || models.MessageOf(err) == "" {
				t.Errorf("%s: %v", name, err)
			}
		}
		widest := models.RequesterInput{PersonInput: person(strings.Repeat("9", 30))}
		widest.FirstName, widest.LastName = strings.Repeat("😀", 100), strings.Repeat("ñ", 100)
		for range 50 {
			widest.Conditions = append(widest.Conditions, strings.Repeat("€", 200))
		}
		a.tx(func(tx *models.Tx) error { _, err := tx.UpsertRequester(widest); return err })
		for _, licence := range []string{"", strings.Repeat("L", 51)} {
			err := a.try(func(tx *models.Tx) error {
				_, err := tx.UpsertAmbulanceOperator(models.AmbulanceOperatorInput{PersonInput: person("9"), Licence: licence})
				return err
			})
			if models.CodeOf(err) != models.Invalid {
				t.Errorf("licence %q: %v", licence, err)
			}
		}
		if _, err := a.store.RequesterByID(t.Context(), a.crew.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("a member of a crew is a requester: %v", err)
		}
		if _, err := a.store.AmbulanceOperator(t.Context(), a.requester.ID); models.CodeOf(err) != models.NotFound {
			t.Errorf("a requester is a member of a crew: %v", err)
		}
	})
}

// Who adds a requester that is known, as requester or as member of a crew, changes
// nothing and learns whom it is.
func TestAddRequester(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		person := func(document, name string) models.PersonInput {
			return models.PersonInput{FirstName: name, LastName: "Uno", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: document}
		}
		add := func(document, name string, conditions ...string) (out models.Requester) {
			t.Helper()
			a.tx(func(tx *models.Tx) (err error) {
				out, err = tx.AddRequester(models.RequesterInput{PersonInput: person(document, name), Conditions: conditions})
				return err
			})
			return out
		}
		first := add("900", "Ana", "asma")
		if again := add("900", "Otra", "nada"); again.ID != first.ID || again.FirstName != "Ana" || len(again.Conditions) != 1 || again.Conditions[0] != "asma" {
			t.Errorf("first %+v, again %+v", first, again)
		}
		var crew models.AmbulanceOperator
		a.tx(func(tx *models.Tx) (err error) {
			crew, err = tx.UpsertAmbulanceOperator(models.AmbulanceOperatorInput{PersonInput: person("901", "Luis"), Licence: "L-1"})
			return err
		})
		if r := add("901", "Otra", "asma"); r.ID != crew.ID || r.FirstName != "Luis" || len(r.Conditions) != 1 {
			t.Errorf("crew %+v, requester %+v", crew, r)
		}
	})
}

// Requests of one new person at once make one person, and all succeed.
func TestUpsertRequesterConcurrently(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		var wg sync.WaitGroup
		var mu sync.Mutex
		ids := map[int64]bool{}
		for i := range 12 {
			wg.Go(func() {
				in := models.RequesterInput{PersonInput: person("4242"), Conditions: []string{fmt.Sprint(i)}}
				var out models.Requester
				err := a.try(func(tx *models.Tx) (err error) { out, err = tx.UpsertRequester(in); return err })
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				ids[out.ID] = true
			})
		}
		wg.Wait()
		if len(ids) != 1 {
			t.Errorf("ids %v", ids)
		}
	})
}
