-- A database as the replaced system left it: made by its ORM and changed by hand
-- scripts. Some columns are missing, one is foreign, ids are gapped and one is odd.
CREATE TABLE users (
    id serial PRIMARY KEY, username varchar(100) NOT NULL, email varchar(120) NOT NULL, password_hash varchar(200) NOT NULL,
    dni varchar(8) NOT NULL UNIQUE, role varchar(20) NOT NULL, status varchar(20) NOT NULL,
    created_at timestamp NOT NULL, updated_at timestamp, last_login timestamp,
    CONSTRAINT check_user_role CHECK (role IN ('Master', 'Trader', 'Operador')),
    CONSTRAINT check_user_status CHECK (status IN ('Activo', 'Inactivo'))
);
CREATE UNIQUE INDEX ix_users_username ON users (username);
CREATE UNIQUE INDEX ix_users_email ON users (email);
CREATE TABLE clients (
    id serial PRIMARY KEY, document_type varchar(10) NOT NULL, name varchar(200), apellido_paterno varchar(100), apellido_materno varchar(100),
    nombres varchar(100), razon_social varchar(200), dni varchar(20) NOT NULL, email varchar(120) NOT NULL, phone varchar(20),
    bank_accounts_json text, status varchar(20) NOT NULL, created_at timestamp NOT NULL, created_by integer REFERENCES users (id)
);
CREATE UNIQUE INDEX ix_clients_dni ON clients (dni);
CREATE TABLE operations (
    id serial PRIMARY KEY, operation_id varchar(50) NOT NULL, client_id integer NOT NULL REFERENCES clients (id), user_id integer NOT NULL REFERENCES users (id),
    operation_type varchar(20) NOT NULL, amount_usd numeric(15,2) NOT NULL, exchange_rate numeric(10,4) NOT NULL, amount_pen numeric(15,2) NOT NULL,
    source_account varchar(100), destination_account varchar(100), notes text, status varchar(20) NOT NULL,
    created_at timestamp NOT NULL, updated_at timestamp, completed_at timestamp, oddity text
);
CREATE UNIQUE INDEX ix_operations_operation_id ON operations (operation_id);
CREATE TABLE audit_logs (
    id serial PRIMARY KEY, user_id integer NOT NULL REFERENCES users (id), action varchar(100) NOT NULL, entity varchar(50) NOT NULL,
    entity_id integer, details text, created_at timestamp NOT NULL
);
INSERT INTO users (username, email, password_hash, dni, role, status, created_at) VALUES
    ('maria', 'maria@desk.example', 'scrypt:32768:8:1$saltsaltsaltsalt$00', '11111111', 'Master', 'Activo', '2025-01-02 03:04:05.678901'),
    ('tomas', 'tomas@desk.example', 'pbkdf2:sha256:260000$salt$00', '22222222', 'Trader', 'Activo', '2025-01-02 03:04:05');
INSERT INTO clients (document_type, apellido_paterno, nombres, dni, email, status, created_at) VALUES ('DNI', 'Rojas', 'Ana', '33333333', 'ana@client.example', 'Activo', '2025-01-03 00:00:00');
INSERT INTO operations (operation_id, client_id, user_id, operation_type, amount_usd, exchange_rate, amount_pen, status, created_at, oddity) VALUES
    ('EXP-1001', 1, 2, 'Compra', 100, 3.75, 375, 'Completada', '2025-01-03 10:00:00', NULL),
    ('EXP-2044', 1, 2, 'Venta', 10.10, 3.7512, 37.89, 'Pendiente', '2025-01-04 10:00:00.5', 'kept'),
    ('EXP-MANUAL', 1, 2, 'Venta', 1, 3.75, 3.75, 'Cancelado', '2025-01-05 10:00:00', NULL);
