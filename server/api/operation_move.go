package api

import (
	"fmt"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// notAssigned stands for the operator that a handed-over operation never had
// (contract 2.2).
const notAssigned = "No asignado"

// emitAssigned tells the operator in charge, if there is one.
func emitAssigned(tx *models.Tx, op models.Operation, by models.Actor) error {
	if op.AssignedOperatorID == nil {
		return nil
	}
	n := operationNotice(op, by)
	n.Operator = *op.AssignedOperatorID
	n.Message = fmt.Sprintf("Se le asignó la operación %s", op.OperationID)
	return events.EmitOperation(tx, events.OperationWasAssigned, n)
}

// SendToProcess is POST /operations/api/send_to_process/<id>; its body is ignored.
func (o *Operations) SendToProcess(c *gin.Context) {
	o.act(c, "Operación enviada a proceso", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, err := tx.SendToProcess(by, id)
		if err != nil {
			return op, err
		}
		if err := events.EmitOperation(tx, events.OperationWasUpdated, changed(op, by, models.Pendiente)); err != nil {
			return op, err
		}
		if err := events.EmitDashboard(tx, events.DashboardChanged); err != nil {
			return op, err
		}
		return op, emitAssigned(tx, op, by)
	})
}

// ReturnToPending is POST /operations/api/return_to_pending/<id>.
func (o *Operations) ReturnToPending(c *gin.Context) {
	reason, ok := changeOf(c, func(f fields) (string, error) { return remark(f, "reason") })
	if !ok {
		return
	}
	o.act(c, "Operación devuelta a pendiente", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, err := tx.ReturnToPending(by, id, reason)
		if err != nil {
			return op, err
		}
		if err := events.EmitOperation(tx, events.OperationWasUpdated, changed(op, by, models.EnProceso)); err != nil {
			return op, err
		}
		return op, events.EmitDashboard(tx, events.DashboardChanged)
	})
}

// Complete is POST /operations/api/complete/<id>.
func (o *Operations) Complete(c *gin.Context) {
	in, ok := changeOf(c, completion)
	if !ok {
		return
	}
	in.OwnURL = o.files.Own
	o.act(c, "Operación completada exitosamente", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, err := tx.Complete(by, id, in)
		if err != nil {
			return op, err
		}
		if err := events.EmitOperation(tx, events.OperationWasCompleted, operationNotice(op, by)); err != nil {
			return op, err
		}
		return op, events.EmitDashboard(tx, events.DashboardChanged)
	})
}

// Cancel is POST /operations/api/cancel/<id>.
func (o *Operations) Cancel(c *gin.Context) {
	reason, ok := changeOf(c, func(f fields) (string, error) {
		reason, err := remark(f, "reason")
		if err == nil && reason == "" {
			err = middleware.FieldError("reason", "es obligatorio")
		}
		return reason, err
	})
	if !ok {
		return
	}
	o.act(c, "Operación cancelada exitosamente", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, err := tx.Cancel(by, id, reason)
		if err != nil {
			return op, err
		}
		n := operationNotice(op, by)
		n.Reason = reason
		if err := events.EmitOperation(tx, events.OperationWasCanceled, n); err != nil {
			return op, err
		}
		return op, events.EmitDashboard(tx, events.DashboardChanged, events.PositionChanged)
	})
}

// statusChange is the body of update_status.
type statusChange struct{ status, notes string }

func readStatusChange(f fields) (in statusChange, err error) {
	status, err := f.exact("status", maxAccount)
	if err == nil && status == nil {
		err = middleware.FieldError("status", "es obligatorio")
	}
	if err != nil {
		return in, err
	}
	in.status = *status
	in.notes, err = remark(f, "notes")
	return in, err
}

// UpdateStatus is PATCH /operations/api/update_status/<id>, mended as contract 5.12
// says. An operator whom it puts in charge is told as by send_to_process.
func (o *Operations) UpdateStatus(c *gin.Context) {
	in, ok := changeOf(c, readStatusChange)
	if !ok {
		return
	}
	o.act(c, "Estado de la operación actualizado", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, old, err := tx.ChangeOperationStatus(by, id, in.status, in.notes)
		if err != nil {
			return op, err
		}
		if err := events.EmitOperation(tx, events.OperationWasUpdated, changed(op, by, old)); err != nil {
			return op, err
		}
		if op.Status == models.Completada {
			if err := events.EmitOperation(tx, events.OperationWasCompleted, operationNotice(op, by)); err != nil {
				return op, err
			}
		}
		if err := events.EmitDashboard(tx, events.DashboardChanged, events.PositionChanged); err != nil {
			return op, err
		}
		return op, emitAssigned(tx, op, by)
	})
}

// Reassign is POST /operations/api/reassign_operator/<id>.
func (o *Operations) Reassign(c *gin.Context) {
	operator, ok := changeOf(c, func(f fields) (int64, error) {
		id, err := f.id("new_operator_id")
		if err == nil && id == 0 {
			err = middleware.FieldError("new_operator_id", "es obligatorio")
		}
		return id, err
	})
	if !ok {
		return
	}
	o.act(c, "Operador reasignado exitosamente", func(tx *models.Tx, by models.Actor, id int64) (models.Operation, error) {
		op, old, err := tx.ReassignOperator(by, id, operator)
		if err != nil {
			return op, err
		}
		return op, emitReassigned(tx, op, old, by)
	})
}

// emitReassigned tells everybody, the operator who takes over, and the one who had it.
func emitReassigned(tx *models.Tx, op models.Operation, old *models.User, by models.Actor) error {
	if err := events.EmitOperation(tx, events.OperationWasUpdated, changed(op, by, models.EnProceso)); err != nil {
		return err
	}
	n := operationNotice(op, by)
	n.Operator, n.NewOperator, n.OldOperator = op.AssignedOperator.ID, op.AssignedOperator.Username, notAssigned
	if old != nil {
		n.OldOperator = old.Username
	}
	n.Message = fmt.Sprintf("Se le reasignó la operación %s", op.OperationID)
	if err := events.EmitOperation(tx, events.OperationWasReassigned, n); err != nil || old == nil {
		return err
	}
	n.Operator = old.ID
	n.Message = fmt.Sprintf("La operación %s fue reasignada a %s", op.OperationID, n.NewOperator)
	return events.EmitOperation(tx, events.OperationWasRemoved, n)
}
