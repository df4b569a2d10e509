package models

import (
	"bytes"
	"database/sql/driver"
	"fmt"

	"github.com/shopspring/decimal"
)

// Money is an exact decimal amount or rate. In SQL it is numeric; in JSON it is a
// number, never a string, because clients call number methods on it (contract 2.1).
// The zero value is 0. Money is a value: methods return new ones.
type Money struct{ decimal.Decimal }

// maxMoneyText bounds the text that ParseMoney reads: exponents such as 1e999999
// would otherwise cost memory out of proportion to their length.
const maxMoneyText = 40

// NewMoney returns value x 10^exp.
func NewMoney(value int64, exp int32) Money { return Money{decimal.New(value, exp)} }

// ParseMoney reads a plain decimal number such as "1000", "-3.50" or "1e3". NaN,
// infinities, blanks, more than 40 characters and exponents beyond ±20 are errors
// of code Invalid.
func ParseMoney(s string) (Money, error) {
	if s == "" || len(s) > maxMoneyText {
		return Money{}, Errorf(Invalid, "El valor no es un número válido")
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Exponent() > 20 || d.Exponent() < -20 {
		return Money{}, Errorf(Invalid, "El valor no es un número válido")
	}
	return Money{d}, nil
}

// Times multiplies and rounds half away from zero to places, as numeric(15,2) does.
func (m Money) Times(o Money, places int32) Money {
	return Money{m.Mul(o.Decimal).Round(places)}
}

// Plus adds.
func (m Money) Plus(o Money) Money { return Money{m.Add(o.Decimal)} }

// Minus subtracts.
func (m Money) Minus(o Money) Money { return Money{m.Sub(o.Decimal)} }

// MarshalJSON writes a JSON number with at least one decimal, the form of the
// system replaced (1000.0, 3.75).
func (m Money) MarshalJSON() ([]byte, error) { return []byte(m.FloatText()), nil }

// FloatText is the number as Python prints the float: "1000.0", "3.75".
func (m Money) FloatText() string {
	s := m.String()
	if !bytes.ContainsRune([]byte(s), '.') {
		s += ".0"
	}
	return s
}

// UnmarshalJSON accepts a JSON number or a numeric string (contract 4.6).
func (m *Money) UnmarshalJSON(b []byte) error {
	if len(b) >= 2 && b[0] == '"' {
		b = bytes.TrimSpace(b[1 : len(b)-1])
	}
	v, err := ParseMoney(string(b))
	if err != nil {
		return err
	}
	*m = v
	return nil
}

// Value implements driver.Valuer; text keeps every digit on both databases.
func (m Money) Value() (driver.Value, error) { return m.String(), nil }

// Scan implements sql.Scanner. NULL becomes 0.
func (m *Money) Scan(src any) error {
	switch v := src.(type) {
	case nil:
		*m = Money{}
		return nil
	case float64:
		*m = Money{decimal.NewFromFloat(v)}
		return nil
	case int64:
		*m = Money{decimal.NewFromInt(v)}
		return nil
	case string:
		return m.scanText(v)
	case []byte:
		return m.scanText(string(v))
	}
	return fmt.Errorf("money from %T", src)
}

func (m *Money) scanText(s string) error {
	d, err := decimal.NewFromString(s)
	if err != nil {
		return fmt.Errorf("money from %q: %w", s, err)
	}
	*m = Money{d}
	return nil
}

// GormDataType names the column type.
func (Money) GormDataType() string { return "numeric" }
