package models

import "fmt"

// The bounds of contract 4.6 and of the columns numeric(15,2) and numeric(10,4).
var (
	minRate     = NewMoney(25, -1)
	maxRate     = NewMoney(5, 0)
	amountLimit = NewMoney(1, 13)
)

// NewOperation is what a new operation needs. Accounts are not checked against the
// client's (contract 4.3). Texts are stored as they stand: the caller bounds them and
// strips markup.
type NewOperation struct {
	ClientID           int64
	Type               string
	AmountUSD          Money
	ExchangeRate       Money
	SourceAccount      *string
	DestinationAccount *string
	Notes              *string
}

// CheckAmount refuses amounts that are not above 0 or that do not fit numeric(15,2),
// and returns the amount rounded to cents.
func CheckAmount(amount Money, field string) (Money, error) {
	rounded := Money{amount.Round(2)}
	switch {
	case !rounded.IsPositive():
		return Money{}, Errorf(Invalid, "El campo %s debe ser mayor a 0", field)
	case !rounded.LessThan(amountLimit.Decimal):
		return Money{}, Errorf(Invalid, "El campo %s es demasiado grande", field)
	}
	return rounded, nil
}

// CreateOperation adds a pending operation with its audit line. The client's row is
// locked, so that it cannot be deactivated in between. Every refusal has code Invalid.
func (tx *Tx) CreateOperation(by Actor, in NewOperation) (Operation, error) {
	if in.Type != Compra && in.Type != Venta {
		return Operation{}, Errorf(Invalid, "El tipo de operación debe ser Compra o Venta")
	}
	usd, err := CheckAmount(in.AmountUSD, "amount_usd")
	if err != nil {
		return Operation{}, err
	}
	rate := Money{in.ExchangeRate.Round(4)}
	if rate.LessThan(minRate.Decimal) || rate.GreaterThan(maxRate.Decimal) {
		return Operation{}, Errorf(Invalid, "El tipo de cambio debe estar entre 2.5 y 5.0")
	}
	pen, err := CheckAmount(usd.Times(rate, 2), "amount_pen")
	if err != nil {
		return Operation{}, err
	}
	var client Client
	err = tx.locked().Where("id = ?", in.ClientID).Take(&client).Error
	if err = found(err, ClientNotFound); CodeOf(err) == NotFound {
		return Operation{}, Errorf(Invalid, ClientNotFound)
	} else if err != nil {
		return Operation{}, err
	}
	if client.Status != Active {
		return Operation{}, Errorf(Invalid, "El cliente no está activo")
	}
	public, err := tx.nextOperationID()
	if err != nil {
		return Operation{}, err
	}
	now := tx.Now()
	row := Operation{
		OperationID: public, ClientID: client.ID, UserID: by.UserID, OperationType: in.Type,
		AmountUSD: usd, ExchangeRate: rate, AmountPEN: pen,
		SourceAccount: in.SourceAccount, DestinationAccount: in.DestinationAccount, Notes: in.Notes,
		Status: Pendiente, CreatedAt: now, UpdatedAt: &now,
	}
	if err := tx.db.Omit("Client", "User", "AssignedOperator").Create(&row).Error; err != nil {
		return Operation{}, fmt.Errorf("insert operation: %w", unavailable(err))
	}
	details := fmt.Sprintf("Operación %s creada: %s USD %s, tipo de cambio %s", public, in.Type, usd.StringFixed(2), rate.FloatText())
	if err := tx.Audit(by, "CREATE_OPERATION", "Operation", row.ID, details); err != nil {
		return Operation{}, err
	}
	return tx.operation(row.ID)
}
