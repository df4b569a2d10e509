package models

import "encoding/json"

// Deposit is what the client pays in; every field may be missing (contract 2.7).
type Deposit struct {
	Importe         *Money  `json:"importe,omitempty"`
	CodigoOperacion *string `json:"codigo_operacion,omitempty"`
	CuentaCargo     *string `json:"cuenta_cargo,omitempty"`
	ComprobanteURL  *string `json:"comprobante_url,omitempty"`
}

// Payment is what the client is paid.
type Payment struct {
	Importe       *Money  `json:"importe,omitempty"`
	CuentaDestino *string `json:"cuenta_destino,omitempty"`
}

// Proof is an operator's proof of payment.
type Proof struct {
	ComprobanteURL string `json:"comprobante_url"`
	Comentario     string `json:"comentario"`
}

// Modification is one line of an operation's modification log.
type Modification struct {
	Fecha         string `json:"fecha"`
	Usuario       string `json:"usuario"`
	UsuarioID     *int64 `json:"usuario_id"`
	Campo         string `json:"campo"`
	ValorAnterior string `json:"valor_anterior"`
	ValorNuevo    string `json:"valor_nuevo"`
}

// UnmarshalJSON reads a stored deposit. The system replaced stored whatever pages
// sent, so a field of another type reads as missing and the others survive; what
// comes in over HTTP is checked before (contract 5.29).
func (d *Deposit) UnmarshalJSON(b []byte) error {
	f := storedFields(b)
	*d = Deposit{f.money("importe"), f.text("codigo_operacion"), f.text("cuenta_cargo"), f.text("comprobante_url")}
	return nil
}

// UnmarshalJSON reads a stored payment as leniently as a deposit.
func (p *Payment) UnmarshalJSON(b []byte) error {
	f := storedFields(b)
	*p = Payment{f.money("importe"), f.text("cuenta_destino")}
	return nil
}

// UnmarshalJSON reads a stored proof as leniently as a deposit.
func (p *Proof) UnmarshalJSON(b []byte) error {
	f := storedFields(b)
	*p = Proof{f.plain("comprobante_url"), f.plain("comentario")}
	return nil
}

// UnmarshalJSON reads a stored log line as leniently as a deposit.
func (m *Modification) UnmarshalJSON(b []byte) error {
	f := storedFields(b)
	*m = Modification{
		Fecha: f.plain("fecha"), Usuario: f.plain("usuario"), Campo: f.plain("campo"),
		ValorAnterior: f.plain("valor_anterior"), ValorNuevo: f.plain("valor_nuevo"),
	}
	var id int64
	if v := f["usuario_id"]; v != nil && string(v) != "null" && json.Unmarshal(v, &id) == nil {
		m.UsuarioID = &id
	}
	return nil
}

// stored is one item of a stored list, field by field.
type stored map[string]json.RawMessage

func storedFields(b []byte) stored {
	var f stored
	if json.Unmarshal(b, &f) != nil {
		return nil
	}
	return f
}

func (f stored) money(key string) *Money {
	var m Money
	if v := f[key]; v == nil || m.UnmarshalJSON(v) != nil {
		return nil
	}
	return &m
}

// text reads a string; a number counts as its digits, null and the rest as missing.
func (f stored) text(key string) *string {
	var s *string
	if v := f[key]; v != nil && json.Unmarshal(v, &s) != nil {
		var n json.Number
		if json.Unmarshal(v, &n) != nil {
			return nil
		}
		digits := n.String()
		return &digits
	}
	return s
}

func (f stored) plain(key string) string {
	if s := f.text(key); s != nil {
		return *s
	}
	return ""
}
