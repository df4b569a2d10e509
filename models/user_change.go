package models

import (
	"database/sql"
	"errors"

	"gorm.io/gorm"
)

// NewUser is what a user is made of. All fields are required; the password comes
// as a hash of Hasher, its rule is CheckPassword.
type NewUser struct {
	Username, Email, DNI string
	Role                 Role
	PasswordHash         string
}

// Check applies the rules of contract 4.6 that need no database.
func (in NewUser) Check() error {
	for _, err := range []error{checkUsername(in.Username), checkUserEmail(in.Email), checkUserDNI(in.DNI), checkRole(in.Role)} {
		if err != nil {
			return err
		}
	}
	return nil
}

// CreateUser adds an active user. Code Invalid when a rule of contract 4.6 is
// broken or the username, e-mail (in any case) or DNI is taken.
func (tx *Tx) CreateUser(in NewUser) (User, error) {
	u := User{
		Username: in.Username, Email: in.Email, DNI: in.DNI, Role: in.Role, PasswordHash: in.PasswordHash,
		Status: Active, CreatedAt: tx.Now(),
	}
	if err := in.Check(); err != nil {
		return User{}, err
	}
	if err := tx.refuseTaken(User{}, u); err != nil {
		return User{}, err
	}
	if err := tx.db.Create(&u).Error; err != nil {
		return User{}, takenMeanwhile(err)
	}
	return u, nil
}

// UserChange is what an update may set; nil leaves a field as it is.
type UserChange struct {
	Email, DNI, Role, Status *string
	// ToggleStatus turns the status that the row has when the change is made.
	ToggleStatus bool
}

// UpdateUser changes a user and returns it as it was and as it is. A deactivation
// ends the user's sessions; a change of role leaves them, they have the new role at
// once. Code NotFound without such a user,
// Invalid as for CreateUser.
func (tx *Tx) UpdateUser(id int64, change UserChange) (before, after User, err error) {
	if before, err = tx.lockUser(id); err != nil {
		return User{}, User{}, err
	}
	after = before
	if change.ToggleStatus {
		turned := Active
		if before.Status == Active {
			turned = Inactive
		}
		change.Status = &turned
	}
	for _, f := range []struct {
		to    *string
		field *string
		check func(string) error
	}{
		{change.Email, &after.Email, checkUserEmail}, {change.DNI, &after.DNI, checkUserDNI},
		{change.Role, &after.Role, checkRole}, {change.Status, &after.Status, checkStatus},
	} {
		if f.to == nil || *f.to == *f.field {
			continue
		}
		if err := f.check(*f.to); err != nil {
			return User{}, User{}, err
		}
		*f.field = *f.to
	}
	if after.Email != before.Email || after.DNI != before.DNI {
		if err := tx.refuseTaken(before, after); err != nil {
			return User{}, User{}, err
		}
	}
	now := tx.Now()
	after.UpdatedAt = &now
	err = tx.db.Model(&User{}).Where("id = ?", id).Updates(map[string]any{
		"email": after.Email, "dni": after.DNI, "role": after.Role, "status": after.Status, "updated_at": now,
	}).Error
	if err != nil {
		return User{}, User{}, takenMeanwhile(err)
	}
	if LosesSessions(before, after) {
		err = tx.EndSessions(id, 0)
	}
	return before, after, err
}

// LosesSessions reports whether the change of a user ends its sessions.
func LosesSessions(before, after User) bool {
	return before.Status != after.Status && after.Status != Active
}

// SetRole changes the role of a user.
func (tx *Tx) SetRole(id int64, role Role) (User, error) {
	_, after, err := tx.UpdateUser(id, UserChange{Role: &role})
	return after, err
}

// SetStatus activates or deactivates a user; a deactivation ends its sessions.
func (tx *Tx) SetStatus(id int64, status string) (User, error) {
	_, after, err := tx.UpdateUser(id, UserChange{Status: &status})
	return after, err
}

// SetPassword stores a new hash and ends the sessions and remembered logins of the
// user but the session keep (contract 5.15); keep 0 spares none. A given old hash
// must still be the stored one, so that of two changes at once one loses with code
// Invalid; "" overwrites whatever there is.
func (tx *Tx) SetPassword(id int64, old, hash string, keep int64) error {
	u, err := tx.lockUser(id)
	if err != nil {
		return err
	}
	if old != "" && u.PasswordHash != old {
		return Errorf(Invalid, "La contraseña fue cambiada por otra solicitud")
	}
	if err := tx.touchUser(id, map[string]any{"password_hash": hash}); err != nil {
		return err
	}
	return tx.EndSessions(id, keep)
}

// SetLastLogin notes that the user signed in now.
func (tx *Tx) SetLastLogin(id int64) error {
	return tx.touchUser(id, map[string]any{"last_login": tx.Now()})
}

// SetLastLogout notes that the user signed out now.
func (tx *Tx) SetLastLogout(id int64) error {
	return tx.touchUser(id, map[string]any{"last_logout": tx.Now()})
}

// touchUser sets columns and updated_at, which every write of the row moves
// (contract section 4).
func (tx *Tx) touchUser(id int64, columns map[string]any) error {
	columns["updated_at"] = tx.Now()
	return unavailable(tx.db.Model(&User{}).Where("id = ?", id).Updates(columns).Error)
}

// lockUser reads a user for a change in this transaction.
func (tx *Tx) lockUser(id int64) (User, error) {
	var u User
	if err := tx.locked().Where("id = ?", id).Take(&u).Error; err != nil {
		return User{}, found(err, userNotFound)
	}
	return u, nil
}

// refuseTaken refuses a username, an e-mail in any case or a DNI that changed and
// belongs to another user or, as a login, to an account. A username must not be another one's e-mail either, nor
// the other way round: both are logins. It holds a lock until the end of the
// transaction, because no index of an adopted database covers all of this.
func (tx *Tx) refuseTaken(before, u User) error {
	if err := tx.lockLogins(); err != nil {
		return err
	}
	const nameTaken, emailTaken = "El nombre de usuario ya existe", "El correo electrónico ya está registrado"
	for _, rule := range []struct{ was, is, table, clash, message string }{
		{before.Username, u.Username, "users", "username = @v OR email = @v", nameTaken},
		{before.Email, u.Email, "users", "lower(email) = lower(@v) OR username = @v", emailTaken},
		{before.DNI, u.DNI, "users", "dni = @v", "El DNI ya está registrado"},
		// Who has the account of that login could not sign in to it any more.
		{before.Username, u.Username, "emergency_accounts", "username = @v OR email = lower(@v)", nameTaken},
		{before.Email, u.Email, "emergency_accounts", "username = @v OR email = lower(@v)", emailTaken},
	} {
		if rule.was == rule.is {
			continue
		}
		var n int64
		err := tx.db.Table(rule.table).Where("id <> ?", u.ID).Where("("+rule.clash+")", sql.Named("v", rule.is)).Count(&n).Error
		if err != nil {
			return unavailable(err)
		}
		if n > 0 {
			return Errorf(Invalid, "%s", rule.message)
		}
	}
	return nil
}

// lockLogins lets no other transaction look whether a login is taken until this one ends;
// SQLite's single writer is that lock.
func (tx *Tx) lockLogins() error {
	if tx.store.dialect != Postgres {
		return nil
	}
	return unavailable(tx.db.Exec("SELECT pg_advisory_xact_lock(hashtext('relevo.users'))").Error)
}

// takenMeanwhile words a unique violation that came past refuseTaken: a program
// that does not take its lock wrote the same value.
func takenMeanwhile(err error) error {
	if errors.Is(err, gorm.ErrDuplicatedKey) {
		return &Error{Code: Invalid, Message: "El usuario, el correo o el DNI ya está registrado", Err: err}
	}
	return unavailable(err)
}
