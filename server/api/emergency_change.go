package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// Get is GET /emergencias/{id}.
func (e *Emergencies) Get(c *gin.Context) {
	serveByID(c, e.store.EmergencyByID, events.NewEmergencyData)
}

// changeKeys are the keys that a change may have (emergencies contract 2.4).
var changeKeys = []string{"estado", "tipoAmbulancia", "nivelPrioridad", "descripcion", "id_operador", "solicitud_id", "solicitante_id"}

// Change is PUT /emergencias/{id} with any subset of changeKeys. id_operador is checked
// and not believed; request and requester must be those that the emergency has.
func (e *Emergencies) Change(c *gin.Context) {
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
	in, given := readChange(f)
	if err := f.err(); err != nil {
		middleware.Refuse(c, err)
		return
	}
	if !given {
		middleware.Refuse(c, errNothingGiven())
		return
	}
	in.By = callerOf(c).actor
	var out models.Emergency
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		var changed bool
		if out, changed, err = tx.ChangeEmergency(id, in); err != nil || !changed {
			return err
		}
		return events.EmitEmergencyChanged(tx, out, e.store.Instant())
	})
	respond(c, http.StatusOK, out, err, events.NewEmergencyData)
}

// readChange reads a change and reports whether the body names anything to change.
func readChange(f emergencyForm) (in models.EmergencyChange, given bool) {
	for _, key := range changeKeys {
		if !f.given(key) {
			continue
		}
		given = true
		switch key {
		case "estado":
			in.Status = new(f.choice(key, models.EmergencyStates...))
		case "tipoAmbulancia":
			in.AmbulanceKind = new(f.choice(key, models.AmbulanceKinds...))
		case "nivelPrioridad":
			in.Priority = new(f.choice(key, models.Priorities...))
		case "descripcion":
			in.Description = new(f.text(key, models.MaxEmergencyText))
		case "id_operador":
			f.disregarded(key)
		case "solicitud_id":
			in.RequestID = new(f.id(key))
		case "solicitante_id":
			in.RequesterID = new(f.id(key))
		}
	}
	return in, given
}

// Delete is DELETE /emergencias/{id}: 204 without a body.
func (e *Emergencies) Delete(c *gin.Context) {
	id, err := pathNumber(c, "id")
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	err = e.store.Tx(c.Request.Context(), func(tx *models.Tx) error {
		_, err := tx.DeleteEmergency(id, callerOf(c).actor)
		return err
	})
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.Status(http.StatusNoContent)
}
