package models

import "fmt"

// URLCheck says whether a URL belongs to the desk's own file store.
type URLCheck func(url string) bool

// maxProofs bounds operator proofs and client payments (contract 4.6).
const maxProofs = 4

// Completion is what an operator adds when finishing. Nil keeps what is stored.
type Completion struct {
	Proofs   *[]Proof
	Comments *string
	OwnURL   URLCheck
}

// Complete finishes an operation in process: Masters and the operator in charge. The
// sums are checked again. It clears the assignment; who finished it stands in the
// audit trail (contract 5.32). Codes: NotFound, Invalid, Forbidden. The status is
// judged before the assignment, so that the loser of two concurrent completions,
// no longer in charge, still gets Invalid.
func (tx *Tx) Complete(by Actor, id int64, in Completion) (Operation, error) {
	op, err := tx.lockHeld(by, id)
	if err != nil {
		return op, err
	}
	return tx.complete(by, op, in, "COMPLETE_OPERATION")
}

func (tx *Tx) complete(by Actor, op Operation, in Completion, action string) (Operation, error) {
	if err := op.checkSumsAgain(); err != nil {
		return op, err
	}
	set := map[string]any{"completed_at": tx.Now(), "in_process_since": nil, "assigned_operator_id": nil}
	if in.Proofs != nil {
		proofs, err := op.checkedProofs(*in.Proofs, in.OwnURL)
		if err != nil {
			return op, err
		}
		set["operator_proofs_json"] = proofs
	}
	if in.Comments != nil {
		set["operator_comments"] = *in.Comments
	}
	return tx.moved(by, op, action, Completada, set)
}

// checkedProofs lets through at most four proofs whose URL is empty, of the own
// store, or one that the operation already has (contract 5.29).
func (o Operation) checkedProofs(proofs []Proof, own URLCheck) (JSONText[Proof], error) {
	if len(proofs) > maxProofs {
		return nil, Errorf(Invalid, "Se permiten como máximo %d comprobantes", maxProofs)
	}
	known := map[string]bool{"": true}
	for _, p := range o.OperatorProofs {
		known[p.ComprobanteURL] = true
	}
	for _, p := range proofs {
		if !known[p.ComprobanteURL] && !own(p.ComprobanteURL) {
			return nil, Errorf(Invalid, "El comprobante debe ser un archivo subido a este sistema")
		}
	}
	return proofs, nil
}

// ChangeOperationStatus is the general change of status: the steps of contract 4.7
// with the checks and side effects of the routes made for them (contract 5.12), and
// nothing else. Who may: Masters; the operator in charge out of process; Traders to
// cancel a pending one. A note is the reason of a cancellation, and a line added to
// the notes otherwise. It returns the old status too. Codes: NotFound, Invalid, Forbidden.
func (tx *Tx) ChangeOperationStatus(by Actor, id int64, to, note string) (Operation, string, error) {
	const action = "UPDATE_OPERATION_STATUS"
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, "", err
	}
	from := op.Status
	switch from + ">" + to {
	case Pendiente + ">" + EnProceso:
		err = mustHold(by, op)
	case Pendiente + ">" + Cancelado:
		if by.Role != Trader {
			err = mustHold(by, op)
		}
	case EnProceso + ">" + Completada, EnProceso + ">" + Cancelado:
		err = mustHold(by, op)
	default:
		err = Errorf(Invalid, "No se puede cambiar el estado de %q a %q", from, to)
	}
	if err != nil {
		return op, from, err
	}
	if to == Cancelado {
		op, err = tx.cancel(by, op, note, action)
		return op, from, err
	}
	if op, err = tx.addNote(op, note); err != nil {
		return op, from, err
	}
	if to == EnProceso {
		op, err = tx.send(by, op, action)
	} else {
		op, err = tx.complete(by, op, Completion{}, action)
	}
	return op, from, err
}

// addNote appends a line to the notes of a locked row.
func (tx *Tx) addNote(op Operation, note string) (Operation, error) {
	notes, err := appendNote(op.Notes, "NOTA", note)
	if err != nil || note == "" {
		return op, err
	}
	op.Notes = notes
	if err := tx.changeOperation(op, op.Status, map[string]any{"notes": notes}); err != nil {
		return op, fmt.Errorf("add note: %w", err)
	}
	return op, nil
}
