package api

import (
	"context"
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// requestedJSON answers a request for an ambulance in its newer form.
type requestedJSON struct {
	RequestID int64 `json:"id_solicitud"`
	callJSON
}

// Ask is POST /emergencias/solicitar-ambulancia and POST /solicitudes/solicitar-ambulancia
// with the body of either: solicitante as an object, or id_solicitante (emergencies
// contract 2.2). Operators are told whatever the call service says.
func (e *Emergencies) Ask(c *gin.Context) {
	req, newer, err := e.create(c)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	name := "Solicitante"
	if callerOf(c).kind != "" { // anybody reads the name in the token of the call
		name = req.Requester.FirstName + " " + req.Requester.LastName
	}
	answer, err := e.call(req.Room, "solicitante-"+strconv.FormatInt(req.Requester.ID, 10), name)
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	if newer {
		c.JSON(http.StatusOK, requestedJSON{req.ID, answer})
		return
	}
	c.JSON(http.StatusOK, answer)
}

// Create is POST /solicitudes: as Ask, and the answer is the request.
func (e *Emergencies) Create(c *gin.Context) {
	req, _, err := e.create(c)
	respond(c, http.StatusCreated, req, err, e.requestData)
}

// asked is what a request for an ambulance says.
type asked struct {
	requesterID         int64
	requester           *models.RequesterInput // in the older form
	latitude, longitude float64
}

// create stores a request and tells operators of it, in one transaction; then it makes
// the call room. newer reports the newer form of the body. With an error nothing was
// answered.
func (e *Emergencies) create(c *gin.Context) (req models.EmergencyRequest, newer bool, err error) {
	ctx, who := c.Request.Context(), callerOf(c)
	if err := e.bound(c, who); err != nil {
		return req, false, err
	}
	f, err := readForm(c)
	if err != nil {
		return req, false, err
	}
	in := readAsked(f, who)
	if err := f.err(); err != nil {
		return req, false, err
	}
	err = e.store.Tx(ctx, func(tx *models.Tx) error {
		id, err := requesterOf(ctx, tx, who, in)
		if err != nil {
			return err
		}
		if req, err = tx.CreateRequest(models.NewRequest{RequesterID: id, Latitude: in.latitude, Longitude: in.longitude}); err != nil {
			return err
		}
		if err := tx.AuditEmergency(who.actor, "CREATE_REQUEST", "EmergencyRequest", req.ID, "Ambulancia solicitada por el personal, solicitud "+strconv.FormatInt(req.ID, 10)); err != nil {
			return err
		}
		return events.EmitRequestOpened(tx, req, e.callURL(), e.store.Instant())
	})
	if err != nil {
		return req, false, err
	}
	e.openRoom(ctx, req.Room)
	return req, in.requester == nil, nil
}

// bound counts a request against the caller's or, without one, the address's allowance.
func (e *Emergencies) bound(c *gin.Context, who caller) error {
	key := addressKey(c.ClientIP())
	if id := who.actor.ID(); id != 0 {
		key = "member " + strconv.FormatInt(id, 10)
	}
	if wait := e.requests.Take(key, 1, e.store.Instant()); wait > 0 {
		middleware.NoteLimit(c, LimitRequests, wait)
		return models.Errorf(models.RateLimited, "Demasiadas solicitudes. Espere un momento e intente de nuevo")
	}
	return nil
}

// readAsked reads either form. A requester need not say who it is.
func readAsked(f emergencyForm, who caller) (in asked) {
	if f.given("solicitante") {
		in.requester = new(models.RequesterInput)
		*in.requester, in.requesterID = readRequester(f.object("solicitante"))
	} else if in.requesterID = f.optionalID("id_solicitante"); who.kind != Requesters {
		f.needs("id_solicitante")
	}
	place := f.object("ubicacion")
	if !f.faulty("ubicacion") {
		in.latitude, in.longitude = place.number("latitud", -90, 90), place.number("longitud", -180, 180)
	}
	return in
}

// requesterOf is whom the ambulance is for. A requester asks for itself alone, and may
// correct what is known of it but not whom its document names. Who has no token may ask
// for anybody and changes nothing that is known.
func requesterOf(ctx context.Context, tx *models.Tx, who caller, in asked) (int64, error) {
	var own int64
	if who.kind == Requesters {
		if who.account.PersonID == nil {
			return 0, models.Errorf(models.Forbidden, "La cuenta no tiene un solicitante asociado")
		}
		if own = *who.account.PersonID; in.requesterID != 0 && in.requesterID != own {
			return 0, models.Errorf(models.Forbidden, "Solo puede solicitar una ambulancia para usted")
		}
	}
	if in.requester == nil {
		return max(own, in.requesterID), nil // CreateRequest says when there is nobody
	}
	if own != 0 {
		known, err := tx.RequesterByID(ctx, own)
		if err != nil {
			return 0, err
		}
		if known.DocumentType != in.requester.DocumentType || known.DocumentNumber != in.requester.DocumentNumber {
			return 0, models.Errorf(models.Forbidden, "Solo puede solicitar una ambulancia para usted")
		}
	}
	if who.kind == "" {
		requester, err := tx.AddRequester(*in.requester)
		return requester.ID, err
	}
	requester, err := tx.UpsertRequester(*in.requester)
	return requester.ID, err
}
