package models_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/relevo/relevo/models"
)

// The great circle, against distances known to a tenth of a per cent.
func TestDistance(t *testing.T) {
	at := func(lat, lon float64) models.Location { return models.Location{Latitude: lat, Longitude: lon} }
	for name, c := range map[string]struct {
		a, b models.Location
		want float64 // metres
	}{
		"same":             {at(4.6, -74.1), at(4.6, -74.1), 0},
		"one degree north": {at(0, 0), at(1, 0), 111_195},
		"over the date":    {at(0, 179.5), at(0, -179.5), 111_195},
		"poles":            {at(90, 0), at(-90, 120), math.Pi * 6_371_009},
		"Paris to Lima":    {at(48.8566, 2.3522), at(-12.0464, -77.0428), 10_249_000},
	} {
		got, back := c.a.Distance(c.b), c.b.Distance(c.a)
		if math.Abs(got-c.want) > c.want*0.001+0.01 || math.Abs(got-back) > 0.01 {
			t.Errorf("%s: %.0f m and back %.0f m, want %.0f m", name, got, back, c.want)
		}
	}
}

// The suggestion is the nearest ambulance of exactly the kind that is free and has a
// position, the first among equals; nil when there is none.
func TestNearestAmbulance(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		suggestion := func() int64 {
			t.Helper()
			e := a.emergency()
			if e.SuggestedAmbulanceID == nil {
				return 0
			}
			return *e.SuggestedAmbulanceID
		}
		plate, kind, basic := "SIN-GPS", models.AmbulanceBasic, []models.Ambulance{}
		a.tx(func(tx *models.Tx) error {
			_, err := tx.CreateAmbulance(models.AmbulanceInput{Plate: &plate, Kind: &kind})
			return err
		})
		a.ambulance(models.AmbulanceMedical, 1.25, -2.5)
		if id := suggestion(); id != 0 {
			t.Errorf("suggests %d: without a position, or of another kind", id)
		}
		for _, lat := range []float64{5, 1.26, 1.27, 1.26} {
			basic = append(basic, a.ambulance(models.AmbulanceBasic, lat, -2.5))
		}
		if id := suggestion(); id != basic[1].ID {
			t.Errorf("suggests %d, want %d", id, basic[1].ID)
		}
		busy := false
		a.tx(func(tx *models.Tx) error {
			_, err := tx.UpdateAmbulance(basic[1].ID, models.AmbulanceInput{Available: &busy})
			return err
		})
		if id := suggestion(); id != basic[3].ID {
			t.Errorf("suggests %d, want %d", id, basic[3].ID)
		}
		nobody := int64(0)
		a.tx(func(tx *models.Tx) error {
			_, err := tx.UpdateAmbulance(basic[3].ID, models.AmbulanceInput{OperatorID: &nobody})
			return err
		})
		if id := suggestion(); id != basic[2].ID {
			t.Errorf("suggests %d, want %d: the nearer one has no crew", id, basic[2].ID)
		}
		a.tx(func(tx *models.Tx) error { _, err := tx.MoveAmbulance(basic[0].ID, 1.25, -2.5); return err })
		if id := suggestion(); id != basic[0].ID {
			t.Errorf("suggests %d, want %d, which came", id, basic[0].ID)
		}
	})
}

// Positions of suggested ambulances: while VALORADA, young enough, each once.
func TestEnRoute(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		start := a.now
		near := a.ambulance(models.AmbulanceBasic, 1.25, -2.5)
		a.ambulance(models.AmbulanceMedical, 1.25, -2.5)
		enRoute := func(since time.Time) []models.AmbulancePosition {
			t.Helper()
			found, err := a.store.EnRoute(t.Context(), since)
			if err != nil || found == nil {
				t.Fatal(found, err)
			}
			return found
		}
		if found := enRoute(start); len(found) != 0 {
			t.Errorf("nobody is sick, and %v", found)
		}
		first, second := a.emergency(), a.emergency()
		same(t, "one ambulance for two", enRoute(start), []models.AmbulancePosition{{EmergencyID: first.ID, AmbulanceID: near.ID, Latitude: 1.25, Longitude: -2.5}})
		same(t, "too old", enRoute(start.Add(time.Millisecond)), []models.AmbulancePosition{})
		a.now = start.Add(time.Minute)
		a.tx(func(tx *models.Tx) error { _, err := tx.MoveAmbulance(near.ID, 1.5, -2.25); return err })
		a.tx(func(tx *models.Tx) error { _, err := tx.Dispatch(a.order(first, near)); return err })
		same(t, "dispatched to one", enRoute(a.now), []models.AmbulancePosition{{EmergencyID: second.ID, AmbulanceID: near.ID, Latitude: 1.5, Longitude: -2.25}})
		a.set(second, models.EmergencyCanceled)
		same(t, "none left", enRoute(start), []models.AmbulancePosition{})
	})
}

// Ambulances: what is stored, what is refused; a moving one keeps one position.
func TestAmbulances(t *testing.T) {
	eachAlarm(t, func(t *testing.T, a *alarm) {
		v := a.ambulance(models.AmbulanceBasic, 1, 2)
		place := *v.Location
		a.now = a.now.Add(time.Second)
		for range 3 {
			a.tx(func(tx *models.Tx) (err error) { v, err = tx.MoveAmbulance(v.ID, -3.5, 4.5); return err })
		}
		if v.Location.ID != place.ID || v.Location.Latitude != -3.5 || v.Location.Longitude != 4.5 || !v.Location.At.Time().Equal(a.now) {
			t.Errorf("moved to %+v from %+v", *v.Location, place)
		}
		bare := models.AmbulanceInput{Plate: ptr(" <b>ÑU</b>-1 "), Kind: ptr(models.AmbulanceMedical), Available: ptr(false)}
		var second models.Ambulance
		a.tx(func(tx *models.Tx) (err error) { second, err = tx.CreateAmbulance(bare); return err })
		if second.Plate != "ÑU-1" || second.Available || second.Location != nil || second.OperatorID != nil {
			t.Errorf("stored %+v", second)
		}
		list, err := a.store.Ambulances(t.Context(), 50, 0)
		if err != nil || len(list) != 2 || list[0].ID != v.ID || list[1].ID != second.ID {
			t.Errorf("list %+v, %v", list, err)
		}
		if page, err := a.store.Ambulances(t.Context(), 1, 1); err != nil || len(page) != 1 || page[0].ID != second.ID {
			t.Errorf("page %+v, %v", page, err)
		}
		for range 2 { // a PUT sent twice
			a.tx(func(tx *models.Tx) (err error) {
				second, err = tx.UpdateAmbulance(second.ID, models.AmbulanceInput{Available: ptr(true), OperatorID: &a.crew.ID, Kind: ptr(models.AmbulanceBasic)})
				return err
			})
			if !second.Available || second.OperatorID == nil || *second.OperatorID != a.crew.ID || second.Kind != models.AmbulanceBasic || second.Plate != "ÑU-1" {
				t.Errorf("changed to %+v", second)
			}
		}
		a.tx(func(tx *models.Tx) (err error) {
			second, err = tx.UpdateAmbulance(second.ID, models.AmbulanceInput{OperatorID: ptr(int64(0))})
			return err
		})
		if second.OperatorID != nil {
			t.Error("the crew stayed")
		}
		for name, c := range map[string]struct {
			f    func(tx *models.Tx) error
			want models.Code
		}{
			"taken plate":   {func(tx *models.Tx) error { _, err := tx.CreateAmbulance(bare); return err }, models.Conflict},
			"other's plate": {func(tx *models.Tx) error { _, err := tx.UpdateAmbulance(v.ID, bare); return err }, models.Conflict},
			"no plate": {func(tx *models.Tx) error {
				_, err := tx.CreateAmbulance(models.AmbulanceInput{Kind: bare.Kind})
				return err
			}, models.Invalid},
			"long plate": {func(tx *models.Tx) error {
				_, err := tx.UpdateAmbulance(v.ID, models.AmbulanceInput{Plate: ptr(strings.Repeat("A", 21))})
				return err
			}, models.Invalid},
			"kind": {func(tx *models.Tx) error {
				_, err := tx.UpdateAmbulance(v.ID, models.AmbulanceInput{Kind: ptr("UCI")})
				return err
			}, models.Invalid},
			"crew": {func(tx *models.Tx) error {
				_, err := tx.UpdateAmbulance(v.ID, models.AmbulanceInput{OperatorID: &a.requester.ID})
				return err
			}, models.Invalid},
			"unknown":       {func(tx *models.Tx) error { _, err := tx.UpdateAmbulance(999, bare); return err }, models.NotFound},
			"unknown moves": {func(tx *models.Tx) error { _, err := tx.MoveAmbulance(999, 0, 0); return err }, models.NotFound},
			"off the globe": {func(tx *models.Tx) error { _, err := tx.MoveAmbulance(v.ID, 0, 181); return err }, models.Invalid},
		} {
			if err := a.try(c.f); models.CodeOf(err) != c.want {
				t.Errorf("%s: %v, want %s", name, err, c.want)
			}
		}
	})
}
