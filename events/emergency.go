package events

import (
	"encoding/json"
	"strconv"
	"time"

	"github.com/relevo/relevo/models"
)

// roomAttended is the state in sala_atendida.
const roomAttended = "atendida"

// EmitRequestOpened records that an ambulance was asked for. callURL is the address of
// the call server, empty when there is none.
func EmitRequestOpened(r Recorder, req models.EmergencyRequest, callURL string, at time.Time) error {
	return nuevaSolicitud.record(r, requestEntity(req), requestOpened(req, callURL, at), emergencyDesk.Rooms...)
}

// EncodeRequestOpened is the message of a request for one socket, as in a replay: the
// same that EmitRequestOpened records for the same instant.
func EncodeRequestOpened(req models.EmergencyRequest, callURL string, at time.Time) (json.RawMessage, error) {
	return nuevaSolicitud.Encode(requestOpened(req, callURL, at))
}

func requestOpened(req models.EmergencyRequest, callURL string, at time.Time) RequestOpened {
	return RequestOpened{nuevaSolicitud.Name(), Timestamp(at), NewRequestData(req, callURL)}
}

// EmitRoomAttended records that an operator has joined the call room of a request.
func EmitRoomAttended(r Recorder, req models.EmergencyRequest, at time.Time) error {
	message := RoomAttended{salaAtendida.Name(), RoomData{req.Room, roomAttended}, Timestamp(at)}
	return salaAtendida.record(r, requestEntity(req), message, emergencyDesk.Rooms...)
}

// EmitEmergencyChanged records that a request was evaluated, or that its emergency
// is not what it was.
func EmitEmergencyChanged(r Recorder, e models.Emergency, at time.Time) error {
	message := EmergencyChanged{emergenciaActualizada.Name(), Timestamp(at), NewEmergencyData(e)}
	return emergenciaActualizada.record(r, requestEntity(e.Request), message, emergencyDesk.Rooms...)
}

// AmbulanceMovedEvent is the event of a position, for this process's own sockets: it is
// worth nothing a second later and stands in no log.
func AmbulanceMovedEvent(p models.AmbulancePosition) (models.EventRecord, error) {
	body, err := ubicacionAmbulancia.Encode(AmbulanceMoved{ubicacionAmbulancia.Name(), p.Latitude, p.Longitude, p.AmbulanceID})
	return models.EventRecord{
		Name: ubicacionAmbulancia.Name(), Payload: body, Rooms: emergencyDesk.Rooms, Latest: true,
		Entity: "ambulancia/" + strconv.FormatInt(p.AmbulanceID, 10),
	}, err
}

// requestEntity orders everything that is told of one request.
func requestEntity(req models.EmergencyRequest) string {
	return "solicitud/" + strconv.FormatInt(req.ID, 10)
}
