package models

import (
	"context"
	"errors"
	"strings"
	"unicode/utf8"

	"gorm.io/gorm"
)

// Role is what a user may do; the stored value is the wire value (contract 4.1).
type Role = string

// The roles.
const (
	Master   Role = "Master"
	Trader   Role = "Trader"
	Operador Role = "Operador"
)

// Roles lists every role.
var Roles = []Role{Master, Trader, Operador}

// The status of users and clients.
const (
	Active   = "Activo"
	Inactive = "Inactivo"
)

// User is a person of the desk (contract 4.1).
type User struct {
	ID           int64 `gorm:"primaryKey"`
	Username     string
	Email        string
	PasswordHash string
	DNI          string `gorm:"column:dni"`
	Role         Role
	Status       string
	CreatedAt    LimaTime  `gorm:"autoCreateTime:false"`
	UpdatedAt    *LimaTime `gorm:"autoUpdateTime:false"`
	LastLogin    *LimaTime
	LastLogout   *LimaTime
}

// Online is the rule of sign-in and sign-out alone: signed in later than signed out
// (contract 4.1). What sockets say comes on top (contract 5.28).
func (u User) Online() bool {
	return u.LastLogin != nil && (u.LastLogout == nil || u.LastLogin.After(*u.LastLogout))
}

// userNotFound is what callers show when an id or a login names nobody.
const userNotFound = "Usuario no encontrado"

// UserByID returns a user, code NotFound without one.
func (q Queries) UserByID(ctx context.Context, id int64) (User, error) {
	var u User
	if err := q.q(ctx).Where("id = ?", id).Take(&u).Error; err != nil {
		return User{}, found(err, userNotFound)
	}
	return u, nil
}

// FindUserByLogin returns the user with this username or else this e-mail, compared
// exactly (contract 3.2); code NotFound without one.
func (q Queries) FindUserByLogin(ctx context.Context, login string) (User, error) {
	var u User
	if !storableLogin(login) {
		return u, Errorf(NotFound, userNotFound)
	}
	err := q.q(ctx).Where("username = ?", login).Take(&u).Error
	if errors.Is(err, gorm.ErrRecordNotFound) {
		err = q.q(ctx).Where("email = ?", login).Take(&u).Error
	}
	if err != nil {
		return User{}, found(err, userNotFound)
	}
	return u, nil
}

// storableLogin reports whether a login could stand in a column at all. Postgres fails
// the query on what no column can hold.
func storableLogin(login string) bool {
	return utf8.ValidString(login) && !strings.ContainsRune(login, 0)
}

// ListUsers returns all users, newest first (contract 3.3).
func (q Queries) ListUsers(ctx context.Context) ([]User, error) {
	return usersOf(q.q(ctx).Order("created_at DESC, id DESC"))
}

// UsersByRole returns the users of a role by username; none for an unknown role.
func (q Queries) UsersByRole(ctx context.Context, role Role) ([]User, error) {
	return usersOf(q.q(ctx).Where("role = ?", role).Order("username"))
}

// ActiveUsers returns the active users by username.
func (q Queries) ActiveUsers(ctx context.Context) ([]User, error) {
	return usersOf(q.q(ctx).Where("status = ?", Active).Order("username"))
}

func usersOf(query *gorm.DB) ([]User, error) {
	list := []User{}
	if err := query.Find(&list).Error; err != nil {
		return nil, unavailable(err)
	}
	return list, nil
}

// CountUsers is the number of users of any status.
func (q Queries) CountUsers(ctx context.Context) (int64, error) {
	var n int64
	err := q.q(ctx).Model(&User{}).Count(&n).Error
	return n, unavailable(err)
}

// UserOperations is how many operations a user created, by status (contract 3.3).
type UserOperations struct {
	Total, Completed, Pending, InProcess, Canceled int64
}

// OperationsOf counts the operations that a user created.
func (q Queries) OperationsOf(ctx context.Context, user int64) (UserOperations, error) {
	var rows []struct {
		Status string
		N      int64
	}
	err := q.q(ctx).Table("operations").Select("status, count(*) AS n").Where("user_id = ?", user).Group("status").Scan(&rows).Error
	if err != nil {
		return UserOperations{}, unavailable(err)
	}
	var out UserOperations
	for _, r := range rows {
		out.Total += r.N
		switch r.Status {
		case Completada:
			out.Completed = r.N
		case Pendiente:
			out.Pending = r.N
		case EnProceso:
			out.InProcess = r.N
		case Cancelado:
			out.Canceled = r.N
		}
	}
	return out, nil
}

// InsertUser adds the row as it stands and sets its id. It checks nothing; see
// CreateUser.
func (tx *Tx) InsertUser(u *User) error { return unavailable(tx.db.Create(u).Error) }
