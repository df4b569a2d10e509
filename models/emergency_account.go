package models

import (
	"context"
	"database/sql"
	"slices"
	"strings"
)

// AccountNotFound is the message for an unknown account.
const AccountNotFound = "Cuenta no encontrada"

// The kinds of emergency accounts (tipoUsuario, emergencies contract 2). Operators of
// the desk are desk users and have none.
const (
	AccountRequester = "SOLICITANTE"
	AccountCrew      = "OPERADOR_AMBULANCIA"
)

// AccountKinds lists the kinds.
var AccountKinds = []string{AccountRequester, AccountCrew}

// EmergencyAccount lets a requester or an ambulance's crew sign in. It has no session
// of the desk. Ids begin above those of desk users, so that the two never share one.
type EmergencyAccount struct {
	ID       int64 `gorm:"primaryKey"`
	Username string
	// Email is in lower case; nil without one.
	Email        *string
	PasswordHash string
	// Kind is nil in old accounts that were never given one.
	Kind *string
	// PersonID is the requester or the member of a crew; nil for nobody.
	PersonID *int64
	Active   bool
	// Version is raised with every change of password or status: a token of another
	// version is worth nothing.
	Version   int64
	CreatedAt Instant `gorm:"autoCreateTime:false"`
	UpdatedAt Instant `gorm:"autoUpdateTime:false"`
}

// Is reports whether the account has the kind.
func (a EmergencyAccount) Is(kind string) bool { return a.Kind != nil && *a.Kind == kind }

// EmergencyAccountByID returns an account, inactive ones too; code NotFound without one.
func (q Queries) EmergencyAccountByID(ctx context.Context, id int64) (EmergencyAccount, error) {
	var a EmergencyAccount
	err := q.q(ctx).Where("id = ?", id).Take(&a).Error
	return a, found(err, AccountNotFound)
}

// EmergencyAccountByLogin returns the account with this username, compared exactly, or
// this e-mail in any case; inactive ones too. Code NotFound without one.
func (q Queries) EmergencyAccountByLogin(ctx context.Context, login string) (EmergencyAccount, error) {
	var a EmergencyAccount
	if !storableLogin(login) {
		return a, Errorf(NotFound, AccountNotFound)
	}
	err := q.q(ctx).Where("username = ? OR email = ?", login, strings.ToLower(login)).Order("id").Limit(1).Take(&a).Error
	return a, found(err, AccountNotFound)
}

// EmergencyAccounts returns accounts by id; limit must be positive.
func (q Queries) EmergencyAccounts(ctx context.Context, limit, offset int) ([]EmergencyAccount, error) {
	out := []EmergencyAccount{}
	err := q.q(ctx).Order("id").Limit(limit).Offset(offset).Find(&out).Error
	return out, unavailable(err)
}

// NewEmergencyAccount is what an account is made of. The password comes as a hash of
// Hasher, or as the bcrypt hash of the system replaced.
type NewEmergencyAccount struct {
	Username     string
	Email        string // may be empty
	PasswordHash string
	Kind         string // empty for none
	PersonID     int64  // 0 for nobody
}

// CreateEmergencyAccount adds an active account. Code Invalid for a broken rule and for
// a person who is not of the kind, Conflict when the name or the e-mail is a login
// already, of an account or of a desk user.
func (tx *Tx) CreateEmergencyAccount(in NewEmergencyAccount) (EmergencyAccount, error) {
	if err := checkUsername(in.Username); err != nil {
		return EmergencyAccount{}, err
	}
	now := ToInstant(tx.store.now())
	row := EmergencyAccount{Username: in.Username, PasswordHash: in.PasswordHash, Active: true, Version: 1, CreatedAt: now, UpdatedAt: now}
	if in.Email != "" {
		if err := checkUserEmail(in.Email); err != nil {
			return EmergencyAccount{}, err
		}
		email := strings.ToLower(in.Email)
		row.Email = &email
	}
	if in.Kind != "" {
		if !slices.Contains(AccountKinds, in.Kind) {
			return EmergencyAccount{}, Errorf(Invalid, "El tipo de usuario debe ser SOLICITANTE u OPERADOR_AMBULANCIA")
		}
		row.Kind = &in.Kind
	}
	if in.PersonID != 0 {
		if err := tx.checkAccountPerson(in.Kind, in.PersonID); err != nil {
			return EmergencyAccount{}, err
		}
		row.PersonID = &in.PersonID
	}
	if err := tx.refuseTakenLogin(row); err != nil {
		return EmergencyAccount{}, err
	}
	if err := tx.db.Create(&row).Error; err != nil {
		if isDuplicate(err) {
			return EmergencyAccount{}, &Error{Code: Conflict, Message: accountTaken, Err: err}
		}
		return EmergencyAccount{}, unavailable(err)
	}
	return row, nil
}

const accountTaken = "El nombre de usuario o el correo ya está registrado"

// checkAccountPerson refuses a person who is not what the kind says.
func (tx *Tx) checkAccountPerson(kind string, person int64) error {
	var err error
	switch kind {
	case AccountCrew:
		_, err = tx.AmbulanceOperator(tx.ctx, person)
	case AccountRequester:
		_, err = tx.RequesterByID(tx.ctx, person)
	default:
		return Errorf(Invalid, "Una cuenta sin tipo no tiene persona")
	}
	return named(err)
}

// refuseTakenLogin refuses a name or an e-mail that is a login of another account or of
// a desk user, under the lock of refuseTaken.
func (tx *Tx) refuseTakenLogin(a EmergencyAccount) error {
	if err := tx.lockLogins(); err != nil {
		return err
	}
	email := a.Username
	if a.Email != nil {
		email = *a.Email
	}
	for _, table := range []string{"users", "emergency_accounts"} {
		var n int64
		err := tx.db.Table(table).Where("username IN (@name, @email) OR lower(email) IN (lower(@name), lower(@email))",
			sql.Named("name", a.Username), sql.Named("email", email)).Limit(1).Count(&n).Error
		if err != nil {
			return unavailable(err)
		}
		if n > 0 {
			return Errorf(Conflict, accountTaken)
		}
	}
	return nil
}

// SetEmergencyAccountActive turns an account on or off and returns it. What it is
// already changes nothing; otherwise its tokens end. Code NotFound.
func (tx *Tx) SetEmergencyAccountActive(id int64, active bool) (EmergencyAccount, error) {
	return tx.changeAccount(id, func(a *EmergencyAccount) bool {
		changed := a.Active != active
		a.Active = active
		return changed
	})
}

// SetEmergencyAccountPassword stores a new hash and ends the account's tokens. Code NotFound.
func (tx *Tx) SetEmergencyAccountPassword(id int64, hash string) (EmergencyAccount, error) {
	return tx.changeAccount(id, func(a *EmergencyAccount) bool {
		a.PasswordHash = hash
		return true
	})
}

// changeAccount raises the version of an account that change has changed.
func (tx *Tx) changeAccount(id int64, change func(*EmergencyAccount) bool) (EmergencyAccount, error) {
	var a EmergencyAccount
	if err := tx.locked().Where("id = ?", id).Take(&a).Error; err != nil {
		return a, found(err, AccountNotFound)
	}
	if !change(&a) {
		return a, nil
	}
	a.Version++
	a.UpdatedAt = ToInstant(tx.store.now())
	err := tx.db.Model(&EmergencyAccount{}).Where("id = ?", id).Updates(map[string]any{
		"password_hash": a.PasswordHash, "active": a.Active, "version": a.Version, "updated_at": a.UpdatedAt,
	}).Error
	return a, unavailable(err)
}
