package models

import "fmt"

// The named counters.
const (
	operationCounter  = "operation"  // last number given to an operation
	assignmentCounter = "assignment" // its row lock lets one assignment run at a time
)

// firstOperation is the first number of an empty desk (contract 4.3).
const firstOperation = 1001

// nextCounter raises a counter by one and returns it. The row stays locked until the
// transaction ends, so concurrent writers get different numbers and a number given to
// a transaction that rolls back is given again.
func (tx *Tx) nextCounter(name string, first int64) (int64, error) {
	var value int64
	err := tx.db.Raw(`INSERT INTO counters (name, value) VALUES (?, ?)
		ON CONFLICT (name) DO UPDATE SET value = counters.value + 1 RETURNING value`, name, first).Scan(&value).Error
	if err != nil {
		return 0, fmt.Errorf("raise counter %s: %w", name, unavailable(err))
	}
	return value, nil
}

// nextOperationID gives the next EXP-… from the locked counter (contract 5.23). When a
// row already has it, because the system replaced wrote beside us, the counter skips to
// above the largest number there is; ids that are not numbers are passed over.
func (tx *Tx) nextOperationID() (string, error) {
	n, err := tx.nextCounter(operationCounter, firstOperation)
	if err != nil {
		return "", err
	}
	var taken int64
	if err := tx.db.Model(&Operation{}).Where("operation_id = ?", operationID(n)).Count(&taken).Error; err != nil {
		return "", unavailable(err)
	}
	if taken == 0 {
		return operationID(n), nil
	}
	largest := `SELECT MAX(CAST(substr(operation_id, 5) AS integer)) FROM operations
		WHERE operation_id GLOB 'EXP-[0-9]*' AND substr(operation_id, 5) NOT GLOB '*[^0-9]*' AND length(operation_id) <= 19`
	if tx.store.dialect == Postgres {
		largest = `SELECT MAX(CAST(substring(operation_id FROM 5) AS bigint)) FROM operations WHERE operation_id ~ '^EXP-[0-9]{1,15}$'`
	}
	if err := tx.db.Raw("UPDATE counters SET value = ("+largest+") + 1 WHERE name = ? RETURNING value", operationCounter).Scan(&n).Error; err != nil {
		return "", fmt.Errorf("skip operation counter: %w", unavailable(err))
	}
	return operationID(n), nil
}

// operationID is the public id of a number, at least four digits (contract 4.3).
func operationID(n int64) string { return fmt.Sprintf("EXP-%04d", n) }
