package e2e

// ana is the fall-back object of a natural person (contract 5.4): null where a
// person has no company.
const ana = `{"full_name":"ROJAS PEÑA ANA","razon_social":null,"dni":"33334444"}`

func company() map[string]any {
	return map[string]any{
		"document_type": "RUC", "dni": "20123456789", "razon_social": "Acme s.a.c.", "persona_contacto": "EVA",
		"email": "acme@client.example", "bank_accounts": bankAccounts(),
	}
}

var clientSteps = []step{
	{"2.3", "a trader creates a client", "tina", "POST", "/clients/api/create", naturalPerson("33334444"), "", 201, []want{
		{"client_created", staff, `{"client_id":{ana},"client":` + ana + `,"created_by":"tina"}`},
		{"nuevo_cliente", staff, `{"client_name":"ROJAS PEÑA ANA","client_dni":"33334444","created_by":"tina"}`},
	}, learnID("client", "ana")},
	{"2.3", "update a client", "max", "PUT", "/clients/api/update/{ana}", map[string]any{"email": "ana@client.example", "phone": "999888777"}, "", 200,
		[]want{{"client_updated", staff, `{"client_id":{ana},"client_name":"ROJAS PEÑA ANA","client":` + ana + `,"updated_by":"max"}`}}, nil},
	{"2.3", "a trader updates bank accounts", "tina", "PATCH", "/clients/api/update/{ana}", map[string]any{"bank_accounts": bankAccounts()}, "", 200,
		[]want{{"client_updated", staff, `{"client_id":{ana},"client_name":"ROJAS PEÑA ANA","client":` + ana + `,"updated_by":"tina"}`}}, nil},
	{"3.4", "a trader may change nothing else", "tina", "PUT", "/clients/api/update/{ana}", map[string]any{"email": "x@client.example"}, "", 400, nil, nil},
	{"2.3", "an operator activates a client", "olga", "PATCH", "/clients/api/change_status/{ana}", map[string]any{"status": "Activo"}, "", 200,
		[]want{{"client_status_changed", staff, `{"client_id":{ana},"client":` + ana + `,"old_status":"Inactivo","new_status":"Activo","changed_by":"olga"}`}}, nil},
	{"2.1", "a company's name is in upper case", "max", "POST", "/clients/api/create", company(), "", 201, []want{
		{"client_created", staff, `{"client_id":{acme},"client":{"full_name":"ACME S.A.C.","razon_social":"Acme s.a.c.","dni":"20123456789"},"created_by":"max"}`},
		{"nuevo_cliente", staff, `{"client_name":"ACME S.A.C.","client_dni":"20123456789","created_by":"max"}`},
	}, learnID("client", "acme")},
	{"2.3", "delete a client", "max", "DELETE", "/clients/api/delete/{acme}", nil, "", 200,
		[]want{{"client_deleted", staff, `{"client_id":{acme},"client_name":"ACME S.A.C.","deleted_by":"max"}`}}, nil},
	{"3.4", "delete it again", "max", "DELETE", "/clients/api/delete/{acme}", nil, "", 400, nil, nil},
	{"2.4", "documents are uploaded in silence", "tina", "POST", "/clients/api/upload_documents/{ana}", map[string]string{}, "dni_front", 200, nil, nil},
	{"2.4", "so is the validation", "olga", "POST", "/clients/api/upload_validation_oc/{ana}", map[string]string{}, "validation_oc_file", 200, nil, nil},
	{"4.6", "a document number that is taken", "tina", "POST", "/clients/api/create", naturalPerson("33334444"), "", 400, nil, nil},
	{"3.1", "an operator may not create clients", "omar", "POST", "/clients/api/create", naturalPerson("33335555"), "", 403, nil, nil},
}
