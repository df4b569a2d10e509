package models

import (
	"errors"
	"fmt"
)

// Code sorts errors by what the caller can do about them. The server maps each
// to one HTTP status.
type Code string

// The codes.
const (
	Invalid      Code = "invalid"      // the input breaks a rule: 400
	Unauthorized Code = "unauthorized" // nobody is signed in: 401
	Forbidden    Code = "forbidden"    // signed in, not allowed: 403
	NotFound     Code = "not_found"    // no such row: 404
	Conflict     Code = "conflict"     // the state of the row does not allow it: 409
	Gone         Code = "gone"         // no longer kept: 410
	TooLarge     Code = "too_large"    // body or file over its limit: 413
	Unsupported  Code = "unsupported"  // wrong content type: 415
	// Unprocessable is 422: well-formed, but not what the table of events says.
	Unprocessable Code = "unprocessable"
	RateLimited   Code = "rate_limited" // too many attempts: 429
	Unavailable   Code = "unavailable"  // the database cannot serve now: 503
	Internal      Code = "internal"     // a fault of ours: 500
)

// Error is the one error type that crosses rooms. Message is for the user
// (Spanish, as the pages show it); Err is the cause, for the log only.
type Error struct {
	Code    Code
	Message string
	Err     error
}

// Error implements error; it is what the log shows.
func (e *Error) Error() string {
	if e.Err != nil {
		return fmt.Sprintf("%s: %s: %v", e.Code, e.Message, e.Err)
	}
	return fmt.Sprintf("%s: %s", e.Code, e.Message)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error without a cause.
func Errorf(code Code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// CodeOf returns the code of the first Error in err's chain, Internal for any
// other error, and "" for nil.
func CodeOf(err error) Code {
	if err == nil {
		return ""
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return Internal
}

// MessageOf returns the user's message, and a general one for foreign errors.
func MessageOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Message
	}
	return "Error interno del servidor"
}
