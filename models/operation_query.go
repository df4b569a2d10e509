package models

import (
	"context"
	"strconv"
	"time"

	"gorm.io/gorm"
)

// maxListed bounds a list of operations whose caller sets no limit; the newest stay.
const maxListed = 10000

// OperationFilter narrows the list of all days. Status wins over ClientID; the zero
// value narrows nothing (contract 3.5).
type OperationFilter struct {
	Status   string
	ClientID int64
	// From and Before bound created_at; zero is open.
	From, Before LimaTime
	// Limit bounds the list; zero means 10000.
	Limit int
}

// related joins what the answers show of an operation, in one query.
func related(db *gorm.DB) *gorm.DB {
	return db.Joins("Client").Joins("User").Joins("AssignedOperator")
}

// OperationByID returns the operation with its relations. Code NotFound when there is none.
func (q Queries) OperationByID(ctx context.Context, id int64) (Operation, error) {
	var op Operation
	err := related(q.q(ctx)).Where("operations.id = ?", id).Take(&op).Error
	return op, found(err, OperationNotFound)
}

// OperationByKey reads an integer as row id and anything else as operation_id
// (contract 3.5).
func (q Queries) OperationByKey(ctx context.Context, key string) (Operation, error) {
	if id, err := strconv.ParseInt(key, 10, 32); err == nil {
		return q.OperationByID(ctx, id)
	}
	var op Operation
	if !storable(key) {
		return op, Errorf(NotFound, OperationNotFound)
	}
	err := related(q.q(ctx)).Where("operations.operation_id = ?", key).Take(&op).Error
	return op, found(err, OperationNotFound)
}

// storable reports whether a key could stand in a column at all. Postgres fails the
// query on NUL and broken UTF-8, where the answer is only that there is no such row.
func storable(key string) bool { return len(key) <= 50 && key == PlainText(key) }

// operation reads the row with its relations, as this transaction sees it.
func (tx *Tx) operation(id int64) (Operation, error) {
	return tx.OperationByID(tx.db.Statement.Context, id)
}

// OperationsToday lists the operations created on the Lima day of now, those in
// process first, then the newest (contract 3.5). The day is half-open, so that its
// last second counts (contract 5.30).
func (q Queries) OperationsToday(ctx context.Context, now LimaTime) ([]Operation, error) {
	day := now.DayStart()
	return listed(q.q(ctx).Where("operations.created_at >= ? AND operations.created_at < ?", day, day.AddDate(0, 0, 1)).
		Order("CASE WHEN operations.status = 'En proceso' THEN 0 ELSE 1 END"))
}

// Operations lists the operations of all days, the newest first, up to the limit.
func (q Queries) Operations(ctx context.Context, f OperationFilter) ([]Operation, error) {
	db := q.q(ctx)
	switch {
	case !storable(f.Status):
		return nil, nil
	case f.Status != "":
		db = db.Where("operations.status = ?", f.Status)
	case f.ClientID != 0:
		db = db.Where("operations.client_id = ?", f.ClientID)
	}
	if !f.From.IsZero() {
		db = db.Where("operations.created_at >= ?", f.From)
	}
	if !f.Before.IsZero() {
		db = db.Where("operations.created_at < ?", f.Before)
	}
	if f.Limit > 0 {
		db = db.Limit(f.Limit)
	}
	return listed(db)
}

// OperationsOpen lists what waits or is in process, of any day and any operator,
// those in process first (contract 3.5, for_operator).
func (q Queries) OperationsOpen(ctx context.Context) ([]Operation, error) {
	return listed(q.q(ctx).Where("operations.status IN ?", []string{Pendiente, EnProceso}).
		Order("CASE WHEN operations.status = 'En proceso' THEN 0 ELSE 1 END"))
}

// OperationsOverdue lists the operator's own operations that went into process on the
// Lima day of now and at least ten minutes ago (contract 3.5, check_pending_operations).
func (q Queries) OperationsOverdue(ctx context.Context, operator int64, now LimaTime) ([]Operation, error) {
	return listed(q.q(ctx).Where("operations.assigned_operator_id = ? AND operations.status = ?", operator, EnProceso).
		Where("operations.in_process_since >= ? AND operations.in_process_since <= ?", now.DayStart(), ToLima(now.Time().Add(-10*time.Minute))))
}

func listed(db *gorm.DB) ([]Operation, error) {
	var ops []Operation
	if _, bounded := db.Statement.Clauses["LIMIT"]; !bounded {
		db = db.Limit(maxListed)
	}
	err := related(db).Order("operations.created_at DESC, operations.id DESC").Find(&ops).Error
	return ops, unavailable(err)
}
