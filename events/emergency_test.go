package events_test

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"slices"
	"testing"
	"time"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/models/modelstest"
)

var desk = []string{"role_Operador", "role_Master", "emergencias"}

// sample is the request of the emergencies contract 1.3.
func sample() models.EmergencyRequest {
	at := models.ToInstant(time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC))
	return models.EmergencyRequest{
		ID: 42, RequestedAt: at, Room: "emergencia-6f1c",
		Requester: models.Requester{Person: models.Person{
			ID: 5, FirstName: "Persona", LastName: "Uno", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: "000111",
		}},
		Location: models.Location{ID: 9, Latitude: 1.25, Longitude: -2.5, At: at},
	}
}

const (
	sampleRequester = `{"id":5,"nombre":"Persona","apellido":"Uno","fechaNacimiento":"1990-01-01","tipoDocumento":"CEDULA","numeroDocumento":"000111","nombre2":null,"apellido2":null,"padecimientos":[]}`
	sampleStored    = `"id":42,"solicitante":` + sampleRequester + `,"fechaHora":"2025-01-02T03:04:05Z","ubicacion":{"id":9,"latitud":1.25,"longitud":-2.5,"fechaHora":"2025-01-02T03:04:05Z"}`
)

// emergencies contract 1.3 to the byte: key order, ids and coordinates as numbers, inner
// dates with Z, the outer timestamp with microseconds and +00:00, no null list.
func TestEmergencyMessages(t *testing.T) {
	lima := time.FixedZone("", -5*3600)
	at := time.Date(2025, 1, 1, 22, 4, 5, 678_901_234, lima)
	req, ambulance := sample(), int64(3)
	e := models.Emergency{
		ID: 11, Request: req, Status: models.EmergencyEvaluated, AmbulanceKind: models.AmbulanceBasic, Priority: models.PriorityMedium,
		Description: "texto <b>", Operator: models.EmergencyOperator{ID: 7, Username: "u"}, SuggestedAmbulanceID: &ambulance,
	}
	full := sample()
	full.Requester.SecondName, full.Requester.SecondLastName = text("Ñ"), text("\u2028😀")
	full.Requester.Conditions = models.JSONText[string]{"dato", "otro"}
	full.Location.Latitude, full.Location.Longitude = -12.0464, 1e-7
	full.RequestedAt = models.ToInstant(at)
	for name, c := range map[string]struct {
		emit   func(r events.Recorder) error
		event  string
		entity string
		want   string
	}{
		"request": {func(r events.Recorder) error { return events.EmitRequestOpened(r, req, "wss://calls.example", at) }, "nueva_solicitud", "solicitud/42",
			`{"type":"nueva_solicitud","timestamp":"2025-01-02T03:04:05.678901+00:00","data":{` + sampleStored + `,"room":"emergencia-6f1c","server_url":"wss://calls.example"}}`},
		"request with everything": {func(r events.Recorder) error { return events.EmitRequestOpened(r, full, "", time.Unix(0, 0)) }, "nueva_solicitud", "solicitud/42",
			`{"type":"nueva_solicitud","timestamp":"1970-01-01T00:00:00.000000+00:00","data":{"id":42,"solicitante":{"id":5,"nombre":"Persona","apellido":"Uno",` +
				`"fechaNacimiento":"1990-01-01","tipoDocumento":"CEDULA","numeroDocumento":"000111","nombre2":"Ñ","apellido2":"\u2028😀","padecimientos":["dato","otro"]},` +
				`"fechaHora":"2025-01-02T03:04:05.678Z","ubicacion":{"id":9,"latitud":-12.0464,"longitud":1e-7,"fechaHora":"2025-01-02T03:04:05Z"},"room":"emergencia-6f1c","server_url":""}}`},
		"room": {func(r events.Recorder) error { return events.EmitRoomAttended(r, req, at) }, "sala_atendida", "solicitud/42",
			`{"type":"sala_atendida","data":{"room":"emergencia-6f1c","estado":"atendida"},"timestamp":"2025-01-02T03:04:05.678901+00:00"}`},
		"emergency": {func(r events.Recorder) error { return events.EmitEmergencyChanged(r, e, at) }, "emergencia_actualizada", "solicitud/42",
			`{"type":"emergencia_actualizada","timestamp":"2025-01-02T03:04:05.678901+00:00","data":{"id":11,"solicitud":{` + sampleStored + `},"estado":"VALORADA",` +
				`"tipoAmbulancia":"BASICA","nivelPrioridad":"MEDIA","descripcion":"texto \u003cb\u003e","id_operador":7,"solicitante":` + sampleRequester + `}}`},
		"position": {func(r events.Recorder) error {
			e, err := events.AmbulanceMovedEvent(models.AmbulancePosition{EmergencyID: 11, AmbulanceID: 3, Latitude: 1.2, Longitude: -2.4})
			return errors.Join(err, r.Record(e))
		}, "ubicacion_ambulancia", "ambulancia/3", `{"type":"ubicacion_ambulancia","latitud":1.2,"longitud":-2.4,"id_ambulancia":3}`},
	} {
		t.Run(name, func(t *testing.T) {
			var j journal
			if err := c.emit(&j); err != nil {
				t.Fatal(err)
			}
			if len(j) != 1 || j[0].Name != c.event || j[0].Entity != c.entity || !reflect.DeepEqual(j[0].Rooms, desk) || len(j[0].Except) != 0 {
				t.Fatalf("recorded %+v", j)
			}
			if string(j[0].Payload) != c.want {
				t.Errorf("payload\n%s\nwant\n%s", j[0].Payload, c.want)
			}
			if latest := c.event == "ubicacion_ambulancia"; j[0].Latest != latest {
				t.Errorf("latest is %v", j[0].Latest)
			}
		})
	}
	var j journal
	if err := events.EmitRequestOpened(&j, req, "c", at); err != nil {
		t.Fatal(err)
	}
	if again, err := events.EncodeRequestOpened(req, "c", at); err != nil || string(again) != string(j[0].Payload) {
		t.Errorf("a replay says %s, %v", again, err)
	}
}

// emergencies contract 2.3: what the REST lists share with the messages.
func TestEmergencyData(t *testing.T) {
	crew := models.AmbulanceOperator{Person: sample().Requester.Person, Licence: "L-1"}
	place, operator := sample().Location, int64(8)
	for want, v := range map[string]any{
		`{"id":5,"nombre":"Persona","apellido":"Uno","fechaNacimiento":"1990-01-01","tipoDocumento":"CEDULA","numeroDocumento":"000111","nombre2":null,"apellido2":null,"licencia":"L-1"}`:                   events.NewCrewData(crew),
		`{"id":3,"disponibilidad":true,"placa":"AAA000","tipoAmbulancia":"BASICA","ubicacion":null,"id_operador_ambulancia":null}`:                                                                           events.NewAmbulanceData(models.Ambulance{ID: 3, Available: true, Plate: "AAA000", Kind: "BASICA"}),
		`{"id":3,"disponibilidad":false,"placa":"AAA000","tipoAmbulancia":"MEDICALIZADA","ubicacion":{"id":9,"latitud":1.25,"longitud":-2.5,"fechaHora":"2025-01-02T03:04:05Z"},"id_operador_ambulancia":8}`: events.NewAmbulanceData(models.Ambulance{ID: 3, Plate: "AAA000", Kind: "MEDICALIZADA", Location: &place, OperatorID: &operator}),
	} {
		if got, err := json.Marshal(v); err != nil || string(got) != want {
			t.Errorf("%s, %v, want\n%s", got, err, want)
		}
	}
}

// Push sockets get the events of the emergencies desk and no other; nobody but the
// server publishes them.
func TestPushedEvents(t *testing.T) {
	var pushed []string
	for _, row := range events.All() {
		if row.Push != events.Pushed(row.Name) {
			t.Errorf("%s: Pushed says %v", row.Name, !row.Push)
		}
		if row.Push {
			pushed = append(pushed, row.Name)
			if row.Publishable() || !reflect.DeepEqual(row.Audience.Rooms, desk) {
				t.Errorf("%s: publishable %v, to %v", row.Name, row.Publishable(), row.Audience.Rooms)
			}
		} else if slices.Contains(row.Audience.Rooms, events.RoomEmergencies) {
			t.Errorf("%s goes to push sockets without a session", row.Name)
		}
	}
	if want := []string{"nueva_solicitud", "sala_atendida", "emergencia_actualizada", "ubicacion_ambulancia"}; !reflect.DeepEqual(pushed, want) {
		t.Errorf("pushed %v", pushed)
	}
	if events.Pushed("session_ended") || events.Pushed("nobody") {
		t.Error("others are pushed")
	}
	_, err := events.Check(events.Publication{Event: "nueva_solicitud"}, events.Unlimited())
	if models.CodeOf(err) != models.NotFound {
		t.Errorf("published: %v", err)
	}
}

// A request and its event are committed together, or neither is.
func TestRequestAndItsEventTogether(t *testing.T) {
	modelstest.Each(t, func(t *testing.T, s *models.Store) {
		ctx := context.Background()
		open := func(fail error) (req models.EmergencyRequest, err error) {
			err = s.Tx(ctx, func(tx *models.Tx) error {
				who, err := tx.UpsertRequester(models.RequesterInput{PersonInput: models.PersonInput{
					FirstName: "Persona", LastName: "Uno", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: "000111",
				}})
				if err != nil {
					return err
				}
				if req, err = tx.CreateRequest(models.NewRequest{RequesterID: who.ID, Latitude: 1.25, Longitude: -2.5}); err != nil {
					return err
				}
				return errors.Join(events.EmitRequestOpened(tx, req, "", req.RequestedAt.Time()), fail)
			})
			return req, err
		}
		count := func() (requests, logged int) {
			list, err := s.Requests(ctx, models.RequestFilter{Limit: 9})
			if err != nil {
				t.Fatal(err)
			}
			found, err := s.EventsAfter(ctx, models.EventCursor{}, 9)
			if err != nil {
				t.Fatal(err)
			}
			return len(list), len(found)
		}
		failed := errors.New("too bad")
		if _, err := open(failed); !errors.Is(err, failed) {
			t.Fatal(err)
		}
		if requests, logged := count(); requests != 0 || logged != 0 {
			t.Errorf("rolled back: %d requests and %d events", requests, logged)
		}
		req, err := open(nil)
		if err != nil {
			t.Fatal(err)
		}
		if requests, logged := count(); requests != 1 || logged != 1 {
			t.Errorf("committed: %d requests and %d events", requests, logged)
		}
		found, err := s.EventsAfter(ctx, models.EventCursor{}, 9)
		if err != nil {
			t.Fatal(err)
		}
		want, err := events.EncodeRequestOpened(req, "", req.RequestedAt.Time())
		if err != nil || string(found[0].Payload) != string(want) || found[0].Entity != "solicitud/"+jsonText(req.ID) {
			t.Errorf("logged %s of %s\nwant %s, %v", found[0].Payload, found[0].Entity, want, err)
		}
	})
}

func jsonText(v any) string { b, _ := json.Marshal(v); return string(b) }

// emergencyExamples is one message of each row that is pushed.
func emergencyExamples(t *testing.T) map[string]json.RawMessage {
	t.Helper()
	var j journal
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	moved, err := events.AmbulanceMovedEvent(models.AmbulancePosition{AmbulanceID: 3, Latitude: 1.2, Longitude: -2.4})
	err = errors.Join(err, events.EmitRequestOpened(&j, sample(), "", at), events.EmitRoomAttended(&j, sample(), at),
		events.EmitEmergencyChanged(&j, models.Emergency{ID: 11, Request: sample()}, at), j.Record(moved))
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]json.RawMessage{}
	for _, e := range j {
		out[e.Name] = e.Payload
	}
	return out
}
