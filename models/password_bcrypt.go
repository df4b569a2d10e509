package models

import (
	"errors"
	"strings"

	"golang.org/x/crypto/bcrypt"
)

// bcryptLength is that of every bcrypt hash, in bytes.
const bcryptLength = 60

// maxBcryptCost bounds what a stored hash may ask for: four times the work that the
// emergencies backend, which made these hashes, ever asked for.
const maxBcryptCost = 14

// isBcrypt reports whether a stored hash is of one of bcrypt's forms that compute the
// same: $2a$, $2b$ and $2y$. $2x$ marks hashes of a faulty program and is refused.
func isBcrypt(stored string) bool {
	for _, form := range []string{"$2a$", "$2b$", "$2y$"} {
		if strings.HasPrefix(stored, form) {
			return true
		}
	}
	return false
}

// KnownHash reports whether a stored form is one that Hasher verifies, by its beginning
// and for bcrypt by its length and cost.
func KnownHash(stored string) bool {
	if isBcrypt(stored) {
		cost, err := bcrypt.Cost([]byte(stored))
		return err == nil && cost <= maxBcryptCost && len(stored) == bcryptLength
	}
	method, _, _ := strings.Cut(stored, ":")
	return (method == "scrypt" || method == "pbkdf2") && strings.Count(stored, "$") == 2 && len(stored) <= maxStoredHash
}

// minBcryptCost is the least that a hash of today may ask for.
const minBcryptCost = 10

// StrongBcrypt reports whether a stored form is a bcrypt hash that Hasher verifies and that
// is not computed in no time.
func StrongBcrypt(stored string) bool {
	cost, err := bcrypt.Cost([]byte(stored))
	return isBcrypt(stored) && KnownHash(stored) && err == nil && cost >= minBcryptCost
}

// verifyBcrypt checks a bcrypt hash, which knows the first 72 bytes of a password and
// no more, as the backend that made it did. An error means that the form is not
// supported.
func verifyBcrypt(stored, password string) (bool, error) {
	if !KnownHash(stored) {
		return false, errHashForm
	}
	err := bcrypt.CompareHashAndPassword([]byte(stored), []byte(password))
	if errors.Is(err, bcrypt.ErrMismatchedHashAndPassword) {
		return false, nil
	}
	return err == nil, err
}
