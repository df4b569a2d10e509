package models

// JSONSchema describes an amount: a number with at least one decimal.
func (Money) JSONSchema() map[string]any { return map[string]any{"type": "number"} }

// JSONSchema describes a wall clock in Lima (contract 2.1).
func (LimaTime) JSONSchema() map[string]any {
	return map[string]any{
		"type": "string", "pattern": `^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?$`,
		"description": "Wall clock in Lima (UTC-5), without a zone.",
	}
}

// JSONSchema describes a calendar day.
func (Day) JSONSchema() map[string]any {
	return map[string]any{"type": "string", "format": "date"}
}
