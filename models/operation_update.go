package models

import (
	"fmt"
	"strings"
)

// maxDeposits and maxModifications bound what one row may hold.
const (
	maxDeposits      = 50
	maxModifications = 1000
)

// DepositEdit is a deposit as a page sent it. ProofGiven tells a proof URL that was
// removed, empty, from one that was not mentioned, which keeps the stored one at the
// same index (contract 5.31).
type DepositEdit struct {
	Deposit    Deposit
	ProofGiven bool
}

// OperationEdit is a change of amounts. Nil keeps what is stored.
type OperationEdit struct {
	AmountUSD *Money
	Deposits  *[]DepositEdit
	Payments  *[]Payment
	OwnURL    URLCheck
}

// UpdateOperation changes amounts, all or none (contract 5.24): Masters until the
// operation is finished (contract 5.14), Traders any operation of the desk while it is
// pending. A new amount recomputes amount_pen and adds a line to the modification log.
// Codes: NotFound, Forbidden, Invalid.
func (tx *Tx) UpdateOperation(by Actor, id int64, in OperationEdit) (Operation, error) {
	op, err := tx.lockOperation(id)
	if err != nil {
		return op, err
	}
	switch {
	case by.Role == Trader && op.Status != Pendiente:
		return op, Errorf(Forbidden, "Solo puede editar operaciones en estado Pendiente")
	case by.Role != Master && by.Role != Trader:
		return op, Errorf(Forbidden, "No tiene permiso para editar operaciones")
	case op.Finished():
		return op, Errorf(Invalid, "La operación %s ya terminó y no se puede editar", op.OperationID)
	}
	set := map[string]any{}
	var changes []string
	if in.AmountUSD != nil {
		change, err := tx.editAmount(by, op, *in.AmountUSD, set)
		if err != nil {
			return op, err
		}
		changes = append(changes, change)
	}
	if in.Deposits != nil {
		deposits, err := op.editedDeposits(*in.Deposits, in.OwnURL)
		if err != nil {
			return op, err
		}
		set["client_deposits_json"] = deposits
		changes = append(changes, fmt.Sprintf("%d abonos", len(deposits)))
	}
	if in.Payments != nil {
		payments, err := checkedPayments(*in.Payments)
		if err != nil {
			return op, err
		}
		set["client_payments_json"] = payments
		changes = append(changes, fmt.Sprintf("%d pagos", len(payments)))
	}
	if len(set) == 0 {
		return op, Errorf(Invalid, "No hay datos para actualizar")
	}
	if err := tx.changeOperation(op, op.Status, set); err != nil {
		return op, err
	}
	details := fmt.Sprintf("Operación %s modificada: %s", op.OperationID, strings.Join(changes, "; "))
	if err := tx.Audit(by, "UPDATE_OPERATION", "Operation", op.ID, details); err != nil {
		return op, err
	}
	return tx.operation(id)
}

// editAmount puts the new amounts and the longer modification log into set and says
// what changed. The same amount again changes nothing but is no error.
func (tx *Tx) editAmount(by Actor, op Operation, amount Money, set map[string]any) (string, error) {
	usd, err := CheckAmount(amount, "amount_usd")
	if err != nil {
		return "", err
	}
	pen, err := CheckAmount(usd.Times(op.ExchangeRate, 2), "amount_pen")
	if err != nil {
		return "", err
	}
	change := fmt.Sprintf("amount_usd %s → %s", op.AmountUSD.FloatText(), usd.FloatText())
	set["amount_usd"], set["amount_pen"] = usd, pen
	if usd.Equal(op.AmountUSD.Decimal) {
		return change, nil
	}
	if len(op.ModificationLogs) >= maxModifications {
		return "", Errorf(Invalid, "La operación tiene demasiadas modificaciones")
	}
	set["modification_logs_json"] = append(op.ModificationLogs[:len(op.ModificationLogs):len(op.ModificationLogs)], Modification{
		Fecha: tx.Now().ISO(), Usuario: by.Username, UsuarioID: &by.UserID, Campo: "amount_usd",
		ValorAnterior: op.AmountUSD.FloatText(), ValorNuevo: usd.FloatText(),
	})
	return change, nil
}

// editedDeposits is the new list with the stored proofs carried over.
func (o Operation) editedDeposits(edits []DepositEdit, own URLCheck) (JSONText[Deposit], error) {
	if len(edits) > maxDeposits {
		return nil, Errorf(Invalid, "Se permiten como máximo %d abonos", maxDeposits)
	}
	known := map[string]bool{"": true}
	for _, d := range o.ClientDeposits {
		if d.ComprobanteURL != nil {
			known[*d.ComprobanteURL] = true
		}
	}
	out := make(JSONText[Deposit], 0, len(edits))
	for i, e := range edits {
		d := e.Deposit
		if !e.ProofGiven && i < len(o.ClientDeposits) {
			d.ComprobanteURL = o.ClientDeposits[i].ComprobanteURL
		}
		if d.ComprobanteURL != nil && !known[*d.ComprobanteURL] && !own(*d.ComprobanteURL) {
			return nil, Errorf(Invalid, "El comprobante debe ser un archivo subido a este sistema")
		}
		if err := checkItem(&d.Importe); err != nil {
			return nil, err
		}
		out = append(out, d)
	}
	return out, nil
}

func checkedPayments(payments []Payment) (JSONText[Payment], error) {
	if len(payments) > maxProofs {
		return nil, Errorf(Invalid, "Se permiten como máximo %d pagos", maxProofs)
	}
	out := make(JSONText[Payment], 0, len(payments))
	for _, p := range payments {
		if err := checkItem(&p.Importe); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, nil
}

// checkItem rounds the amount of a deposit or payment to cents and refuses negative
// and oversized ones (contract 5.29); a missing one stays missing.
func checkItem(amount **Money) error {
	if *amount == nil {
		return nil
	}
	rounded := Money{(*amount).Round(2)}
	if rounded.IsNegative() || !rounded.LessThan(amountLimit.Decimal) {
		return Errorf(Invalid, "El campo importe está fuera de rango")
	}
	*amount = &rounded
	return nil
}
