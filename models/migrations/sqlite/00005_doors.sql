-- Doors for other services: their keys, and the answers kept for requests that carry an
-- Idempotency-Key. Instants are Unix milliseconds (UTC), hashes are SHA-256 in hex; events and
-- audiences are JSON lists.

-- +goose Up

CREATE TABLE service_keys (
    id integer PRIMARY KEY AUTOINCREMENT,
    name varchar(80) NOT NULL,
    prefix varchar(16) NOT NULL,
    hash varchar(64) NOT NULL UNIQUE,
    events text NOT NULL,
    audiences text NOT NULL,
    created_at bigint NOT NULL,
    created_by integer NOT NULL REFERENCES users (id),
    last_used_at bigint,
    revoked_at bigint
);
CREATE INDEX ix_service_keys_prefix ON service_keys (prefix);

CREATE TABLE idempotent_answers (
    id integer PRIMARY KEY AUTOINCREMENT,
    key_id integer NOT NULL REFERENCES service_keys (id) ON DELETE CASCADE,
    idempotency_key varchar(255) NOT NULL,
    request_hash varchar(64) NOT NULL,
    status integer NOT NULL,
    body text NOT NULL,
    expires_at bigint NOT NULL,
    UNIQUE (key_id, idempotency_key)
);
CREATE INDEX ix_idempotent_answers_expires_at ON idempotent_answers (expires_at);
