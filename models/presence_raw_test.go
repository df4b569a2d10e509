package models

// PresenceRow is a row as it is stored.
type PresenceRow struct {
	UserID        int64
	Node          string
	Sockets       int
	Since, LeftAt int64
}

// PresenceRows returns the whole table, by user and run.
func (tx *Tx) PresenceRows() (rows []PresenceRow, err error) {
	err = tx.db.Table("presence").Order("user_id, node").Scan(&rows).Error
	return rows, err
}
