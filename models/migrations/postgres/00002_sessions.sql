-- Tables of our own: server-side sessions, remembered logins, locked counters. Instants are
-- Unix milliseconds (UTC), tokens are SHA-256 in hex.

-- +goose Up

CREATE TABLE IF NOT EXISTS remembered_logins (
    id bigserial PRIMARY KEY,
    family_hash varchar(64) NOT NULL UNIQUE,
    token_hash varchar(64) NOT NULL,
    previous_hash varchar(64),
    rotated_at bigint NOT NULL,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL
);
CREATE INDEX IF NOT EXISTS ix_remembered_logins_user_id ON remembered_logins (user_id);
CREATE INDEX IF NOT EXISTS ix_remembered_logins_expires_at ON remembered_logins (expires_at);

CREATE TABLE IF NOT EXISTS sessions (
    id bigserial PRIMARY KEY,
    token_hash varchar(64) NOT NULL UNIQUE,
    user_id integer NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at bigint NOT NULL,
    expires_at bigint NOT NULL,
    last_seen_at bigint NOT NULL,
    remembered boolean NOT NULL DEFAULT false,
    remembered_id bigint REFERENCES remembered_logins (id) ON DELETE CASCADE,
    ip_address varchar(45),
    user_agent varchar(200)
);
CREATE INDEX IF NOT EXISTS ix_sessions_user_id ON sessions (user_id);
CREATE INDEX IF NOT EXISTS ix_sessions_expires_at ON sessions (expires_at);
CREATE INDEX IF NOT EXISTS ix_sessions_remembered_id ON sessions (remembered_id);

CREATE TABLE IF NOT EXISTS counters (
    name varchar(50) PRIMARY KEY,
    value bigint NOT NULL
);
INSERT INTO counters (name, value)
SELECT 'operation', GREATEST(1000, COALESCE(MAX(substring(operation_id FROM 5)::bigint), 1000))
FROM operations WHERE operation_id ~ '^EXP-[0-9]{1,15}$'
ON CONFLICT (name) DO NOTHING;
