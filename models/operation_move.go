package models

import (
	"fmt"
	"strings"
)

// maxNotes bounds the notes of one operation, which grow with every reason appended.
const maxNotes = 20000

// lockOperation reads the row, without relations, for a change by this transaction.
func (tx *Tx) lockOperation(id int64) (Operation, error) {
	var op Operation
	err := tx.locked().Where("id = ?", id).Take(&op).Error
	return op, found(err, OperationNotFound)
}

// changeOperation writes the columns if the row still has the status; of two
// concurrent changes the loser gets code Invalid (contract 5.27).
func (tx *Tx) changeOperation(op Operation, status string, set map[string]any) error {
	set["updated_at"] = tx.Now()
	res := tx.db.Model(&Operation{}).Where("id = ? AND status = ?", op.ID, status).Updates(set)
	if res.Error != nil {
		return fmt.Errorf("update operation: %w", unavailable(res.Error))
	}
	if res.RowsAffected == 0 {
		return Errorf(Invalid, "La operación %s cambió mientras tanto; recargue e intente de nuevo", op.OperationID)
	}
	return nil
}

// wrongStatus is the refusal of an action that needs another status.
func wrongStatus(op Operation, want string) error {
	return Errorf(Invalid, "La operación %s debe estar en estado %q; su estado es %q", op.OperationID, want, op.Status)
}

// mustHold refuses operators who are not in charge; Masters always may (contract 5.13).
func mustHold(by Actor, op Operation) error {
	if by.Role == Master || (by.Role == Operador && op.AssignedTo(by.UserID)) {
		return nil
	}
	return Errorf(Forbidden, "La operación %s no está asignada a usted", op.OperationID)
}

// appendNote adds a marked line to the notes; an empty text adds nothing.
func appendNote(notes *string, marker, text string) (*string, error) {
	if text == "" {
		return notes, nil
	}
	line := "[" + marker + "] " + text
	if notes != nil && strings.TrimSpace(*notes) != "" {
		line = *notes + "\n" + line
	}
	if len(line) > maxNotes {
		return nil, Errorf(Invalid, "Las notas de la operación son demasiado largas")
	}
	return &line, nil
}

// moved writes one step and its audit line, and reads the row again.
func (tx *Tx) moved(by Actor, op Operation, action, to string, set map[string]any) (Operation, error) {
	set["status"] = to
	if err := tx.changeOperation(op, op.Status, set); err != nil {
		return op, err
	}
	after, err := tx.operation(op.ID)
	if err != nil {
		return op, err
	}
	details := fmt.Sprintf("Operación %s: %s → %s por %s", op.OperationID, op.Status, to, by.Username)
	if after.AssignedOperator != nil {
		details += ", operador " + after.AssignedOperator.Username
	}
	return after, tx.Audit(by, action, "Operation", op.ID, details)
}

// SendToProcess checks the sums, starts the clock and assigns an operator when one is
// online (contract 4.7). Codes: NotFound, Invalid.
func (tx *Tx) SendToProcess(by Actor, id int64) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	return tx.send(by, op, "UPDATE_OPERATION")
}

func (tx *Tx) send(by Actor, op Operation, action string) (Operation, error) {
	if op.Status != Pendiente {
		return op, wrongStatus(op, Pendiente)
	}
	if err := op.checkSums(); err != nil {
		return op, err
	}
	operator, err := tx.assignee()
	if err != nil {
		return op, err
	}
	return tx.moved(by, op, action, EnProceso, map[string]any{"in_process_since": tx.Now(), "assigned_operator_id": operator})
}

// lockHeld locks an operation in process for a Master or the operator in charge.
// The status is judged first.
func (tx *Tx) lockHeld(by Actor, id int64) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	if op.Status != EnProceso {
		return op, wrongStatus(op, EnProceso)
	}
	return op, mustHold(by, op)
}

// ReturnToPending takes an operation out of process: Masters and the operator in
// charge. A reason is appended to the notes. Codes: NotFound, Invalid, Forbidden.
func (tx *Tx) ReturnToPending(by Actor, id int64, reason string) (Operation, error) {
	op, err := tx.lockHeld(by, id)
	if err != nil {
		return op, err
	}
	notes, err := appendNote(op.Notes, "DEVUELTA A PENDIENTE", reason)
	if err != nil {
		return op, err
	}
	return tx.moved(by, op, "UPDATE_OPERATION", Pendiente, map[string]any{"in_process_since": nil, "assigned_operator_id": nil, "notes": notes})
}

// Cancel ends a pending operation: Masters and Traders. The reason is appended to the
// notes. Codes: NotFound, Invalid.
func (tx *Tx) Cancel(by Actor, id int64, reason string) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	if op.Status != Pendiente {
		return op, wrongStatus(op, Pendiente)
	}
	return tx.cancel(by, op, reason, "CANCEL_OPERATION")
}

func (tx *Tx) cancel(by Actor, op Operation, reason, action string) (Operation, error) {
	notes, err := appendNote(op.Notes, "CANCELADA", reason)
	if err != nil {
		return op, err
	}
	return tx.moved(by, op, action, Cancelado, map[string]any{"in_process_since": nil, "assigned_operator_id": nil, "notes": notes})
}
