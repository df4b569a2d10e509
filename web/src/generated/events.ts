// The table of events, written by `make generate`.

export type EventClass = "durable" | "latest" | "reply";

export interface ConnectionEstablished {
  message: string;
  user: string;
  role: string;
}

export interface RefreshDashboard {
  message: string;
}

export interface JoinedRoom {
  /** Private. */
  room: string;
  /** Private. */
  dni: string;
}

export interface ResyncRequired {
  reason: string;
  since: string | null;
}

export interface LimitExceeded {
  limit: string;
}

export interface ConsoleRole {
  role: string;
  users: number;
  sockets: number;
}

export interface ConsoleTransports {
  polling: number;
  websocket: number;
}

export interface ConsolePush {
  listening: number;
  mute: number;
}

export interface ConsoleRates {
  events: number;
  connects: number;
  disconnects: number;
}

export interface ConsoleQuantiles {
  p50: number | null;
  p99: number | null;
  samples: number;
}

export interface ConsoleQueue {
  packets: number;
  bytes: number;
  deepest_bytes: number;
  slow: number;
}

export interface ConsoleOutbox {
  pending: number;
  oldest_ms: number;
}

export interface ConsoleNode {
  id: string;
  self: boolean;
}

export interface ConsoleNow {
  at: string;
  node: string;
  uptime_ms: number;
  people_version: number;
  roles: readonly ConsoleRole[];
  transports: ConsoleTransports;
  push: ConsolePush | null;
  rates: ConsoleRates;
  write_ms: ConsoleQuantiles;
  confirmed_ms: ConsoleQuantiles;
  queue: ConsoleQueue;
  ended: Readonly<Record<string, number>>;
  slow_dropped: number;
  benign_errors: number;
  failed: number;
  replayed: number;
  resyncs: number;
  outbox: ConsoleOutbox | null;
  nodes: readonly ConsoleNode[];
  watchers: number;
}

export interface FeedEvent {
  id: string | null;
  name: string;
  class: EventClass;
  entity: string | null;
  rooms: readonly string[];
  except: readonly string[];
  at: string;
  payload: unknown;
  payload_bytes: number;
}

export interface ConsoleFeed {
  events: readonly FeedEvent[];
  skipped: number;
  counts: Readonly<Record<string, number>>;
}

export interface SessionUpdated {
  role: string;
  old_role: string;
}

export interface SessionEnded {
  reason: string;
}

export interface OperationCreated {
  operation_id: string;
  /** Private. */
  client_name: string | null;
  operation_type: string;
  amount_usd: number;
  status: string;
  created_by: string;
}

export interface OperationUpdated {
  operation_id: string;
  /** Private. */
  client_name: string | null;
  status: string;
  old_status: string | null;
}

export interface OperationCompleted {
  operation_id: string;
  /** Private. */
  client_name: string | null;
  amount_usd: number;
  amount_pen: number;
}

export interface OperationCanceled {
  operation_id: string;
  /** Private. */
  client_name: string | null;
  /** Private. */
  reason: string;
}

export interface OperationAssigned {
  operation_id: string;
  operation_db_id: number;
  /** Private. */
  client_name: string | null;
  operation_type: string;
  amount_usd: number;
  status: string;
  message: string;
}

export interface OperationReassigned {
  operation_id: string;
  operation_db_id: number;
  /** Private. */
  client_name: string | null;
  operation_type: string;
  amount_usd: number;
  status: string;
  message: string;
  old_operator_name: string;
  new_operator_name: string;
  reassigned_by: string;
}

export interface OperationForClient {
  id: number;
  operation_id: string;
  status: string;
}

export interface ClientRef {
  /** Private. */
  full_name: string | null;
  /** Private. */
  razon_social: string | null;
  /** Private. */
  dni: string;
}

export interface ClientCreated {
  client_id: number;
  client: ClientRef;
  created_by: string;
}

export interface ClientNoticed {
  /** Private. */
  client_name: string | null;
  /** Private. */
  client_dni: string;
  created_by: string;
}

export interface ClientUpdated {
  client_id: number;
  /** Private. */
  client_name: string | null;
  client: ClientRef;
  updated_by: string;
}

export interface ClientStatusChanged {
  client_id: number;
  client: ClientRef;
  old_status: string;
  new_status: string;
  changed_by: string;
}

export interface ClientDeleted {
  client_id: number;
  /** Private. */
  client_name: string | null;
  deleted_by: string;
}

export interface NewUser {
  username: string;
  role: string;
  created_by: string;
  target_role: string;
}

export interface UserChanged {
  user_id: number;
  username: string;
  role: string;
  status: string;
  changed_by: string;
}

export interface Notification {
  title: string;
  message: string;
  type: "info" | "success" | "warning" | "error";
}

export interface Empty {
}

export interface RatesUpdated {
  compra: number;
  venta: number;
  updated_by: string;
  updated_at: string;
}

export interface RequesterData {
  id: number;
  /** Private. */
  nombre: string;
  /** Private. */
  apellido: string;
  /** Private. */
  fechaNacimiento: string;
  tipoDocumento: string;
  /** Private. */
  numeroDocumento: string;
  /** Private. */
  nombre2: string | null;
  /** Private. */
  apellido2: string | null;
  /** Private. */
  padecimientos: readonly string[];
}

export interface LocationData {
  id: number;
  /** Private. */
  latitud: number;
  /** Private. */
  longitud: number;
  fechaHora: string;
}

export interface RequestData {
  id: number;
  solicitante: RequesterData;
  fechaHora: string;
  ubicacion: LocationData;
  room: string;
  server_url: string;
}

export interface RequestOpened {
  type: string;
  timestamp: string;
  data: RequestData;
}

export interface RoomData {
  room: string;
  estado: string;
}

export interface RoomAttended {
  type: string;
  data: RoomData;
  timestamp: string;
}

export interface StoredRequestData {
  id: number;
  solicitante: RequesterData;
  fechaHora: string;
  ubicacion: LocationData;
}

export interface EmergencyData {
  id: number;
  solicitud: StoredRequestData;
  estado: string;
  tipoAmbulancia: string;
  nivelPrioridad: string;
  /** Private. */
  descripcion: string;
  id_operador: number;
  solicitante: RequesterData;
}

export interface EmergencyChanged {
  type: string;
  timestamp: string;
  data: EmergencyData;
}

export interface AmbulanceMoved {
  type: string;
  /** Private. */
  latitud: number;
  /** Private. */
  longitud: number;
  id_ambulancia: number;
}

/** The payload by the event's name; a name with two audiences has two. */
export interface EventPayloads {
  connection_established: ConnectionEstablished;
  refresh_dashboard: RefreshDashboard;
  joined_room: JoinedRoom;
  resync_required: ResyncRequired;
  limit_exceeded: LimitExceeded;
  console_now: ConsoleNow;
  console_feed: ConsoleFeed;
  session_updated: SessionUpdated;
  session_ended: SessionEnded;
  nueva_operacion: OperationCreated;
  operacion_actualizada: OperationUpdated | OperationForClient;
  operacion_completada: OperationCompleted | OperationForClient;
  operacion_cancelada: OperationCanceled;
  operacion_asignada: OperationAssigned | OperationReassigned;
  operacion_reasignada_removida: OperationReassigned;
  client_created: ClientCreated;
  nuevo_cliente: ClientNoticed;
  client_updated: ClientUpdated;
  client_status_changed: ClientStatusChanged;
  client_deleted: ClientDeleted;
  nuevo_usuario: NewUser;
  user_updated: UserChanged;
  user_deleted: UserChanged;
  notification: Notification;
  dashboard_update: Empty;
  position_update: Empty;
  tipos_cambio_actualizados: RatesUpdated;
  nueva_solicitud: RequestOpened;
  sala_atendida: RoomAttended;
  emergencia_actualizada: EmergencyChanged;
  ubicacion_ambulancia: AmbulanceMoved;
}

export type EventName = keyof EventPayloads;

/** What clients may send, with its one argument. */
export interface InboundArguments {
  dashboard_refresh: unknown;
  join_client_room: { dni: string };
  console_watch: boolean;
  operation_created: unknown;
  operation_updated: unknown;
  operation_deleted: unknown;
  client_created: unknown;
  client_updated: unknown;
  client_deleted: unknown;
  user_created: unknown;
  user_updated: unknown;
  user_deleted: unknown;
}

export interface EventRow {
  readonly name: EventName;
  readonly class: EventClass;
  readonly rooms: readonly string[];
  readonly except: readonly string[];
  readonly push: boolean;
  readonly doc: string;
}

export const eventTable: readonly EventRow[] = [
  { name: "connection_established", class: "reply", rooms: ["<this socket>"], except: [], push: false, doc: "Greets a signed-in socket, right after its CONNECT reply." },
  { name: "refresh_dashboard", class: "reply", rooms: ["user_<id>"], except: [], push: false, doc: "Answers dashboard_refresh in all tabs of the user." },
  { name: "joined_room", class: "reply", rooms: ["<this socket>"], except: [], push: false, doc: "Answers join_client_room, whether or not the room was joined." },
  { name: "resync_required", class: "reply", rooms: ["<this socket>"], except: [], push: false, doc: "Events that a returning socket missed are not kept any more; it has to load its data again." },
  { name: "limit_exceeded", class: "reply", rooms: ["<this socket>"], except: [], push: false, doc: "The socket sent more events than it may; what was too much did nothing, and going on closes the connection." },
  { name: "console_now", class: "reply", rooms: ["console"], except: [], push: false, doc: "What is going on at this node, once a second, to those who watch through the admin console." },
  { name: "console_feed", class: "reply", rooms: ["console"], except: [], push: false, doc: "What was sent since the last one, with private fields hidden, to those who watch through the admin console." },
  { name: "session_updated", class: "durable", rooms: ["user_<id>"], except: [], push: false, doc: "The user has another role now; sockets are in its rooms already." },
  { name: "session_ended", class: "durable", rooms: ["session_<id>", "remembered_<id>"], except: [], push: false, doc: "The session of the socket is over; it is the last event, and a DISCONNECT follows unless the reason is replaced." },
  { name: "nueva_operacion", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "An operation was created." },
  { name: "operacion_actualizada", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "The status or the operator of an operation changed." },
  { name: "operacion_completada", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "An operation was completed." },
  { name: "operacion_cancelada", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "An operation was cancelled." },
  { name: "operacion_asignada", class: "durable", rooms: ["user_<id>"], except: [], push: false, doc: "An operation was sent to process and assigned to this operator." },
  { name: "operacion_asignada", class: "durable", rooms: ["user_<id>"], except: [], push: false, doc: "An operation in process was handed to this operator." },
  { name: "operacion_reasignada_removida", class: "durable", rooms: ["user_<id>"], except: [], push: false, doc: "An operation in process was taken from this operator." },
  { name: "operacion_actualizada", class: "durable", rooms: ["client_<dni>"], except: ["authenticated"], push: false, doc: "The status of one of the client's own operations changed." },
  { name: "operacion_completada", class: "durable", rooms: ["client_<dni>"], except: ["authenticated"], push: false, doc: "One of the client's own operations was completed." },
  { name: "client_created", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "A client was created; open client pages reload." },
  { name: "nuevo_cliente", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "A client was created; shown as a notice." },
  { name: "client_updated", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "A client's data changed." },
  { name: "client_status_changed", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "A client was activated or deactivated." },
  { name: "client_deleted", class: "durable", rooms: ["authenticated"], except: [], push: false, doc: "A client was deleted." },
  { name: "nuevo_usuario", class: "durable", rooms: ["role_Master"], except: [], push: false, doc: "A user was created." },
  { name: "user_updated", class: "durable", rooms: ["role_Master"], except: [], push: false, doc: "A user's data, role or status changed." },
  { name: "user_deleted", class: "durable", rooms: ["role_Master"], except: [], push: false, doc: "A user was deactivated by deletion." },
  { name: "notification", class: "durable", rooms: ["authenticated", "role_<Role>", "user_<id>"], except: [], push: false, doc: "A message shown as a toast to whom it addresses." },
  { name: "dashboard_update", class: "latest", rooms: ["authenticated"], except: [], push: false, doc: "The numbers of the dashboards changed; pages reload them." },
  { name: "position_update", class: "latest", rooms: ["authenticated"], except: [], push: false, doc: "The position changed; the position page reloads." },
  { name: "tipos_cambio_actualizados", class: "durable", rooms: ["public"], except: [], push: false, doc: "The exchange rates changed; the only event that anonymous sockets get." },
  { name: "nueva_solicitud", class: "durable", rooms: ["role_Operador", "role_Master", "emergencias"], except: [], push: true, doc: "An ambulance was asked for." },
  { name: "sala_atendida", class: "durable", rooms: ["role_Operador", "role_Master", "emergencias"], except: [], push: true, doc: "An operator has joined the call room of a request." },
  { name: "emergencia_actualizada", class: "durable", rooms: ["role_Operador", "role_Master", "emergencias"], except: [], push: true, doc: "A request was evaluated, or the state or the data of its emergency changed." },
  { name: "ubicacion_ambulancia", class: "latest", rooms: ["role_Operador", "role_Master", "emergencias"], except: [], push: true, doc: "Where the ambulance is that is suggested for an evaluated emergency." },
];
