package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxPage is the longest page of ambulances and of requests.
const maxPage = 200

// Ambulances is GET /ambulancias: a bare list.
func (e *Emergencies) Ambulances(c *gin.Context) {
	limit, offset, err := pageOf(c, maxPage)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	list, err := e.store.Ambulances(c.Request.Context(), limit, offset)
	respond(c, http.StatusOK, list, err, mapped(events.NewAmbulanceData))
}

// Ambulance is GET /ambulancias/{id}.
func (e *Emergencies) Ambulance(c *gin.Context) {
	serveByID(c, e.store.AmbulanceByID, events.NewAmbulanceData)
}

// readAmbulance reads what a body says of an ambulance. All but the crew has to be there
// for a new one.
func readAmbulance(f emergencyForm, isNew bool) (in models.AmbulanceInput) {
	if isNew || f.given("placa") {
		s := f.text("placa", models.MaxPlate)
		in.Plate = &s
	}
	if isNew || f.given("tipoAmbulancia") {
		s := f.choice("tipoAmbulancia", models.AmbulanceKinds...)
		in.Kind = &s
	}
	in.Available = f.truth("disponibilidad")
	if _, named := f.fields["id_operador_ambulancia"]; named {
		id := f.optionalID("id_operador_ambulancia") // null takes the crew away
		in.OperatorID = &id
	}
	return in
}

// CreateAmbulance is POST /ambulancias, for administrators.
func (e *Emergencies) CreateAmbulance(c *gin.Context) {
	e.saveAmbulance(c, http.StatusCreated, true, "CREATE_AMBULANCE", func(tx *models.Tx, in models.AmbulanceInput) (models.Ambulance, error) {
		return tx.CreateAmbulance(in)
	})
}

// UpdateAmbulance is PUT /ambulancias/{id}, for administrators; missing keys stay as they
// are.
func (e *Emergencies) UpdateAmbulance(c *gin.Context) {
	id, err := pathNumber(c, "id")
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	e.saveAmbulance(c, http.StatusOK, false, "UPDATE_AMBULANCE", func(tx *models.Tx, in models.AmbulanceInput) (models.Ambulance, error) {
		return tx.UpdateAmbulance(id, in)
	})
}

func (e *Emergencies) saveAmbulance(c *gin.Context, status int, isNew bool, action string, save func(*models.Tx, models.AmbulanceInput) (models.Ambulance, error)) {
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	in := readAmbulance(f, isNew)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	if in == (models.AmbulanceInput{}) {
		middleware.Refuse(c, errNothingGiven())
		return
	}
	var out models.Ambulance
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		if out, err = save(tx, in); err != nil {
			return err
		}
		return tx.AuditEmergency(callerOf(c).actor, action, "Ambulance", out.ID, "Ambulancia guardada: "+out.Plate)
	})
	respond(c, status, out, err, events.NewAmbulanceData)
}

// errNothingGiven refuses a change of nothing (emergencies contract 2.4).
func errNothingGiven() error {
	return models.Errorf(models.Invalid, "Indique al menos un campo para actualizar")
}

// Move is PUT /ambulancias/{id}/ubicacion: where the ambulance is now. Only its own crew
// may say so.
func (e *Emergencies) Move(c *gin.Context) {
	id, err := pathNumber(c, "id")
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	latitude, longitude := f.number("latitud", -90, 90), f.number("longitud", -180, 180)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	ctx, who := c.Request.Context(), callerOf(c)
	var out models.Ambulance
	err = e.store.Tx(ctx, func(tx *models.Tx) error {
		a, err := tx.AmbulanceByID(ctx, id)
		if err != nil {
			return err
		}
		if a.OperatorID == nil || !who.is(*a.OperatorID) {
			return models.Errorf(models.Forbidden, "La ambulancia no es la suya")
		}
		out, err = tx.MoveAmbulance(id, latitude, longitude)
		return err
	})
	respond(c, http.StatusOK, out, err, events.NewAmbulanceData)
}
