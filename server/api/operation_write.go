package api

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// act runs one action on the operation of the path in one transaction, which holds the
// row, its audit line and its events together, and answers with the operation.
func (o *Operations) act(c *gin.Context, message string, do func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error)) {
	id, ok := middleware.PathID(c, "id")
	if !ok {
		return
	}
	o.run(c, http.StatusOK, message, func(tx *models.Tx, by models.Actor) (models.Operation, error) { return do(tx, by, id) })
}

func (o *Operations) run(c *gin.Context, status int, message string, do func(tx *models.Tx, by models.Actor) (models.Operation, error)) {
	var op models.Operation
	err := o.store.Tx(c.Request.Context(), func(tx *models.Tx) (err error) {
		op, err = do(tx, middleware.ActorOf(c))
		return err
	})
	if err != nil {
		middleware.Refuse(c, err)
		return
	}
	answer(c, status, gin.H{"message": message, "operation": newOperationJSON(op, o.store.Now())})
}

// bodyOf reads the JSON object and what parse makes of it, or answers and reports false.
func bodyOf[T any](c *gin.Context, parse func(fields) (T, error)) (in T, ok bool) {
	var f fields
	if !middleware.ReadJSON(c, &f, maxBody) {
		return in, false
	}
	in, err := parse(f)
	if err != nil {
		middleware.Refuse(c, err)
		return in, false
	}
	return in, true
}

// changeOf is bodyOf for the operation of the path: a path that cannot name one is 404
// whatever the body says.
func changeOf[T any](c *gin.Context, parse func(fields) (T, error)) (in T, ok bool) {
	if _, ok := middleware.PathID(c, "id"); !ok {
		return in, false
	}
	return bodyOf(c, parse)
}

// operationNotice is what the events of an operation tell (contract 2.1: the name in upper case).
func operationNotice(op models.Operation, by models.Actor) events.OperationNotice {
	return events.OperationNotice{Operation: op, ClientName: op.Client.DisplayName(), ClientDNI: op.Client.DNI, By: by.Username}
}

// changed is a notice with the status before.
func changed(op models.Operation, by models.Actor, old string) events.OperationNotice {
	n := operationNotice(op, by)
	n.OldStatus = &old
	return n
}

// Create is POST /operations/api/create.
func (o *Operations) Create(c *gin.Context) {
	in, ok := bodyOf(c, newOperation)
	if !ok {
		return
	}
	o.run(c, http.StatusCreated, "Operación creada exitosamente", func(tx *models.Tx, by models.Actor) (models.Operation, error) {
		op, err := tx.CreateOperation(by, in)
		if err != nil {
			return op, err
		}
		if err := events.EmitOperation(tx, events.OperationWasCreated, operationNotice(op, by)); err != nil {
			return op, err
		}
		return op, events.EmitDashboard(tx, events.DashboardChanged, events.PositionChanged)
	})
}

// Update is PUT and PATCH /operations/api/update/<id>.
func (o *Operations) Update(c *gin.Context) {
	in, ok := changeOf(c, operationEdit)
	if !ok {
		return
	}
	in.OwnURL = o.files.Own
	o.act(c, "Operación actualizada exitosamente", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, err := tx.UpdateOperation(by, id, in)
		if err != nil {
			return op, err
		}
		return op, events.EmitDashboard(tx, events.PositionChanged)
	})
}
