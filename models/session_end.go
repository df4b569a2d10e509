package models

import (
	"fmt"
	"slices"
	"strings"
)

// EndedSessions are sessions and remembered logins that are over before their time,
// by id.
type EndedSessions struct{ Sessions, Remembered []int64 }

// Ended returns what this transaction has ended so far. Who ends sessions tells the
// sockets of it in the same transaction (contract 5.9).
func (tx *Tx) Ended() EndedSessions {
	return EndedSessions{slices.Clone(tx.ended.Sessions), slices.Clone(tx.ended.Remembered)}
}

// EndSession ends one session, the remembered login it came from and the other
// sessions from that. Ending one that is over already is no error.
func (tx *Tx) EndSession(id int64) error {
	var s Session
	if err := tx.db.Omit("User").Where("id = ?", id).Limit(1).Find(&s).Error; err != nil {
		return unavailable(err)
	}
	if s.RememberedID != nil {
		if err := tx.endRemembered(*s.RememberedID); err != nil {
			return err
		}
	}
	return tx.end("sessions", &tx.ended.Sessions, "id = ?", id)
}

// EndSessions ends all sessions and remembered logins of a user but the session
// keep and the remembered login it came from (contract 5.15); keep 0 spares none.
func (tx *Tx) EndSessions(user, keep int64) error {
	var kept Session
	if keep != 0 {
		if err := tx.db.Omit("User").Where("id = ? AND user_id = ?", keep, user).Limit(1).Find(&kept).Error; err != nil {
			return unavailable(err)
		}
	}
	var family int64
	if kept.RememberedID != nil {
		family = *kept.RememberedID
	}
	if err := tx.end("sessions", &tx.ended.Sessions, "user_id = ? AND id <> ?", user, kept.ID); err != nil {
		return err
	}
	return tx.end("remembered_logins", &tx.ended.Remembered, "user_id = ? AND id <> ?", user, family)
}

// EndRemembered ends the remembered login of a token and the sessions that came
// from it. An unknown token is no error.
func (tx *Tx) EndRemembered(token string) error {
	family, _, _ := strings.Cut(token, ".")
	var row RememberedLogin
	err := tx.db.Omit("User").Where("family_hash = ?", HashToken(family)).Limit(1).Find(&row).Error
	if err != nil || row.ID == 0 {
		return unavailable(err)
	}
	return tx.endRemembered(row.ID)
}

// endRemembered ends a remembered login and its sessions.
func (tx *Tx) endRemembered(id int64) error {
	// The sessions first: with their remembered login they would go unseen.
	if err := tx.end("sessions", &tx.ended.Sessions, "remembered_id = ?", id); err != nil {
		return err
	}
	return tx.end("remembered_logins", &tx.ended.Remembered, "id = ?", id)
}

// end removes the rows of a condition and notes their ids.
func (tx *Tx) end(table string, ended *[]int64, where string, args ...any) error {
	var ids []int64
	if err := tx.db.Raw("DELETE FROM "+table+" WHERE "+where+" RETURNING id", args...).Scan(&ids).Error; err != nil {
		return fmt.Errorf("end %s: %w", table, unavailable(err))
	}
	*ended = append(*ended, ids...)
	return nil
}
