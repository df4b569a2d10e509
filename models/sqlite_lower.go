package models

import (
	"database/sql/driver"
	"strings"

	"modernc.org/sqlite"
)

// sqliteLower names the lower case of all letters in SQLite, whose own lower() knows
// ASCII only: a search for "peña" must find "PEÑA".
const sqliteLower = "relevo_lower"

func init() {
	sqlite.MustRegisterDeterministicScalarFunction(sqliteLower, 1,
		func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
			switch v := args[0].(type) {
			case string:
				return strings.ToLower(v), nil
			case []byte:
				return strings.ToLower(string(v)), nil
			}
			return args[0], nil
		})
}
