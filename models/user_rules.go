package models

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	userEmail = regexp.MustCompile(`^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$`)
	userDNI   = regexp.MustCompile(`^[0-9]{8}$`)
)

// The rules of contract 4.6, each with the message that the pages show.

func checkUsername(name string) error {
	switch {
	case name == "":
		return Errorf(Invalid, "El nombre de usuario es obligatorio")
	case !utf8.ValidString(name) || utf8.RuneCountInString(name) > 100:
		return Errorf(Invalid, "El nombre de usuario no puede superar 100 caracteres")
	case strings.ContainsAny(name, `<>&"'`) || strings.ContainsFunc(name, unicode.IsControl):
		// Existing pages put names into HTML as they come (contract 5.29).
		return Errorf(Invalid, "El nombre de usuario contiene caracteres no permitidos")
	}
	return nil
}

func checkUserEmail(email string) error {
	if !userEmail.MatchString(email) || len(email) > 120 {
		return Errorf(Invalid, "El correo electrónico no es válido")
	}
	return nil
}

func checkUserDNI(dni string) error {
	if !userDNI.MatchString(dni) {
		return Errorf(Invalid, "El DNI debe tener 8 dígitos")
	}
	return nil
}

func checkRole(role Role) error {
	if !slices.Contains(Roles, role) {
		return Errorf(Invalid, "El rol no es válido")
	}
	return nil
}

func checkStatus(status string) error {
	if status != Active && status != Inactive {
		return Errorf(Invalid, "El estado no es válido")
	}
	return nil
}

// CheckPassword applies the rule for new passwords: at least 8 characters and one
// digit (contract 3.2), at most 1,024 bytes.
func CheckPassword(password string) error {
	switch {
	case utf8.RuneCountInString(password) < 8:
		return Errorf(Invalid, "La contraseña debe tener al menos 8 caracteres")
	case !strings.ContainsAny(password, "0123456789"):
		return Errorf(Invalid, "La contraseña debe contener al menos un número")
	case len(password) > maxPassword:
		return Errorf(Invalid, "La contraseña es demasiado larga")
	}
	return nil
}
