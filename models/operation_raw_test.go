package models

// Exec runs SQL as the system replaced might have, past every rule.
func (tx *Tx) Exec(sql string, args ...any) error { return tx.db.Exec(sql, args...).Error }
