package models

import "gorm.io/gorm/clause"

// InsertClient adds the row as it stands and sets its id. It checks nothing.
func (tx *Tx) InsertClient(c *Client) error {
	return unavailable(tx.db.Omit(clause.Associations).Create(c).Error)
}

// InsertOperation adds the row as it stands and sets its id. It checks nothing.
func (tx *Tx) InsertOperation(op *Operation) error {
	return unavailable(tx.db.Omit(clause.Associations).Create(op).Error)
}
