package models

import (
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	minBankAccounts = 2
	maxBankAccounts = 6
)

// cleanAccounts strips markup and white space of every field and holds it to the width
// of the column that the first account is copied to.
func cleanAccounts(accounts []BankAccount) ([]BankAccount, error) {
	if len(accounts) < minBankAccounts || len(accounts) > maxBankAccounts {
		return nil, Errorf(Invalid, "Debe registrar entre %d y %d cuentas bancarias", minBankAccounts, maxBankAccounts)
	}
	out := make([]BankAccount, len(accounts))
	for i, a := range accounts {
		for _, f := range []struct {
			name  string
			value *string
			max   int
		}{
			{"origen", &a.Origen, clientText["origen"]},
			{"bank_name", &a.BankName, clientText["bank_name"]},
			{"account_type", &a.AccountType, clientText["account_type"]},
			{"currency", &a.Currency, clientText["currency"]},
			{"account_number", &a.AccountNumber, clientText["bank_account_number"]},
		} {
			*f.value = PlainText(*f.value)
			if utf8.RuneCountInString(*f.value) > f.max {
				return nil, Errorf(Invalid, "Cuenta %d: el campo %s no puede superar %d caracteres", i+1, f.name, f.max)
			}
		}
		out[i] = a
	}
	return out, nil
}

// checkAccounts holds a cleaned list to the rules of contract 4.6.
func checkAccounts(accounts []BankAccount) error {
	type identity struct{ bank, kind, number, currency string }
	seen := map[identity]bool{}
	var soles, dollars bool
	for i, a := range accounts {
		n := i + 1
		if a.BankName == "" || a.AccountNumber == "" {
			return Errorf(Invalid, "Cuenta %d: el banco y el número de cuenta son obligatorios", n)
		}
		if !slices.Contains([]string{"", "Ahorro", "Corriente"}, a.AccountType) {
			return Errorf(Invalid, "Cuenta %d: el tipo de cuenta debe ser Ahorro o Corriente", n)
		}
		if !slices.Contains([]string{"", "S/", "$"}, a.Currency) {
			return Errorf(Invalid, "Cuenta %d: la moneda debe ser S/ o $", n)
		}
		bank := strings.ToUpper(a.BankName)
		if (bank == "BBVA" || bank == "SCOTIABANK") && utf8.RuneCountInString(a.AccountNumber) != 20 {
			return Errorf(Invalid, "Cuenta %d: el número de cuenta de %s debe tener exactamente 20 caracteres", n, bank)
		}
		id := identity{a.BankName, a.AccountType, a.AccountNumber, a.Currency}
		if seen[id] {
			return Errorf(Invalid, "Cuenta %d: la cuenta está duplicada", n)
		}
		seen[id] = true
		soles = soles || a.Currency == "S/"
		dollars = dollars || a.Currency == "$"
	}
	if !soles || !dollars {
		return Errorf(Invalid, "Debe registrar al menos una cuenta en soles (S/) y una en dólares ($)")
	}
	return nil
}

// setAccounts stores the list, checked, and copies the first account to the columns
// from before there was a list (contract 4.2).
func (c *Client) setAccounts(accounts []BankAccount) error {
	accounts, err := cleanAccounts(accounts)
	if err != nil {
		return err
	}
	if err := checkAccounts(accounts); err != nil {
		return err
	}
	c.BankAccounts = accounts
	first := accounts[0]
	c.BankName, c.AccountType, c.Currency = filled(first.BankName), filled(first.AccountType), filled(first.Currency)
	c.BankAccountNumber, c.Origen = filled(first.AccountNumber), filled(first.Origen)
	return nil
}

// withFirst returns the client's accounts with the single fields of the request laid
// over the first one. A request with a list does not need it.
func (c *Client) withFirst(in ClientInput) []BankAccount {
	accounts := slices.Clone([]BankAccount(c.BankAccounts))
	if len(accounts) == 0 {
		accounts = []BankAccount{{}}
	}
	first := &accounts[0]
	for key, field := range map[string]*string{
		"origen": &first.Origen, "bank_name": &first.BankName, "account_type": &first.AccountType,
		"currency": &first.Currency, "bank_account_number": &first.AccountNumber,
	} {
		if in.sent(key) {
			*field = in.Text[key]
		}
	}
	return accounts
}

// filled is s, or NULL when it is empty.
func filled(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
