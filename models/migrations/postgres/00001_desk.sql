-- The tables of the system replaced (contract section 4). A database that has them is adopted:
-- nothing is dropped or retyped; what is missing is added.

-- +goose Up

CREATE TABLE IF NOT EXISTS users (
    id serial PRIMARY KEY,
    username varchar(100) NOT NULL,
    email varchar(120) NOT NULL,
    password_hash varchar(200) NOT NULL,
    dni varchar(8) NOT NULL,
    role varchar(20) NOT NULL DEFAULT 'Trader' CONSTRAINT check_user_role CHECK (role IN ('Master', 'Trader', 'Operador')),
    status varchar(20) NOT NULL DEFAULT 'Activo' CONSTRAINT check_user_status CHECK (status IN ('Activo', 'Inactivo')),
    created_at timestamp NOT NULL,
    updated_at timestamp,
    last_login timestamp,
    last_logout timestamp
);
ALTER TABLE users ADD COLUMN IF NOT EXISTS updated_at timestamp;
ALTER TABLE users ADD COLUMN IF NOT EXISTS last_login timestamp;
ALTER TABLE users ADD COLUMN IF NOT EXISTS last_logout timestamp;

CREATE TABLE IF NOT EXISTS clients (
    id serial PRIMARY KEY,
    document_type varchar(10) NOT NULL,
    apellido_paterno varchar(100),
    apellido_materno varchar(100),
    nombres varchar(100),
    razon_social varchar(200),
    persona_contacto varchar(200),
    dni varchar(20) NOT NULL,
    email varchar(120) NOT NULL,
    phone varchar(100),
    dni_front_url varchar(500),
    dni_back_url varchar(500),
    dni_representante_front_url varchar(500),
    dni_representante_back_url varchar(500),
    ficha_ruc_url varchar(500),
    validation_oc_url varchar(500),
    direccion varchar(300),
    distrito varchar(100),
    provincia varchar(100),
    departamento varchar(100),
    bank_accounts_json text,
    bank_name varchar(100),
    account_type varchar(20),
    currency varchar(10),
    bank_account_number varchar(100),
    origen varchar(20),
    bank_account_pen varchar(100),
    bank_account_usd varchar(100),
    status varchar(20) NOT NULL DEFAULT 'Inactivo',
    created_at timestamp NOT NULL,
    updated_at timestamp,
    created_by integer REFERENCES users (id)
);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS apellido_paterno varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS apellido_materno varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS nombres varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS razon_social varchar(200);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS persona_contacto varchar(200);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS phone varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS dni_front_url varchar(500);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS dni_back_url varchar(500);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS dni_representante_front_url varchar(500);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS dni_representante_back_url varchar(500);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS ficha_ruc_url varchar(500);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS validation_oc_url varchar(500);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS direccion varchar(300);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS distrito varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS provincia varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS departamento varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS bank_accounts_json text;
ALTER TABLE clients ADD COLUMN IF NOT EXISTS bank_name varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS account_type varchar(20);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS currency varchar(10);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS bank_account_number varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS origen varchar(20);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS bank_account_pen varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS bank_account_usd varchar(100);
ALTER TABLE clients ADD COLUMN IF NOT EXISTS updated_at timestamp;
ALTER TABLE clients ADD COLUMN IF NOT EXISTS created_by integer REFERENCES users (id);

CREATE TABLE IF NOT EXISTS operations (
    id serial PRIMARY KEY,
    operation_id varchar(50) NOT NULL,
    client_id integer NOT NULL REFERENCES clients (id),
    user_id integer NOT NULL REFERENCES users (id),
    assigned_operator_id integer REFERENCES users (id),
    operation_type varchar(20) NOT NULL CONSTRAINT check_operation_type CHECK (operation_type IN ('Compra', 'Venta')),
    amount_usd numeric(15,2) NOT NULL CONSTRAINT check_amount_usd_positive CHECK (amount_usd > 0),
    exchange_rate numeric(10,4) NOT NULL CONSTRAINT check_exchange_rate_positive CHECK (exchange_rate > 0),
    amount_pen numeric(15,2) NOT NULL,
    source_account varchar(100),
    destination_account varchar(100),
    client_deposits_json text DEFAULT '[]',
    client_payments_json text DEFAULT '[]',
    operator_proofs_json text DEFAULT '[]',
    modification_logs_json text DEFAULT '[]',
    notes_read_by_json text DEFAULT '[]',
    operator_comments text,
    notes text,
    payment_proof_url varchar(500),
    operator_proof_url varchar(500),
    status varchar(20) NOT NULL DEFAULT 'Pendiente' CONSTRAINT check_operation_status CHECK (status IN ('Pendiente', 'En proceso', 'Completada', 'Cancelado')),
    created_at timestamp NOT NULL,
    updated_at timestamp,
    completed_at timestamp,
    in_process_since timestamp
);
ALTER TABLE operations ADD COLUMN IF NOT EXISTS assigned_operator_id integer REFERENCES users (id);
ALTER TABLE operations ADD COLUMN IF NOT EXISTS source_account varchar(100);
ALTER TABLE operations ADD COLUMN IF NOT EXISTS destination_account varchar(100);
ALTER TABLE operations ADD COLUMN IF NOT EXISTS client_deposits_json text DEFAULT '[]';
ALTER TABLE operations ADD COLUMN IF NOT EXISTS client_payments_json text DEFAULT '[]';
ALTER TABLE operations ADD COLUMN IF NOT EXISTS operator_proofs_json text DEFAULT '[]';
ALTER TABLE operations ADD COLUMN IF NOT EXISTS modification_logs_json text DEFAULT '[]';
ALTER TABLE operations ADD COLUMN IF NOT EXISTS notes_read_by_json text DEFAULT '[]';
ALTER TABLE operations ADD COLUMN IF NOT EXISTS operator_comments text;
ALTER TABLE operations ADD COLUMN IF NOT EXISTS notes text;
ALTER TABLE operations ADD COLUMN IF NOT EXISTS payment_proof_url varchar(500);
ALTER TABLE operations ADD COLUMN IF NOT EXISTS operator_proof_url varchar(500);
ALTER TABLE operations ADD COLUMN IF NOT EXISTS updated_at timestamp;
ALTER TABLE operations ADD COLUMN IF NOT EXISTS completed_at timestamp;
ALTER TABLE operations ADD COLUMN IF NOT EXISTS in_process_since timestamp;

CREATE TABLE IF NOT EXISTS audit_logs (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id),
    action varchar(100) NOT NULL,
    entity varchar(50) NOT NULL,
    entity_id integer,
    details text,
    notes text,
    ip_address varchar(45),
    user_agent varchar(200),
    created_at timestamp NOT NULL
);
ALTER TABLE audit_logs ADD COLUMN IF NOT EXISTS entity_id integer;
ALTER TABLE audit_logs ADD COLUMN IF NOT EXISTS details text;
ALTER TABLE audit_logs ADD COLUMN IF NOT EXISTS notes text;
ALTER TABLE audit_logs ADD COLUMN IF NOT EXISTS ip_address varchar(45);
ALTER TABLE audit_logs ADD COLUMN IF NOT EXISTS user_agent varchar(200);

CREATE TABLE IF NOT EXISTS trader_goals (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    month integer NOT NULL CHECK (month BETWEEN 1 AND 12),
    year integer NOT NULL,
    goal_amount_pen numeric(15,2) NOT NULL CHECK (goal_amount_pen >= 0),
    created_at timestamp NOT NULL,
    updated_at timestamp,
    created_by integer REFERENCES users (id),
    CONSTRAINT unique_trader_goal UNIQUE (user_id, month, year)
);
ALTER TABLE trader_goals ADD COLUMN IF NOT EXISTS updated_at timestamp;
ALTER TABLE trader_goals ADD COLUMN IF NOT EXISTS created_by integer REFERENCES users (id);

CREATE TABLE IF NOT EXISTS trader_daily_profits (
    id serial PRIMARY KEY,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    profit_date date NOT NULL,
    profit_amount_pen numeric(15,2) NOT NULL,
    created_at timestamp NOT NULL,
    updated_at timestamp,
    created_by integer REFERENCES users (id),
    CONSTRAINT unique_trader_profit UNIQUE (user_id, profit_date)
);
ALTER TABLE trader_daily_profits ADD COLUMN IF NOT EXISTS updated_at timestamp;
ALTER TABLE trader_daily_profits ADD COLUMN IF NOT EXISTS created_by integer REFERENCES users (id);

CREATE UNIQUE INDEX IF NOT EXISTS ix_users_username ON users (username);
CREATE UNIQUE INDEX IF NOT EXISTS ix_users_email ON users (email);
CREATE UNIQUE INDEX IF NOT EXISTS users_dni_key ON users (dni);
CREATE UNIQUE INDEX IF NOT EXISTS ix_clients_dni ON clients (dni);
CREATE UNIQUE INDEX IF NOT EXISTS ix_clients_email ON clients (email);
CREATE UNIQUE INDEX IF NOT EXISTS ix_operations_operation_id ON operations (operation_id);
CREATE INDEX IF NOT EXISTS ix_operations_client_id ON operations (client_id);
CREATE INDEX IF NOT EXISTS ix_operations_user_id ON operations (user_id);
CREATE INDEX IF NOT EXISTS ix_operations_assigned_operator_id ON operations (assigned_operator_id);
CREATE INDEX IF NOT EXISTS ix_operations_status ON operations (status);
CREATE INDEX IF NOT EXISTS ix_operations_created_at ON operations (created_at);
CREATE INDEX IF NOT EXISTS ix_audit_logs_user_id ON audit_logs (user_id);
CREATE INDEX IF NOT EXISTS ix_audit_logs_created_at ON audit_logs (created_at);
CREATE UNIQUE INDEX IF NOT EXISTS unique_trader_goal ON trader_goals (user_id, month, year);
CREATE UNIQUE INDEX IF NOT EXISTS unique_trader_profit ON trader_daily_profits (user_id, profit_date);
