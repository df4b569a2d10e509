-- Which browser began a session, by the cookie that its push sockets came with (SHA-256 in hex), so
-- that a socket which it opened before it signed in is known as its own.

-- +goose Up

ALTER TABLE sessions ADD COLUMN visitor_hash varchar(64);
CREATE INDEX ix_sessions_visitor_hash ON sessions (visitor_hash) WHERE visitor_hash IS NOT NULL;
