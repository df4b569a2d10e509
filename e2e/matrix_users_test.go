package e2e

import "fmt"

// learnID notes the row id of the answer's object under a name.
func learnID(object, as string) func(*scene, reply) {
	return func(s *scene, r reply) { s.vars[as] = fmt.Sprint(r.object(object)["id"]) }
}

var userSteps = []step{
	{"2.3", "create a user", "max", "POST", "/users/api/create",
		map[string]any{"username": "nora", "email": "nora@desk.example", "password": password, "dni": "70000001", "role": "Trader"}, "", 201,
		[]want{{"nuevo_usuario", masters, `{"username":"nora","role":"Trader","created_by":"max","target_role":"Master"}`}},
		learnID("user", "nora")},
	{"6.12", "change a user's role", "max", "PUT", "/users/api/update/{nora}", map[string]any{"role": "Operador"}, "", 200,
		[]want{{"user_updated", masters, `{"user_id":{nora},"username":"nora","role":"Operador","status":"Activo","changed_by":"max"}`}}, nil},
	{"5.9", "a trader becomes a master and hears what masters hear", "max", "PUT", "/users/api/update/{walter}", map[string]any{"role": "Master"}, "", 200, []want{
		{"session_updated", []string{walter}, `{"role":"Master","old_role":"Trader"}`},
		{"user_updated", []string{max1, walter}, `{"user_id":{walter},"username":"walter","role":"Master","status":"Activo","changed_by":"max"}`},
	}, nil},
	{"5.9", "a master becomes a trader and hears no more of it", "max", "PUT", "/users/api/update/{walter}", map[string]any{"role": "Trader"}, "", 200, []want{
		{"session_updated", []string{walter}, `{"role":"Trader","old_role":"Master"}`},
		{"user_updated", masters, `{"user_id":{walter},"username":"walter","role":"Trader","status":"Activo","changed_by":"max"}`},
	}, nil},
	{"6.12", "deactivate a user", "max", "POST", "/users/api/toggle_status/{nora}", nil, "", 200,
		[]want{{"user_updated", masters, `{"user_id":{nora},"username":"nora","role":"Operador","status":"Inactivo","changed_by":"max"}`}}, nil},
	{"6.12", "activate a user", "max", "POST", "/users/api/toggle_status/{nora}", nil, "", 200,
		[]want{{"user_updated", masters, `{"user_id":{nora},"username":"nora","role":"Operador","status":"Activo","changed_by":"max"}`}}, nil},
	{"6.12", "delete a user", "max", "DELETE", "/users/api/delete/{nora}", nil, "", 200,
		[]want{{"user_deleted", masters, `{"user_id":{nora},"username":"nora","role":"Operador","status":"Inactivo","changed_by":"max"}`}}, nil},
	{"3.1", "a trader may not create users", "tina", "POST", "/users/api/create",
		map[string]any{"username": "x", "email": "x@desk.example", "password": password, "dni": "70000002", "role": "Master"}, "", 403, nil, nil},
	{"3.3", "a name that is taken", "max", "POST", "/users/api/create",
		map[string]any{"username": "tina", "email": "t2@desk.example", "password": password, "dni": "70000003", "role": "Trader"}, "", 400, nil, nil},
	{"3.1", "a signed-out caller", "nobody", "POST", "/users/api/create", map[string]any{"username": "x"}, "", 401, nil, nil},
}
