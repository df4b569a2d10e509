package api

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"

	"github.com/relevo/relevo/models"
)

// clientFields collects what a request says of a client, from JSON or from a form.
type clientFields struct {
	in       models.ClientInput
	numbered map[string]models.BankAccount // by number, contract 3.4
}

func newClientFields() *clientFields {
	return &clientFields{in: models.ClientInput{Text: map[string]string{}}, numbered: map[string]models.BankAccount{}}
}

// clientFromJSON reads an object. A text field that is null or no text is refused, as
// is a list of accounts that is neither an array nor the JSON text of one.
func clientFromJSON(body map[string]json.RawMessage) (models.ClientInput, error) {
	f := newClientFields()
	for key, raw := range body {
		if isAccountList(key) && len(raw) > 0 && raw[0] != '"' {
			if err := f.setAccounts(raw); err != nil {
				return models.ClientInput{}, err
			}
			continue
		}
		if !models.IsClientText(key) && !isAccountList(key) && numberedField.FindString(key) == "" {
			f.in.Other = append(f.in.Other, key)
			continue
		}
		var text *string
		if err := json.Unmarshal(raw, &text); err != nil || text == nil {
			return models.ClientInput{}, models.Errorf(models.Invalid, "El campo %s debe ser texto", key)
		}
		if err := f.set(key, *text); err != nil {
			return models.ClientInput{}, err
		}
	}
	return f.input(), nil
}

// clientFromForm reads the values of a multipart form; of a repeated field the first.
func clientFromForm(values url.Values) (models.ClientInput, error) {
	f := newClientFields()
	for key, v := range values {
		if err := f.set(key, v[0]); err != nil {
			return models.ClientInput{}, err
		}
	}
	return f.input(), nil
}

// numberedField is one field of an account as the pages sent it before there was a list.
var numberedField = regexp.MustCompile(`^(origen|bank_name|account_type|currency|bank_account_number|account_number)_?([1-4])$`)

func isAccountList(key string) bool { return key == "bank_accounts" || key == "bank_accounts_json" }

func (f *clientFields) set(key, text string) error {
	if models.IsClientText(key) {
		f.in.Text[key] = text
		return nil
	}
	if isAccountList(key) {
		if text == "" {
			return nil
		}
		return f.setAccounts([]byte(text))
	}
	part := numberedField.FindStringSubmatch(key)
	if part == nil {
		f.in.Other = append(f.in.Other, key)
		return nil
	}
	a := f.numbered[part[2]]
	switch part[1] {
	case "origen":
		a.Origen = text
	case "bank_name":
		a.BankName = text
	case "account_type":
		a.AccountType = text
	case "currency":
		a.Currency = text
	default:
		a.AccountNumber = text
	}
	f.numbered[part[2]] = a
	return nil
}

// setAccounts reads a JSON array of objects whose fields are texts or missing.
func (f *clientFields) setAccounts(raw []byte) error {
	refused := models.Errorf(models.Invalid, "El campo bank_accounts debe ser una lista de cuentas")
	var rows []map[string]json.RawMessage
	if err := json.Unmarshal(raw, &rows); err != nil || rows == nil {
		return refused
	}
	accounts := make([]models.BankAccount, len(rows))
	for i, row := range rows {
		a := &accounts[i]
		for key, field := range map[string]*string{
			"origen": &a.Origen, "bank_name": &a.BankName, "account_type": &a.AccountType,
			"currency": &a.Currency, "account_number": &a.AccountNumber,
		} {
			value, sent := row[key]
			var text *string
			if sent && (json.Unmarshal(value, &text) != nil || text == nil) {
				return models.Errorf(models.Invalid, "Cuenta %d: el campo %s debe ser texto", i+1, key)
			}
			if text != nil {
				*field = *text
			}
		}
	}
	f.in.Accounts = accounts
	return nil
}

// input is what was collected. Numbered accounts count only without a list; empty ones
// are left out.
func (f *clientFields) input() models.ClientInput {
	numbers := make([]string, 0, len(f.numbered))
	for n := range f.numbered {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	var old []models.BankAccount
	for _, n := range numbers {
		if a := f.numbered[n]; a.BankName != "" || a.AccountNumber != "" {
			old = append(old, a)
		}
	}
	if f.in.Accounts == nil {
		f.in.Accounts = old
	}
	return f.in
}
