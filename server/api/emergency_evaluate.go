package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// evaluatedJSON answers an evaluation (emergencies contract 2.3).
type evaluatedJSON struct {
	Emergency events.EmergencyData `json:"emergencia"`
	// NearestID is null when no available ambulance of the kind has a position.
	NearestID *int64 `json:"id_ambulancia_cercana"`
}

// Evaluate is POST /valorar-emergencia.
func (e *Emergencies) Evaluate(c *gin.Context) {
	out, err := e.evaluate(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusCreated, evaluatedJSON{events.NewEmergencyData(out), out.SuggestedAmbulanceID})
}

// CreateEmergency is POST /emergencias: as Evaluate, and the answer is the emergency.
func (e *Emergencies) CreateEmergency(c *gin.Context) {
	out, err := e.evaluate(c)
	respond(c, http.StatusCreated, out, err, events.NewEmergencyData)
}

// evaluate reads the body and makes an emergency of a request. Who evaluates says the
// token: the existing client sends 1 for everybody (emergencies contract 4.2-e).
func (e *Emergencies) evaluate(c *gin.Context) (out models.Emergency, err error) {
	f, err := readForm(c)
	if err != nil {
		return out, err
	}
	in := models.Evaluation{
		By: callerOf(c).actor, RequestID: f.id("solicitud_id"), RequesterID: f.id("solicitante_id"),
		AmbulanceKind: f.choice("tipoAmbulancia", models.AmbulanceKinds...), Priority: f.choice("nivelPrioridad", models.Priorities...),
		Description: f.text("descripcion", models.MaxEmergencyText),
	}
	f.disregarded("id_operador")
	if err := f.err(); err != nil {
		return out, err
	}
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		if out, err = tx.EvaluateRequest(in); err != nil {
			return err
		}
		return events.EmitEmergencyChanged(tx, out, e.store.Instant())
	})
	return out, err
}

// dispatchedJSON answers a dispatch (emergencies contract 2.3).
type dispatchedJSON struct {
	ID        int64                `json:"id"`
	At        models.Instant       `json:"fechaHora"`
	Emergency events.EmergencyData `json:"emergencia"`
	Ambulance events.AmbulanceData `json:"ambulancia"`
	Crew      events.CrewData      `json:"operadorAmbulancia"`
	Operator  operatorJSON         `json:"operadorEmergencia"`
}

// operatorJSON is who ordered a dispatch.
type operatorJSON struct {
	ID       int64  `json:"id"`
	Username string `json:"nombreDeUsuario"`
	Email    string `json:"email"`
}

// Dispatch is POST /despachar-ambulancia. The answer shows the emergency as it is
// afterwards.
func (e *Emergencies) Dispatch(c *gin.Context) {
	f, err := readForm(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	in := models.DispatchInput{
		By: callerOf(c).actor, EmergencyID: f.id("emergencia_id"), AmbulanceID: f.id("ambulancia_id"), CrewID: f.id("operador_ambulancia_id"),
	}
	f.disregarded("operador_emergencia_id")
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	var out models.DispatchOrder
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		if out, err = tx.Dispatch(in); err != nil {
			return err
		}
		return events.EmitEmergencyChanged(tx, out.Emergency, e.store.Instant())
	})
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusCreated, dispatchedJSON{
		out.ID, out.At, events.NewEmergencyData(out.Emergency), events.NewAmbulanceData(out.Ambulance), events.NewCrewData(out.Crew),
		operatorJSON{out.Operator.ID, out.Operator.Username, out.Operator.Email},
	})
}
