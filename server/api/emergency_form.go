package api

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// maxEmergencyBody bounds a JSON body of the emergencies desk, in bytes.
const maxEmergencyBody = 64 << 10

// maxEchoed bounds what a fault repeats of a value, in bytes.
const maxEchoed = 100

// unechoed are the keys whose values no answer repeats: answers end up in logs of proxies
// and on screens.
var unechoed = []string{"contrasena", "token"}

// emergencyForm reads a JSON object key by key and notes everything that is wrong with
// it, so that one answer names all faults (emergencies contract 2). Values of a form with
// faults mean nothing.
type emergencyForm struct {
	fields fields
	at     []string
	faults *detailFaults
}

// readForm reads the body. With an error nothing was answered.
func readForm(c *gin.Context) (emergencyForm, error) {
	f := emergencyForm{at: []string{"body"}, faults: &detailFaults{}}
	body, err := middleware.ReadBody(c, maxEmergencyBody)
	if err != nil {
		return f, err
	}
	if !json.Valid(body) {
		return f, detailFaults{{"json_invalid", f.at, "JSON inválido", nil}}
	}
	if json.Unmarshal(body, &f.fields) != nil || f.fields == nil {
		return f, detailFaults{{"model_attributes_type", f.at, "Se esperaba un objeto", nil}}
	}
	return f, nil
}

// err is what was wrong so far; nil for nothing.
func (f emergencyForm) err() error {
	if len(*f.faults) == 0 {
		return nil
	}
	return *f.faults
}

func (f emergencyForm) fault(key, kind, why string) {
	fault := detailFault{Type: kind, Loc: append(slices.Clone(f.at), key), Msg: why}
	if v, ok := f.fields[key]; ok && len(v) <= maxEchoed && utf8.Valid(v) && !slices.Contains(unechoed, key) {
		fault.Input = v
	}
	*f.faults = append(*f.faults, fault)
}

// given reports whether the key has a value; null has none.
func (f emergencyForm) given(key string) bool {
	v, ok := f.fields[key]
	return ok && string(v) != "null"
}

// needs is given, and notes a fault without a value.
func (f emergencyForm) needs(key string) bool {
	if !f.given(key) {
		f.fault(key, "missing", "es obligatorio")
		return false
	}
	return true
}

// parse reads a number, without the quotes that clients may put around it. It has to be
// written as JSON has numbers: what else Go takes for one is none.
func (f emergencyForm) parse(key string) (float64, error) {
	v := string(f.fields[key])
	if unquoted, err := strconv.Unquote(v); err == nil {
		v = strings.TrimSpace(unquoted)
	}
	if strings.Trim(v, "+-.0123456789eE") != "" {
		return 0, strconv.ErrSyntax
	}
	return strconv.ParseFloat(v, 64)
}

// id reads a number above 0.
func (f emergencyForm) id(key string) int64 {
	if !f.needs(key) {
		return 0
	}
	return f.optionalID(key)
}

// optionalID is id, and 0 without a value.
func (f emergencyForm) optionalID(key string) int64 {
	if !f.given(key) {
		return 0
	}
	n, err := f.parse(key)
	switch {
	case err != nil || n != math.Trunc(n) || math.Abs(n) > 1<<53:
		f.fault(key, "int_parsing", "debe ser un entero")
	case n <= 0:
		f.fault(key, "greater_than", "debe ser mayor que 0")
	case n > 1<<31-1:
		f.fault(key, "less_than_equal", "es demasiado grande")
	default:
		return int64(n)
	}
	return 0
}

// disregarded checks the form of a number above 0 that nothing is decided by. It may be
// any: the existing client makes one of the digits that an e-mail begins with, and those
// are often a telephone number (emergencies contract 4.2-e).
func (f emergencyForm) disregarded(key string) {
	if !f.given(key) {
		return
	}
	n, err := f.parse(key)
	switch {
	case err != nil || n != math.Trunc(n):
		f.fault(key, "int_parsing", "debe ser un entero")
	case n <= 0:
		f.fault(key, "greater_than", "debe ser mayor que 0")
	}
}

// number reads a number from least to most.
func (f emergencyForm) number(key string, least, most float64) float64 {
	if !f.needs(key) {
		return 0
	}
	n, err := f.parse(key)
	switch {
	case err != nil:
		f.fault(key, "float_parsing", "debe ser un número")
	case n < least:
		f.fault(key, "greater_than_equal", "debe ser al menos "+strconv.FormatFloat(least, 'f', -1, 64))
	case n > most:
		f.fault(key, "less_than_equal", "debe ser como máximo "+strconv.FormatFloat(most, 'f', -1, 64))
	}
	return n
}

// truth reads true or false; nil without a value.
func (f emergencyForm) truth(key string) *bool {
	if !f.given(key) {
		return nil
	}
	var b bool
	if json.Unmarshal(f.fields[key], &b) != nil {
		f.fault(key, "bool_parsing", "debe ser verdadero o falso")
	}
	return &b
}

// text reads text without markup of 1 to most characters.
func (f emergencyForm) text(key string, most int) string {
	if !f.needs(key) {
		return ""
	}
	s := models.PlainText(f.exact(key, most))
	if s == "" && !f.faulty(key) {
		f.fault(key, "string_too_short", "no puede estar vacío")
	}
	return s
}

// optionalText reads text without markup of at most most characters; "" without a value.
func (f emergencyForm) optionalText(key string, most int) string {
	return models.PlainText(f.exact(key, most))
}

// exact reads text as it stands, for values that are compared; "" without a value.
func (f emergencyForm) exact(key string, most int) string {
	if !f.given(key) {
		return ""
	}
	var s string
	if json.Unmarshal(f.fields[key], &s) != nil {
		f.fault(key, "string_type", "debe ser texto")
		return ""
	}
	if utf8.RuneCountInString(s) > most {
		f.fault(key, "string_too_long", "es demasiado largo")
	}
	return s
}

// choice reads one of the values.
func (f emergencyForm) choice(key string, values ...string) string {
	if !f.needs(key) {
		return ""
	}
	s := f.exact(key, maxEchoed)
	if !f.faulty(key) && !slices.Contains(values, s) {
		f.fault(key, "enum", "debe ser "+strings.Join(values, ", "))
	}
	return s
}

// texts reads a list of at most n texts; empty without a value.
func (f emergencyForm) texts(key string, n, most int) []string {
	out := []string{}
	if !f.given(key) {
		return out
	}
	var given []string
	if json.Unmarshal(f.fields[key], &given) != nil {
		f.fault(key, "list_type", "debe ser una lista de textos")
		return out
	}
	if len(given) > n {
		f.fault(key, "too_long", "tiene demasiados elementos")
		return out
	}
	for _, s := range given {
		if utf8.RuneCountInString(s) > most {
			f.fault(key, "string_too_long", "tiene un elemento demasiado largo")
			return out
		}
		if s = models.PlainText(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// object reads an object inside; with a fault or without a value it is empty.
func (f emergencyForm) object(key string) emergencyForm {
	inner := emergencyForm{fields: fields{}, at: append(slices.Clone(f.at), key), faults: f.faults}
	if !f.needs(key) {
		return inner
	}
	if json.Unmarshal(f.fields[key], &inner.fields) != nil || inner.fields == nil {
		inner.fields = fields{}
		f.fault(key, "model_attributes_type", "debe ser un objeto")
	}
	return inner
}

// dateForms are the forms of dates and instants that the existing clients send.
var dateForms = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04", time.DateOnly}

// day reads a date with or without a time of day, as it is written whatever its zone; the
// zero time without a value.
func (f emergencyForm) day(key string) time.Time {
	if !f.given(key) {
		return time.Time{}
	}
	s := strings.TrimSpace(f.exact(key, maxEchoed))
	for _, form := range dateForms {
		if t, err := time.Parse(form, s); err == nil && t.Year() >= 1 && t.Year() <= 9999 {
			return t
		}
	}
	if !f.faulty(key) {
		f.fault(key, "datetime_from_date_parsing", "debe ser una fecha")
	}
	return time.Time{}
}

// faulty reports whether a fault of the key is noted already.
func (f emergencyForm) faulty(key string) bool {
	at := append(slices.Clone(f.at), key)
	return slices.ContainsFunc(*f.faults, func(known detailFault) bool { return slices.Equal(known.Loc, at) })
}
