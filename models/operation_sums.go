package models

// sumTolerance is the difference from which sums count as unequal (contract 4.6).
var sumTolerance = NewMoney(1, -2)

// checkSums holds deposits and payments against the amounts: the client pays in USD
// and is paid PEN for Compra, the other way round for Venta (contract 4.6).
func (o Operation) checkSums() error {
	in, out := o.AmountUSD, o.AmountPEN
	if o.OperationType == Venta {
		in, out = out, in
	}
	for _, side := range []struct {
		name        string
		total, want Money
	}{{"abonos", o.TotalDeposits(), in}, {"pagos", o.TotalPayments(), out}} {
		if side.total.Minus(side.want).Abs().GreaterThanOrEqual(sumTolerance.Decimal) {
			return Errorf(Invalid, "La suma de %s (%s) no coincide con el importe de la operación (%s)",
				side.name, side.total.StringFixed(2), side.want.StringFixed(2))
		}
	}
	return nil
}

// checkSumsAgain is the check at completion: the amount may have been changed while
// the operation was in process (contract 5.14). An operation without any deposit and
// payment passes: the system replaced let such ones into process, and their proof is
// what the operator uploads.
func (o Operation) checkSumsAgain() error {
	if len(o.ClientDeposits) == 0 && len(o.ClientPayments) == 0 {
		return nil
	}
	return o.checkSums()
}
