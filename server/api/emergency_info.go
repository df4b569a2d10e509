package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/relevo/relevo/events"
	"github.com/relevo/relevo/models"
)

// socketInfoJSON answers GET /atender-emergencias/websocket-info (emergencies contract 2.1).
// Clients read the address alone; the samples are for people.
type socketInfoJSON struct {
	URL         string              `json:"websocket_url"`
	Connections int                 `json:"conexiones_activas"`
	Description string              `json:"descripcion"`
	Welcome     sampleWelcome       `json:"mensaje_bienvenida"`
	Opened      json.RawMessage     `json:"mensaje_emergencia"`
	Attended    events.RoomAttended `json:"mensaje_sala_atendida"`
	Positions   samplePositions     `json:"mensaje_info_ambulancias"`
}

type sampleWelcome struct {
	Type    string `json:"type"`
	Message string `json:"message"`
}

type samplePositions struct {
	Type        string           `json:"type"`
	EmergencyID int64            `json:"emergencia_id"`
	Ambulances  []samplePosition `json:"ambulancias"`
	Timestamp   float64          `json:"timestamp"`
}

type samplePosition struct {
	ID        int64   `json:"id"`
	Latitude  float64 `json:"latitud"`
	Longitude float64 `json:"longitud"`
}

// EmergencySocketInfo serves where the push socket is, a URL or a path. It asks nobody: clients do not
// try again when it fails (emergencies contract 4.3, rule 7).
func EmergencySocketInfo(address string, connections func() int) (gin.HandlerFunc, error) {
	info := socketInfoJSON{
		URL: strings.TrimRight(address, "/"), Description: "WebSocket de emergencias: el servidor envía, el cliente solo escucha.",
		Welcome:   sampleWelcome{"connection", "Conectado a emergencias"},
		Positions: samplePositions{"info_ambulancias", 1, []samplePosition{{1, 1.25, -2.5}}, 0},
	}
	const room = "emergencia-00000000-0000-4000-8000-000000000000"
	at := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	info.Attended = events.RoomAttended{Type: "sala_atendida", Data: events.RoomData{Room: room, Status: "atendida"}, Timestamp: events.Timestamp(at)}
	var err error
	info.Opened, err = events.EncodeRequestOpened(models.EmergencyRequest{
		ID: 1, RequestedAt: models.ToInstant(at), Room: room,
		Requester: models.Requester{Person: models.Person{
			ID: 1, FirstName: "Persona", LastName: "Ejemplo", BirthDate: "1990-01-01", DocumentType: models.Cedula, DocumentNumber: "000000",
		}},
		Location: models.Location{ID: 1, Latitude: 1.25, Longitude: -2.5, At: models.ToInstant(at)},
	}, "", at)
	if err != nil {
		return nil, fmt.Errorf("sample of a request: %w", err)
	}
	return func(c *gin.Context) {
		now := info
		now.Connections = connections()
		c.Header("Cache-Control", "no-store")
		c.JSON(http.StatusOK, now)
	}, nil
}
