package events

import (
	"time"

	"github.com/relevo/relevo/models"
)

// The payloads of the emergencies desk are whole messages, in the key order of the
// emergencies contract 1.3: a push socket gets the payload as it stands. Their dates
// are RFC 3339 with Z, their timestamps have microseconds and +00:00.

// RequestOpened is the message nueva_solicitud.
type RequestOpened struct {
	Type      string      `json:"type"`
	Timestamp string      `json:"timestamp"`
	Data      RequestData `json:"data"`
}

// RoomAttended is the message sala_atendida.
type RoomAttended struct {
	Type      string   `json:"type"`
	Data      RoomData `json:"data"`
	Timestamp string   `json:"timestamp"`
}

// EmergencyChanged is the message emergencia_actualizada.
type EmergencyChanged struct {
	Type      string        `json:"type"`
	Timestamp string        `json:"timestamp"`
	Data      EmergencyData `json:"data"`
}

// AmbulanceMoved is the message ubicacion_ambulancia, which has no data.
type AmbulanceMoved struct {
	Type        string  `json:"type"`
	Latitude    float64 `json:"latitud" private:"true"`
	Longitude   float64 `json:"longitud" private:"true"`
	AmbulanceID int64   `json:"id_ambulancia"`
}

// RoomData is the call room of a request that was attended.
type RoomData struct {
	Room   string `json:"room"`
	Status string `json:"estado"`
}

// PersonData is a person (emergencies contract 3, Persona).
type PersonData struct {
	ID             int64      `json:"id"`
	FirstName      string     `json:"nombre" private:"true"`
	LastName       string     `json:"apellido" private:"true"`
	BirthDate      models.Day `json:"fechaNacimiento" private:"true"`
	DocumentType   string     `json:"tipoDocumento"`
	DocumentNumber string     `json:"numeroDocumento" private:"true"`
	SecondName     *string    `json:"nombre2" private:"true"`
	SecondLastName *string    `json:"apellido2" private:"true"`
}

// NewPersonData is the wire form of a person.
func NewPersonData(p models.Person) PersonData {
	return PersonData{p.ID, p.FirstName, p.LastName, p.BirthDate, p.DocumentType, p.DocumentNumber, p.SecondName, p.SecondLastName}
}

// RequesterData is a requester (Solicitante). Conditions are never null.
type RequesterData struct {
	PersonData
	Conditions models.JSONText[string] `json:"padecimientos" private:"true"`
}

// NewRequesterData is the wire form of a requester.
func NewRequesterData(q models.Requester) RequesterData {
	return RequesterData{NewPersonData(q.Person), q.Conditions}
}

// CrewData is an ambulance's operator (emergencies contract 2.3).
type CrewData struct {
	PersonData
	Licence string `json:"licencia" private:"true"`
}

// NewCrewData is the wire form of an ambulance's operator.
func NewCrewData(o models.AmbulanceOperator) CrewData {
	return CrewData{NewPersonData(o.Person), o.Licence}
}

// LocationData is a place (Ubicacion).
type LocationData struct {
	ID        int64          `json:"id"`
	Latitude  float64        `json:"latitud" private:"true"`
	Longitude float64        `json:"longitud" private:"true"`
	At        models.Instant `json:"fechaHora"`
}

// NewLocationData is the wire form of a place.
func NewLocationData(l models.Location) LocationData {
	return LocationData{l.ID, l.Latitude, l.Longitude, l.At}
}

// StoredRequestData is a request as it stands in an emergency (Solicitud).
type StoredRequestData struct {
	ID          int64          `json:"id"`
	Requester   RequesterData  `json:"solicitante"`
	RequestedAt models.Instant `json:"fechaHora"`
	Location    LocationData   `json:"ubicacion"`
}

// RequestData is a request with its call room: what every version of the page needs
// (emergencies contract 1.3).
type RequestData struct {
	StoredRequestData
	Room      string `json:"room"`
	ServerURL string `json:"server_url"`
}

// NewRequestData is the wire form of a request. callURL is the address of the call
// server, empty when there is none.
func NewRequestData(r models.EmergencyRequest, callURL string) RequestData {
	return RequestData{newStoredRequestData(r), r.Room, callURL}
}

func newStoredRequestData(r models.EmergencyRequest) StoredRequestData {
	return StoredRequestData{r.ID, NewRequesterData(r.Requester), r.RequestedAt, NewLocationData(r.Location)}
}

// EmergencyData is an evaluated request (Emergencia).
type EmergencyData struct {
	ID            int64             `json:"id"`
	Request       StoredRequestData `json:"solicitud"`
	Status        string            `json:"estado"`
	AmbulanceKind string            `json:"tipoAmbulancia"`
	Priority      string            `json:"nivelPrioridad"`
	Description   string            `json:"descripcion" private:"true"`
	OperatorID    int64             `json:"id_operador"`
	Requester     RequesterData     `json:"solicitante"`
}

// NewEmergencyData is the wire form of an emergency.
func NewEmergencyData(e models.Emergency) EmergencyData {
	return EmergencyData{
		e.ID, newStoredRequestData(e.Request), e.Status, e.AmbulanceKind, e.Priority, e.Description, e.Operator.ID,
		NewRequesterData(e.Request.Requester),
	}
}

// AmbulanceData is an ambulance (emergencies contract 2.3).
type AmbulanceData struct {
	ID         int64         `json:"id"`
	Available  bool          `json:"disponibilidad"`
	Plate      string        `json:"placa"`
	Kind       string        `json:"tipoAmbulancia"`
	Location   *LocationData `json:"ubicacion"`
	OperatorID *int64        `json:"id_operador_ambulancia"`
}

// NewAmbulanceData is the wire form of an ambulance.
func NewAmbulanceData(a models.Ambulance) AmbulanceData {
	out := AmbulanceData{a.ID, a.Available, a.Plate, a.Kind, nil, a.OperatorID}
	if a.Location != nil {
		at := NewLocationData(*a.Location)
		out.Location = &at
	}
	return out
}

// Timestamp is the outer time of a message: UTC with microseconds and +00:00
// (emergencies contract 1.3).
func Timestamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000000-07:00") }
