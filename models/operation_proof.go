package models

import (
	"fmt"
	"slices"
)

// SetDepositProof puts the URL of an uploaded proof on a deposit; the index after the
// last one adds a deposit without amount, which the page fills in later. Any status
// but cancelled: the paper may come late, and amounts stay. Traders may for any
// operation of the desk. Codes: NotFound, Invalid.
func (tx *Tx) SetDepositProof(by Actor, id int64, index int, url string) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	if err := op.CheckDepositIndex(index); err != nil {
		return op, err
	}
	deposits := slices.Clone(op.ClientDeposits)
	if index == len(deposits) {
		deposits = append(deposits, Deposit{})
	}
	deposits[index].ComprobanteURL = &url
	return tx.proved(by, op, map[string]any{"client_deposits_json": deposits}, fmt.Sprintf("comprobante del abono %d", index+1))
}

// CheckDepositIndex tells whether SetDepositProof would take the index, so that a file
// is refused before it is kept (contract 5.29).
func (o Operation) CheckDepositIndex(index int) error {
	switch {
	case o.Status == Cancelado:
		return Errorf(Invalid, "La operación %s está cancelada", o.OperationID)
	case index < 0 || index > len(o.ClientDeposits) || index >= maxDeposits:
		return Errorf(Invalid, "El campo deposit_index está fuera de rango")
	case index == len(o.ClientDeposits) && o.Finished():
		return Errorf(Invalid, "La operación %s ya terminó y no se puede editar", o.OperationID)
	}
	return nil
}

// SetOperatorProof puts an uploaded proof of payment at an index or after the last
// one, at most four; a nil comment keeps the stored one. Codes: NotFound, Invalid,
// Forbidden.
func (tx *Tx) SetOperatorProof(by Actor, id int64, index int, url string, comment *string) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	if err := op.CheckProofIndex(by, index); err != nil {
		return op, err
	}
	proofs := slices.Clone(op.OperatorProofs)
	if index == len(proofs) {
		proofs = append(proofs, Proof{})
	}
	proofs[index].ComprobanteURL = url
	if comment != nil {
		proofs[index].Comentario = *comment
	}
	return tx.proved(by, op, map[string]any{"operator_proofs_json": proofs}, fmt.Sprintf("comprobante de operador %d", index+1))
}

// CheckProofIndex tells whether SetOperatorProof would take the index from this actor:
// in process, and for operators only what is assigned to them (contract 5.13).
func (o Operation) CheckProofIndex(by Actor, index int) error {
	if o.Status != EnProceso {
		return wrongStatus(o, EnProceso)
	}
	if err := mustHold(by, o); err != nil {
		return err
	}
	if index < 0 || index > len(o.OperatorProofs) || index >= maxProofs {
		return Errorf(Invalid, "El campo proof_index está fuera de rango; se permiten como máximo %d comprobantes", maxProofs)
	}
	return nil
}

// SetProofs fills the two proof columns of old; empty keeps what is stored. Masters
// and the operator in charge only (contract 5.12). Codes: NotFound, Forbidden.
func (tx *Tx) SetProofs(by Actor, id int64, paymentURL, operatorURL string) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	if err := op.CheckProofs(by); err != nil {
		return op, err
	}
	set := map[string]any{}
	if paymentURL != "" {
		set["payment_proof_url"] = paymentURL
	}
	if operatorURL != "" {
		set["operator_proof_url"] = operatorURL
	}
	return tx.proved(by, op, set, "comprobantes de pago")
}

// CheckProofs tells whether SetProofs would let this actor.
func (o Operation) CheckProofs(by Actor) error { return mustHold(by, o) }

// proved writes proofs with their audit line and reads the row again.
func (tx *Tx) proved(by Actor, op Operation, set map[string]any, what string) (Operation, error) {
	if err := tx.changeOperation(op, op.Status, set); err != nil {
		return op, err
	}
	details := fmt.Sprintf("Operación %s: %s", op.OperationID, what)
	if err := tx.Audit(by, "UPDATE_OPERATION_PROOFS", "Operation", op.ID, details); err != nil {
		return op, err
	}
	return tx.operation(op.ID)
}

// MarkNotesRead adds the actor to those who read the notes and returns all of them.
// Reading is no change of the operation: updated_at stays (contract 5.33) and nothing
// is audited. Code NotFound.
func (tx *Tx) MarkNotesRead(by Actor, id int64) ([]int64, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return nil, err
	}
	if slices.Contains(op.NotesReadBy, by.UserID) {
		return op.NotesReadBy, nil
	}
	readers := append(slices.Clone(op.NotesReadBy), by.UserID)
	if err := tx.db.Model(&Operation{}).Where("id = ?", id).Update("notes_read_by_json", readers).Error; err != nil {
		return nil, fmt.Errorf("mark notes read: %w", unavailable(err))
	}
	return readers, nil
}
