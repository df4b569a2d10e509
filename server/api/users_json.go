package api

import (
	"encoding/json"
	"strings"

	"github.com/relevo/relevo/models"
)

// UserDict is a user as clients know it (contract 2.7). The hash is never in it.
type UserDict struct {
	ID         int64            `json:"id"`
	Username   string           `json:"username"`
	Email      *string          `json:"email"`
	DNI        *string          `json:"dni"`
	Role       string           `json:"role"`
	Status     string           `json:"status"`
	CreatedAt  *models.LimaTime `json:"created_at"`
	UpdatedAt  *models.LimaTime `json:"updated_at"`
	LastLogin  *models.LimaTime `json:"last_login"`
	LastLogout *models.LimaTime `json:"last_logout"`
}

func userDict(u models.User) UserDict {
	return UserDict{
		ID: u.ID, Username: u.Username, Email: &u.Email, DNI: &u.DNI, Role: u.Role, Status: u.Status,
		CreatedAt: &u.CreatedAt, UpdatedAt: u.UpdatedAt, LastLogin: u.LastLogin, LastLogout: u.LastLogout,
	}
}

// colleague is what a user who is not a Master may know of another one: every key
// is there, but e-mail, document and times are null (contract 5.13).
func colleague(u models.User) UserDict {
	return UserDict{ID: u.ID, Username: u.Username, Role: u.Role, Status: u.Status}
}

// text is a JSON string that must not be null: a missing key is "", null is an
// error of code Invalid (contract 3.1, where it was a crash).
type text string

// UnmarshalJSON implements json.Unmarshaler.
func (t *text) UnmarshalJSON(b []byte) error {
	if string(b) == "null" {
		return models.Errorf(models.Invalid, "Se esperaba un texto y llegó null")
	}
	return json.Unmarshal(b, (*string)(t))
}

func (t text) trim() string { return strings.TrimSpace(string(t)) }

// given is the trimmed text, nil when that is empty: such a field stays unchanged.
func (t text) given() *string {
	s := t.trim()
	if s == "" {
		return nil
	}
	return &s
}
