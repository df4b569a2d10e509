package events

import "github.com/relevo/relevo/models"

// Audiences that several rows share.
var (
	staff     = Audience{Rooms: []string{RoomAuthenticated}}
	masters   = Audience{Rooms: []string{RoomRole(models.Master)}}
	oneUser   = Audience{Rooms: []string{"user_<id>"}}
	oneLogin  = Audience{Rooms: []string{"session_<id>", "remembered_<id>"}}
	oneClient = Audience{Rooms: []string{"client_<dni>"}, Except: []string{RoomAuthenticated}}
	oneSocket = Audience{Rooms: []string{"<this socket>"}}
	everybody = Audience{Rooms: []string{RoomPublic}}
	addressed = Audience{Rooms: []string{RoomAuthenticated, "role_<Role>", "user_<id>"}}

	watchers      = Audience{Rooms: []string{RoomConsole}}
	emergencyDesk = Audience{Rooms: []string{RoomRole(models.Operador), RoomRole(models.Master), RoomEmergencies}}
)

// THE TABLE. One row per event and audience; contract 2.2, 2.3, and of 2.8 what
// section 5 needs. A name stands twice where the staff and the client concerned
// get different payloads.
var (
	ConnectionEstablishedEvent = define[ConnectionEstablished]("connection_established", Reply, oneSocket, "Greets a signed-in socket, right after its CONNECT reply.")
	RefreshDashboardEvent      = define[RefreshDashboard]("refresh_dashboard", Reply, oneUser, "Answers dashboard_refresh in all tabs of the user.")
	JoinedRoomEvent            = define[JoinedRoom]("joined_room", Reply, oneSocket, "Answers join_client_room, whether or not the room was joined.")

	ResyncRequiredEvent = define[ResyncRequired]("resync_required", Reply, oneSocket, "Events that a returning socket missed are not kept any more; it has to load its data again.")

	LimitExceededEvent = define[LimitExceeded]("limit_exceeded", Reply, oneSocket, "The socket sent more events than it may; what was too much did nothing, and going on closes the connection.")

	ConsoleNowEvent  = define[ConsoleNow]("console_now", Reply, watchers, "What is going on at this node, once a second, to those who watch through the admin console.")
	ConsoleFeedEvent = define[ConsoleFeed]("console_feed", Reply, watchers, "What was sent since the last one, with private fields hidden, to those who watch through the admin console.")

	sessionUpdated       = define[SessionUpdated]("session_updated", Durable, oneUser, "The user has another role now; sockets are in its rooms already.")
	sessionEnded         = define[SessionEnded]("session_ended", Durable, oneLogin, "The session of the socket is over; it is the last event, and a DISCONNECT follows unless the reason is replaced.")
	nuevaOperacion       = define[OperationCreated]("nueva_operacion", Durable, staff, "An operation was created.")
	operacionActualizada = define[OperationUpdated]("operacion_actualizada", Durable, staff, "The status or the operator of an operation changed.")
	operacionCompletada  = define[OperationCompleted]("operacion_completada", Durable, staff, "An operation was completed.")
	operacionCancelada   = define[OperationCanceled]("operacion_cancelada", Durable, staff, "An operation was cancelled.")
	operacionAsignada    = define[OperationAssigned]("operacion_asignada", Durable, oneUser, "An operation was sent to process and assigned to this operator.")
	operacionReasignada  = define[OperationReassigned]("operacion_asignada", Durable, oneUser, "An operation in process was handed to this operator.")
	operacionRemovida    = define[OperationReassigned]("operacion_reasignada_removida", Durable, oneUser, "An operation in process was taken from this operator.")
	clienteOpActualizada = define[OperationForClient]("operacion_actualizada", Durable, oneClient, "The status of one of the client's own operations changed.")
	clienteOpCompletada  = define[OperationForClient]("operacion_completada", Durable, oneClient, "One of the client's own operations was completed.")
	clientCreated        = define[ClientCreated]("client_created", Durable, staff, "A client was created; open client pages reload.")
	nuevoCliente         = define[ClientNoticed]("nuevo_cliente", Durable, staff, "A client was created; shown as a notice.")
	clientUpdated        = define[ClientUpdated]("client_updated", Durable, staff, "A client's data changed.")
	clientStatusChanged  = define[ClientStatusChanged]("client_status_changed", Durable, staff, "A client was activated or deactivated.")
	clientDeleted        = define[ClientDeleted]("client_deleted", Durable, staff, "A client was deleted.")
	nuevoUsuario         = define[NewUser]("nuevo_usuario", Durable, masters, "A user was created.")
	userUpdated          = define[UserChanged]("user_updated", Durable, masters, "A user's data, role or status changed.")
	userDeleted          = define[UserChanged]("user_deleted", Durable, masters, "A user was deactivated by deletion.")
	notification         = define[Notification]("notification", Durable, addressed, "A message shown as a toast to whom it addresses.")
	dashboardUpdate      = define[Empty]("dashboard_update", Latest, staff, "The numbers of the dashboards changed; pages reload them.")
	positionUpdate       = define[Empty]("position_update", Latest, staff, "The position changed; the position page reloads.")
	_                    = define[RatesUpdated]("tipos_cambio_actualizados", Durable, everybody, "The exchange rates changed; the only event that anonymous sockets get.")

	nuevaSolicitud        = definePush[RequestOpened]("nueva_solicitud", Durable, emergencyDesk, "An ambulance was asked for.")
	salaAtendida          = definePush[RoomAttended]("sala_atendida", Durable, emergencyDesk, "An operator has joined the call room of a request.")
	emergenciaActualizada = definePush[EmergencyChanged]("emergencia_actualizada", Durable, emergencyDesk, "A request was evaluated, or the state or the data of its emergency changed.")
	ubicacionAmbulancia   = definePush[AmbulanceMoved]("ubicacion_ambulancia", Latest, emergencyDesk, "Where the ambulance is that is suggested for an evaluated emergency.")
)
