package api

import (
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/relevo/relevo/middleware"
	"github.com/relevo/relevo/models"
)

// The most characters that the text fields of operations take.
const (
	maxAccount = 100 // columns source_account and destination_account
	maxURL     = 500 // columns of proofs
	maxRemark  = 4000
)

// fields is a JSON object read key by key, because a missing key, null and an empty
// value mean different things (contract 5.25, 5.31). Null is refused wherever a value
// is expected.
type fields map[string]json.RawMessage

// raw is the value as sent, nil when the key is missing.
func (f fields) raw(key string) (json.RawMessage, error) {
	v, ok := f[key]
	if ok && string(v) == "null" {
		return nil, middleware.FieldError(key, "no puede ser nulo")
	}
	return v, nil
}

// text reads free text without markup, of at most max characters; nil when the key is
// missing.
func (f fields) text(key string, max int) (*string, error) {
	s, err := f.exact(key, max)
	if s != nil {
		plain := models.PlainText(*s)
		s = &plain
	}
	return s, err
}

// exact reads text as it stands, for values that are compared and never shown as typed.
func (f fields) exact(key string, max int) (*string, error) {
	v, err := f.raw(key)
	if v == nil {
		return nil, err
	}
	var s string
	if json.Unmarshal(v, &s) != nil {
		return nil, middleware.FieldError(key, "debe ser texto")
	}
	if utf8.RuneCountInString(s) > max {
		return nil, middleware.FieldError(key, "es demasiado largo")
	}
	return &s, nil
}

// url reads a proof's URL: null and blank both mean none. given tells whether the key
// was there.
func (f fields) url(key string) (url *string, given bool, err error) {
	v, given := f[key]
	if !given {
		return nil, false, nil
	}
	none := ""
	if string(v) == "null" {
		return &none, true, nil
	}
	if url, err = f.exact(key, maxURL); err != nil {
		return nil, true, err
	}
	trimmed := strings.TrimSpace(*url)
	return &trimmed, true, nil
}

// money reads a number or a numeric string (contract 4.6); nil when the key is missing.
func (f fields) money(key string) (*models.Money, error) {
	v, err := f.raw(key)
	if v == nil {
		return nil, err
	}
	var m models.Money
	if m.UnmarshalJSON(v) != nil {
		return nil, middleware.FieldError(key, "debe ser un número")
	}
	return &m, nil
}

// id reads a positive integer or its digits as a string; 0 when the key is missing.
func (f fields) id(key string) (int64, error) {
	v, err := f.raw(key)
	if v == nil {
		return 0, err
	}
	n, err := strconv.ParseInt(strings.Trim(string(v), `"`), 10, 32)
	if err != nil || n <= 0 {
		return 0, middleware.FieldError(key, "debe ser un entero positivo")
	}
	return n, nil
}

// list reads an array of objects; nil when the key is missing.
func (f fields) list(key string) ([]fields, error) {
	v, err := f.raw(key)
	if v == nil {
		return nil, err
	}
	items := []fields{}
	if json.Unmarshal(v, &items) != nil {
		return nil, middleware.FieldError(key, "debe ser una lista de objetos")
	}
	for _, item := range items {
		if item == nil {
			return nil, middleware.FieldError(key, "debe ser una lista de objetos")
		}
	}
	return items, nil
}

// newOperation reads the body of create.
func newOperation(f fields) (in models.NewOperation, err error) {
	if in.ClientID, err = f.id("client_id"); err != nil {
		return in, err
	}
	kind, err := f.exact("operation_type", maxAccount)
	if err != nil {
		return in, err
	}
	usd, err := f.money("amount_usd")
	if err != nil {
		return in, err
	}
	rate, err := f.money("exchange_rate")
	if err != nil {
		return in, err
	}
	for key, missing := range map[string]bool{"client_id": in.ClientID == 0, "operation_type": kind == nil, "amount_usd": usd == nil, "exchange_rate": rate == nil} {
		if missing {
			return in, middleware.FieldError(key, "es obligatorio")
		}
	}
	in.Type, in.AmountUSD, in.ExchangeRate = strings.TrimSpace(*kind), *usd, *rate
	if in.SourceAccount, err = f.text("source_account", maxAccount); err != nil {
		return in, err
	}
	if in.DestinationAccount, err = f.text("destination_account", maxAccount); err != nil {
		return in, err
	}
	in.Notes, err = f.text("notes", maxRemark)
	return in, err
}

// operationEdit reads the body of update.
func operationEdit(f fields) (in models.OperationEdit, err error) {
	if in.AmountUSD, err = f.money("amount_usd"); err != nil {
		return in, err
	}
	deposits, err := f.list("client_deposits")
	if err != nil {
		return in, err
	}
	if deposits != nil {
		in.Deposits = &[]models.DepositEdit{}
	}
	for _, item := range deposits {
		d, err := depositEdit(item)
		if err != nil {
			return in, err
		}
		*in.Deposits = append(*in.Deposits, d)
	}
	payments, err := f.list("client_payments")
	if err != nil {
		return in, err
	}
	if payments != nil {
		in.Payments = &[]models.Payment{}
	}
	for _, item := range payments {
		var p models.Payment
		if p.Importe, err = item.money("importe"); err != nil {
			return in, err
		}
		if p.CuentaDestino, err = item.text("cuenta_destino", maxAccount); err != nil {
			return in, err
		}
		*in.Payments = append(*in.Payments, p)
	}
	return in, nil
}

func depositEdit(f fields) (in models.DepositEdit, err error) {
	d := &in.Deposit
	if d.Importe, err = f.money("importe"); err != nil {
		return in, err
	}
	if d.CodigoOperacion, err = f.text("codigo_operacion", maxAccount); err != nil {
		return in, err
	}
	if d.CuentaCargo, err = f.text("cuenta_cargo", maxAccount); err != nil {
		return in, err
	}
	d.ComprobanteURL, in.ProofGiven, err = f.url("comprobante_url")
	return in, err
}

// completion reads the body of complete.
func completion(f fields) (in models.Completion, err error) {
	if in.Comments, err = f.text("operator_comments", maxRemark); err != nil {
		return in, err
	}
	proofs, err := f.list("operator_proofs")
	if err != nil || proofs == nil {
		return in, err
	}
	in.Proofs = &[]models.Proof{}
	for _, item := range proofs {
		var p models.Proof
		url, _, err := item.url("comprobante_url")
		if err != nil {
			return in, err
		}
		if url != nil {
			p.ComprobanteURL = *url
		}
		comment, err := item.text("comentario", maxRemark)
		if err != nil {
			return in, err
		}
		if comment != nil {
			p.Comentario = *comment
		}
		*in.Proofs = append(*in.Proofs, p)
	}
	return in, nil
}

// remark reads one text of a body, "" when the key is missing.
func remark(f fields, key string) (string, error) {
	s, err := f.text(key, maxRemark)
	if s == nil {
		return "", err
	}
	return *s, nil
}
