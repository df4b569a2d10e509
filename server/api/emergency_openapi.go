package api

import (
	"net/http"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
	"github.com/relevo/relevo/schema"
	"github.com/relevo/relevo/schema/openapi"
)

const tagEmergencies = "Emergencies"

// EmergencyRoutes describes what Emergencies serves. Roles are values of tipoUsuario.
func EmergencyRoutes() []openapi.Route {
	var out []openapi.Route
	for _, routes := range [][]openapi.Route{signInRoutes(), askRoutes(), deskRoutes(), vehicleRoutes()} {
		out = append(out, routes...)
	}
	for i := range out {
		out[i].Tag, out[i].Detail = tagEmergencies, true
	}
	return out
}

func signInRoutes() []openapi.Route {
	token := openapi.InJSON(tokenJSON{})
	return []openapi.Route{
		{Method: "GET", Path: "/atender-emergencias/websocket-info", Summary: "Where the push socket of operators is; it depends on nothing.",
			Answers: openapi.InJSON(schema.Keys{
				"websocket_url": "", "conexiones_activas": 0, "descripcion": "", "mensaje_bienvenida": sampleWelcome{},
				"mensaje_emergencia": events.RequestOpened{}, "mensaje_sala_atendida": events.RoomAttended{}, "mensaje_info_ambulancias": samplePositions{},
			})},
		{Method: "POST", Path: "/auth/login", Summary: "Signs in: a token for programs, and for a user of the desk the session cookie too.",
			Bodies: openapi.InJSON(schema.Keys{"identificador": "", "contrasena": ""}), Answers: token,
			Errors: []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests}},
		{Method: "POST", Path: "/auth/verify", Summary: "Tells what a token is worth.",
			Bodies: openapi.InJSON(schema.Keys{"token": ""}), Answers: openapi.InJSON(verifiedJSON{})},
	}
}

func askRoutes() []openapi.Route {
	place := schema.Keys{"latitud": numberOrText(), "longitud": numberOrText(), "fechaHora": schema.Optional{Of: schema.Schema{}}}
	requester := requesterKeys()
	requester["id"] = schema.Optional{Of: schema.Schema{}}
	body := openapi.InJSON(schema.OneOf{
		schema.Keys{"solicitante": requester, "ubicacion": place, "fechaHora": schema.Optional{Of: schema.Schema{}}},
		schema.Keys{"id_solicitante": schema.Optional{Of: idOrText()}, "ubicacion": place},
	})
	answer := openapi.InJSON(schema.OneOf{requestedJSON{}, callJSON{}})
	who := []string{Requesters, Operators, Administrators}
	errors := []int{http.StatusNotFound, http.StatusTooManyRequests}
	const doc = "Asks for an ambulance and tells all operators; token and server_url are empty without a call service."
	return []openapi.Route{
		{Method: "POST", Path: "/emergencias/solicitar-ambulancia", Access: openapi.Bearer, Roles: who, Summary: doc, Bodies: body, Answers: answer, Errors: errors},
		{Method: "POST", Path: "/solicitudes/solicitar-ambulancia", Access: openapi.Bearer, Roles: who, Summary: doc, Bodies: body, Answers: answer, Errors: errors},
		{Method: "POST", Path: "/solicitudes", Access: openapi.Bearer, Roles: who, Summary: "Asks for an ambulance; the answer is the request.",
			Bodies: body, Status: http.StatusCreated, Answers: openapi.InJSON(events.RequestData{}), Errors: errors},
	}
}

func deskRoutes() []openapi.Route {
	staff, own := []string{Operators, Administrators}, []string{Operators, Administrators, Requesters}
	requests, emergencies, emergency := openapi.InJSON([]events.RequestData{}), openapi.InJSON([]events.EmergencyData{}), openapi.InJSON(events.EmergencyData{})
	evaluation := openapi.InJSON(schema.Keys{
		"solicitud_id": idOrText(), "solicitante_id": idOrText(), "tipoAmbulancia": schema.Text(models.AmbulanceKinds...),
		"nivelPrioridad": schema.Text(models.Priorities...), "descripcion": "", "id_operador": schema.Optional{Of: schema.Schema{}},
	})
	conflict, page, shortPage := []int{http.StatusConflict}, pageParameters(maxPage), pageParameters(maxEmergencyPage)
	evaluate := openapi.Route{Method: "POST", Path: "/valorar-emergencia", Roles: staff, Summary: "Makes an emergency of a request and suggests the nearest ambulance.",
		Bodies: evaluation, Status: http.StatusCreated, Answers: openapi.InJSON(evaluatedJSON{}), Errors: conflict}
	older := evaluate
	older.Path, older.Summary = "/evaluar-emergencia", "The older name of /valorar-emergencia."
	maybe := schema.Optional{Of: ""}
	routes := []openapi.Route{
		{Method: "GET", Path: "/solicitudes", Roles: staff, Summary: "Requests, the newest first.", Query: page, Answers: requests},
		{Method: "GET", Path: "/solicitudes/:id", Roles: staff, Summary: "One request.", Answers: openapi.InJSON(events.RequestData{})},
		{Method: "GET", Path: "/solicitudes/solicitante/:id", Roles: own, Summary: "Requests of a requester, who sees its own alone.", Query: page, Answers: requests},
		evaluate, older,
		{Method: "POST", Path: "/emergencias", Roles: staff, Summary: "As /valorar-emergencia; the answer is the emergency.",
			Bodies: evaluation, Status: http.StatusCreated, Answers: emergency, Errors: conflict},
		{Method: "POST", Path: "/despachar-ambulancia", Roles: staff, Summary: "Sends an ambulance to an evaluated emergency.", Status: http.StatusCreated,
			Bodies: openapi.InJSON(schema.Keys{
				"emergencia_id": idOrText(), "ambulancia_id": idOrText(), "operador_ambulancia_id": idOrText(), "operador_emergencia_id": schema.Optional{Of: schema.Schema{}},
			}), Answers: openapi.InJSON(dispatchedJSON{}), Errors: conflict},
		{Method: "GET", Path: "/emergencias", Roles: staff, Summary: "Emergencies, the newest first.", Query: shortPage, Answers: emergencies},
		{Method: "GET", Path: "/emergencias/:id", Roles: staff, Summary: "One emergency.", Answers: emergency},
		{Method: "PUT", Path: "/emergencias/:id", Roles: staff, Summary: "Changes an emergency, by the steps that its state allows.", Answers: emergency, Errors: conflict,
			Bodies: openapi.InJSON(schema.Keys{
				"estado": maybe, "tipoAmbulancia": maybe, "nivelPrioridad": maybe, "descripcion": maybe,
				"id_operador": schema.Optional{Of: schema.Schema{}}, "solicitud_id": schema.Optional{Of: schema.Schema{}}, "solicitante_id": schema.Optional{Of: schema.Schema{}},
			})},
		{Method: "DELETE", Path: "/emergencias/:id", Roles: staff, Summary: "Removes an emergency; its request stays, closed.", Status: http.StatusNoContent, Errors: conflict},
		{Method: "GET", Path: "/emergencias/por-estado/:estado", Roles: staff, Summary: "Emergencies in a state.", Query: shortPage,
			Keys: map[string]schema.Schema{"estado": schema.Text(models.EmergencyStates...)}, Answers: emergencies},
		{Method: "GET", Path: "/emergencias/por-operador/:id", Roles: staff, Summary: "Emergencies that an operator evaluated.", Query: shortPage, Answers: emergencies},
		{Method: "GET", Path: "/emergencias/por-solicitante/:id", Roles: own, Summary: "Emergencies of a requester, who sees its own alone.", Query: shortPage, Answers: emergencies},
		{Method: "GET", Path: "/emergencias/por-solicitud/:id", Roles: staff, Summary: "The emergency of a request.", Answers: emergency},
		{Method: "PUT", Path: "/salas", Roles: staff, Summary: "Lets an operator into the call of a request.",
			Bodies: openapi.InJSON(schema.Keys{"id_operador": idOrText(), "room": ""}), Answers: openapi.InJSON(callJSON{}), Errors: []int{http.StatusNotFound}},
		{Method: "GET", Path: "/salas/activas", Roles: staff, Summary: "Calls that are going on.", Answers: openapi.InJSON(activeJSON{})},
	}
	for i := range routes {
		routes[i].Access = openapi.Bearer
	}
	return routes
}

func vehicleRoutes() []openapi.Route {
	admin, crews := []string{Administrators}, []string{Operators, Administrators, Crews}
	vehicle := openapi.InJSON(events.AmbulanceData{})
	maybe := schema.Optional{Of: schema.Schema{}}
	crew := personKeys()
	crew["licencia"] = ""
	routes := []openapi.Route{
		{Method: "GET", Path: "/ambulancias", Roles: crews, Summary: "Ambulances.", Query: pageParameters(maxPage), Answers: openapi.InJSON([]events.AmbulanceData{})},
		{Method: "GET", Path: "/ambulancias/:id", Roles: crews, Summary: "One ambulance.", Answers: vehicle},
		{Method: "POST", Path: "/ambulancias", Roles: admin, Summary: "Adds an ambulance.", Status: http.StatusCreated, Answers: vehicle, Errors: []int{http.StatusConflict},
			Bodies: openapi.InJSON(schema.Keys{"placa": "", "tipoAmbulancia": schema.Text(models.AmbulanceKinds...), "disponibilidad": maybe, "id_operador_ambulancia": maybe})},
		{Method: "PUT", Path: "/ambulancias/:id", Roles: admin, Summary: "Changes an ambulance; missing keys stay as they are.", Answers: vehicle, Errors: []int{http.StatusConflict},
			Bodies: openapi.InJSON(schema.Keys{"placa": maybe, "tipoAmbulancia": maybe, "disponibilidad": maybe, "id_operador_ambulancia": maybe})},
		{Method: "PUT", Path: "/ambulancias/:id/ubicacion", Roles: []string{Crews}, Summary: "Where the ambulance is, told by its own crew.", Answers: vehicle,
			Bodies: openapi.InJSON(schema.Keys{"latitud": numberOrText(), "longitud": numberOrText()})},
		{Method: "GET", Path: "/operadores-ambulancia/:id", Roles: crews, Summary: "A member of a crew, who sees itself alone.", Answers: openapi.InJSON(events.CrewData{})},
		{Method: "POST", Path: "/operadores-ambulancia", Roles: admin, Summary: "Adds a member of a crew, or changes the one with the document.",
			Bodies: openapi.InJSON(crew), Status: http.StatusCreated, Answers: openapi.InJSON(events.CrewData{})},
		{Method: "POST", Path: "/solicitantes", Roles: admin, Summary: "Adds a requester, or changes the one with the document.",
			Bodies: openapi.InJSON(requesterKeys()), Status: http.StatusCreated, Answers: openapi.InJSON(events.RequesterData{})},
	}
	for i := range routes {
		routes[i].Access = openapi.Bearer
	}
	return routes
}

func personKeys() schema.Keys {
	return schema.Keys{
		"nombre": "", "apellido": "", "fechaNacimiento": "", "tipoDocumento": schema.Text(models.DocumentKinds...), "numeroDocumento": "",
		"nombre2": schema.Optional{Of: (*string)(nil)}, "apellido2": schema.Optional{Of: (*string)(nil)},
	}
}

func requesterKeys() schema.Keys {
	keys := personKeys()
	keys["padecimientos"] = schema.Optional{Of: schema.OneOf{[]string{}, nil}}
	return keys
}

func pageParameters(most int) []openapi.Parameter {
	return []openapi.Parameter{
		{Name: "limit", Doc: "Rows of the page, 50 unless told.", Of: openapi.Integer(1, most)},
		{Name: "offset", Doc: "Rows before it.", Of: openapi.Integer(0, 0)},
	}
}
