package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxEmergencyPage is the longest page of emergencies (emergencies contract 2.4).
const maxEmergencyPage = 100

// Requests is GET /solicitudes: a bare list, the newest first, for clients that poll.
func (e *Emergencies) Requests(c *gin.Context) { e.listRequests(c, models.RequestFilter{}) }

// RequestsOf is GET /solicitudes/solicitante/{id}, for the staff and the requester itself.
func (e *Emergencies) RequestsOf(c *gin.Context) {
	id, err := ownPathID(c, Requesters)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	e.listRequests(c, models.RequestFilter{RequesterID: id})
}

func (e *Emergencies) listRequests(c *gin.Context, f models.RequestFilter) {
	var err error
	if f.Limit, f.Offset, err = pageOf(c, maxPage); err != nil {
		middleware.Refuse(c, err)
		return
	}
	list, err := e.store.Requests(c.Request.Context(), f)
	respond(c, http.StatusOK, list, err, mapped(e.requestData))
}

// Request is GET /solicitudes/{id}.
func (e *Emergencies) Request(c *gin.Context) { serveByID(c, e.store.RequestByID, e.requestData) }

func (e *Emergencies) requestData(r models.EmergencyRequest) events.RequestData {
	return events.NewRequestData(r, e.callURL())
}

// List is GET /emergencias: a bare list, the newest first.
func (e *Emergencies) List(c *gin.Context) { e.list(c, models.EmergencyFilter{}) }

// ByStatus is GET /emergencias/por-estado/{estado}.
func (e *Emergencies) ByStatus(c *gin.Context) {
	status := c.Param("estado")
	if !slices.Contains(models.EmergencyStates, status) {
		middleware.Refuse(c, detailFaults{{"enum", []string{"path", "estado"}, "debe ser " + strings.Join(models.EmergencyStates, ", "), nil}})
		return
	}
	e.list(c, models.EmergencyFilter{Status: status})
}

// ByOperator is GET /emergencias/por-operador/{id}.
func (e *Emergencies) ByOperator(c *gin.Context) {
	id, err := pathNumber(c, "id")
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	e.list(c, models.EmergencyFilter{OperatorID: id})
}

// ByRequester is GET /emergencias/por-solicitante/{id}, for the staff and the requester
// itself.
func (e *Emergencies) ByRequester(c *gin.Context) {
	id, err := ownPathID(c, Requesters)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	e.list(c, models.EmergencyFilter{RequesterID: id})
}

// ByRequest is GET /emergencias/por-solicitud/{id}: the emergency of a request.
func (e *Emergencies) ByRequest(c *gin.Context) {
	id, err := pathNumber(c, "id")
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	list, err := e.store.Emergencies(c.Request.Context(), models.EmergencyFilter{RequestID: id, Limit: 1})
	if err == nil && len(list) == 0 {
		err = models.Errorf(models.NotFound, models.EmergencyNotFound)
	}
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	c.JSON(http.StatusOK, events.NewEmergencyData(list[0]))
}

func (e *Emergencies) list(c *gin.Context, f models.EmergencyFilter) {
	var err error
	if f.Limit, f.Offset, err = pageOf(c, maxEmergencyPage); err != nil {
		middleware.Refuse(c, err)
		return
	}
	list, err := e.store.Emergencies(c.Request.Context(), f)
	respond(c, http.StatusOK, list, err, mapped(events.NewEmergencyData))
}

// ownPathID reads the id of a person. Callers of the kind see what is their own alone.
func ownPathID(c *gin.Context, kind string) (int64, error) {
	id, err := pathNumber(c, "id")
	if who := callerOf(c); err == nil && who.kind == kind && !who.is(id) {
		err = errNotAllowed()
	}
	return id, err
}
