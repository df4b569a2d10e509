package models

import (
	"context"
	"errors"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"
)

// Tx is one action: its rows, its audit line and its events become visible
// together or not at all. It belongs to one goroutine. Durable events are rows of
// the event log, written last.
type Tx struct {
	Queries
	store  *Store
	ctx    context.Context
	events []EventRecord
	ended  EndedSessions
}

// Tx runs fn in a transaction. A nil result commits and then hands the recorded
// events to OnCommit before returning; an error or a panic rolls back and drops
// them. On SQLite writers queue; ctx and txTimeout bound it all. Code Unavailable means
// that the database could not serve (locked, full, read-only, gone).
func (s *Store) Tx(ctx context.Context, fn func(*Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, txTimeout)
	defer cancel()
	tx := &Tx{store: s, ctx: ctx}
	err := s.write.WithContext(ctx).Transaction(func(db *gorm.DB) error {
		tx.Queries = Queries{db}
		if err := fn(tx); err != nil {
			return err
		}
		return tx.appendEvents()
	})
	err = unavailable(err)
	s.ended(err)
	if err != nil {
		return err
	}
	if s.onCommit != nil && len(tx.events) > 0 {
		s.onCommit(context.WithoutCancel(ctx), tx.events)
	}
	return nil
}

// Now is the desk's wall clock.
func (tx *Tx) Now() LimaTime { return tx.store.Now() }

// locked makes the next read take the row lock where the dialect has one; SQLite's
// single writer is the lock.
func (tx *Tx) locked() *gorm.DB {
	if tx.store.dialect == Postgres {
		return tx.db.Clauses(clause.Locking{Strength: "UPDATE"})
	}
	return tx.db
}

// q is the handle for one query.
func (q Queries) q(ctx context.Context) *gorm.DB { return q.db.WithContext(ctx) }

// found turns "no row" into an Error of code NotFound with the given message.
func found(err error, message string) error {
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return &Error{Code: NotFound, Message: message, Err: err}
	}
	return unavailable(err)
}

// isDuplicate reports whether err is a unique violation on one of the columns, by
// the name that the database gives (constraint or table.column).
func isDuplicate(err error) bool { return errors.Is(err, gorm.ErrDuplicatedKey) }
