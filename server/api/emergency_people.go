package api

import (
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// readPerson reads the fields of a person (emergencies contract 3).
func readPerson(f emergencyForm) models.PersonInput {
	in := models.PersonInput{
		FirstName: f.text("nombre", models.MaxPersonName), LastName: f.text("apellido", models.MaxPersonName),
		DocumentType: f.choice("tipoDocumento", models.DocumentKinds...), DocumentNumber: f.text("numeroDocumento", models.MaxDocumentNumber),
	}
	if f.needs("fechaNacimiento") {
		if born := f.day("fechaNacimiento"); !born.IsZero() {
			in.BirthDate = models.Day(born.Format(time.DateOnly))
		}
	}
	for key, to := range map[string]**string{"nombre2": &in.SecondName, "apellido2": &in.SecondLastName} {
		if s := f.optionalText(key, models.MaxPersonName); s != "" {
			*to = &s
		}
	}
	return in
}

// readRequester reads a requester and its id, 0 without one. Without conditions those
// that are known stay.
func readRequester(f emergencyForm) (in models.RequesterInput, id int64) {
	in.PersonInput = readPerson(f)
	if f.given("padecimientos") {
		in.Conditions = f.texts("padecimientos", models.MaxConditions, models.MaxCondition)
	}
	return in, f.optionalID("id")
}

// CreateRequester is POST /solicitantes, for administrators. It changes the one with the
// document when there is one.
func (e *Emergencies) CreateRequester(c *gin.Context) {
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	in, _ := readRequester(f)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	var out models.Requester
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		if out, err = tx.UpsertRequester(in); err != nil {
			return err
		}
		return tx.AuditEmergency(callerOf(c).actor, "SAVE_REQUESTER", "EmergencyRequester", out.ID, "Solicitante guardado")
	})
	respond(c, http.StatusCreated, out, err, events.NewRequesterData)
}

// Crew is GET /operadores-ambulancia/{id}, for the staff and for the member itself.
func (e *Emergencies) Crew(c *gin.Context) {
	id, err := ownPathID(c, Crews)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	crew, err := e.store.AmbulanceOperator(c.Request.Context(), id)
	respond(c, http.StatusOK, crew, err, events.NewCrewData)
}

// CreateCrew is POST /operadores-ambulancia, for administrators. It changes the one with
// the document when there is one.
func (e *Emergencies) CreateCrew(c *gin.Context) {
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	in := models.AmbulanceOperatorInput{PersonInput: readPerson(f), Licence: f.text("licencia", models.MaxLicence)}
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	var out models.AmbulanceOperator
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		if out, err = tx.UpsertAmbulanceOperator(in); err != nil {
			return err
		}
		return tx.AuditEmergency(callerOf(c).actor, "SAVE_AMBULANCE_OPERATOR", "AmbulanceOperator", out.ID, "Operador de ambulancia guardado")
	})
	respond(c, http.StatusCreated, out, err, events.NewCrewData)
}
