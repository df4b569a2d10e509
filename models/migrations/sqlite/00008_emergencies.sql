-- The emergencies desk: who asks for an ambulance and from where, what an operator made of it, which
-- ambulance went. Instants are Unix milliseconds (UTC), coordinates degrees (WGS 84), conditions a
-- JSON list. Whatever an operator did was done by a desk user or by an account, never by both.

-- +goose Up

CREATE TABLE emergency_people (
    id integer PRIMARY KEY AUTOINCREMENT,
    first_name varchar(100) NOT NULL,
    last_name varchar(100) NOT NULL,
    birth_date date NOT NULL,
    document_type varchar(30) NOT NULL CHECK (document_type IN ('CEDULA', 'TARJETA_DE_IDENTIDAD')),
    document_number varchar(30) NOT NULL,
    second_name varchar(100),
    second_last_name varchar(100),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    UNIQUE (document_type, document_number)
);

CREATE TABLE emergency_requesters (
    id bigint PRIMARY KEY REFERENCES emergency_people (id) ON DELETE CASCADE,
    conditions text NOT NULL
);

CREATE TABLE ambulance_operators (
    id bigint PRIMARY KEY REFERENCES emergency_people (id) ON DELETE CASCADE,
    licence varchar(50) NOT NULL
);

-- Ids begin above those of users: a number names a user or an account, never both.
CREATE TABLE emergency_accounts (
    id integer PRIMARY KEY AUTOINCREMENT,
    username varchar(100) NOT NULL UNIQUE,
    email varchar(120) UNIQUE,
    password_hash varchar(200) NOT NULL,
    kind varchar(30) CHECK (kind IN ('SOLICITANTE', 'OPERADOR_AMBULANCIA')),
    person_id bigint REFERENCES emergency_people (id),
    active boolean NOT NULL DEFAULT TRUE,
    version bigint NOT NULL DEFAULT 1,
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);
INSERT INTO sqlite_sequence (name, seq) VALUES ('emergency_accounts', 1000000000);

CREATE TABLE emergency_locations (
    id integer PRIMARY KEY AUTOINCREMENT,
    latitude real NOT NULL CHECK (latitude BETWEEN -90 AND 90),
    longitude real NOT NULL CHECK (longitude BETWEEN -180 AND 180),
    at bigint NOT NULL
);

CREATE TABLE emergency_requests (
    id integer PRIMARY KEY AUTOINCREMENT,
    requester_id bigint NOT NULL REFERENCES emergency_requesters (id),
    location_id bigint NOT NULL REFERENCES emergency_locations (id),
    requested_at bigint NOT NULL,
    room varchar(64) NOT NULL UNIQUE,
    attended_at bigint,
    closed_at bigint
);
CREATE INDEX ix_emergency_requests_requested_at ON emergency_requests (requested_at);
CREATE INDEX ix_emergency_requests_requester_id ON emergency_requests (requester_id);

CREATE TABLE ambulances (
    id integer PRIMARY KEY AUTOINCREMENT,
    available boolean NOT NULL DEFAULT TRUE,
    plate varchar(20) NOT NULL UNIQUE,
    kind varchar(20) NOT NULL CHECK (kind IN ('BASICA', 'MEDICALIZADA')),
    location_id bigint REFERENCES emergency_locations (id),
    operator_id bigint REFERENCES ambulance_operators (id),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL
);

-- A request is evaluated once.
CREATE TABLE emergencies (
    id integer PRIMARY KEY AUTOINCREMENT,
    request_id bigint NOT NULL UNIQUE REFERENCES emergency_requests (id),
    status varchar(20) NOT NULL CHECK (status IN ('CREADA', 'VALORADA', 'ASIGNADA', 'RESUELTA', 'CANCELADA')),
    ambulance_kind varchar(20) NOT NULL CHECK (ambulance_kind IN ('BASICA', 'MEDICALIZADA')),
    priority varchar(20) NOT NULL CHECK (priority IN ('BAJA', 'MEDIA', 'ALTA')),
    description varchar(1000) NOT NULL,
    operator_user_id bigint REFERENCES users (id),
    operator_account_id bigint REFERENCES emergency_accounts (id),
    suggested_ambulance_id bigint REFERENCES ambulances (id),
    created_at bigint NOT NULL,
    updated_at bigint NOT NULL,
    CHECK ((operator_user_id IS NULL) <> (operator_account_id IS NULL))
);
CREATE INDEX ix_emergencies_created_at ON emergencies (created_at);
CREATE INDEX ix_emergencies_status ON emergencies (status);

CREATE TABLE dispatch_orders (
    id integer PRIMARY KEY AUTOINCREMENT,
    emergency_id bigint NOT NULL REFERENCES emergencies (id) ON DELETE CASCADE,
    ambulance_id bigint NOT NULL REFERENCES ambulances (id),
    crew_id bigint NOT NULL REFERENCES ambulance_operators (id),
    operator_user_id bigint REFERENCES users (id),
    operator_account_id bigint REFERENCES emergency_accounts (id),
    created_at bigint NOT NULL,
    ended_at bigint,
    CHECK ((operator_user_id IS NULL) <> (operator_account_id IS NULL))
);
-- An ambulance goes to one emergency at a time, and an emergency has one ambulance.
CREATE UNIQUE INDEX ix_dispatch_orders_ambulance ON dispatch_orders (ambulance_id) WHERE ended_at IS NULL;
CREATE UNIQUE INDEX ix_dispatch_orders_emergency ON dispatch_orders (emergency_id) WHERE ended_at IS NULL;
