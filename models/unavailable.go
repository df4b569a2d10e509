package models

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// reasons are what a user is told when the database cannot serve, by what the driver's
// error says. The first that fits counts.
var reasons = []struct {
	message string
	signs   []string
}{
	{"El servicio no puede guardar cambios: no queda espacio en la base de datos",
		[]string{"database or disk is full", "SQLSTATE 53100"}},
	{"El servicio no puede guardar cambios: la base de datos es de solo lectura",
		[]string{"readonly database", "SQLSTATE 25006"}},
	{"El servicio no puede guardar cambios: la base de datos está ocupada",
		[]string{"database is locked", "SQLSTATE 55P03"}},
	{"El servicio no está disponible en este momento", []string{
		"disk I/O error", "unable to open database", "database is closed", "SQLSTATE 53", "SQLSTATE 57P", "SQLSTATE 58",
		"SQLSTATE 08", "failed to connect", "connection refused", "broken pipe", "connection reset",
	}},
}

// unavailable marks errors that say the database cannot serve now, so that callers
// answer 503 and not 500. Other errors pass unchanged.
func unavailable(err error) error {
	if err == nil {
		return nil
	}
	var known *Error
	if errors.As(err, &known) {
		return err
	}
	text := err.Error()
	for _, reason := range reasons {
		for _, sign := range reason.signs {
			if strings.Contains(text, sign) {
				return &Error{Code: Unavailable, Message: reason.message, Err: err}
			}
		}
	}
	// A deadline is ours: the database did not answer in time, or another transaction
	// held what this one waited for.
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, sql.ErrConnDone) {
		return &Error{Code: Unavailable, Message: "El servicio no está disponible en este momento: la base de datos no responde", Err: err}
	}
	return fmt.Errorf("database: %w", err)
}
