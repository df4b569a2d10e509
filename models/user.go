package models

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

// Online is the desk's rule: signed in later than signed out (contract 4.1).
func (u User) Online() bool {
	return u.LastLogin != nil && (u.LastLogout == nil || u.LastLogin.After(*u.LastLogout))
}

// InsertUser adds the row as it stands and sets its id. It checks nothing.
func (tx *Tx) InsertUser(u *User) error { return unavailable(tx.db.Create(u).Error) }
