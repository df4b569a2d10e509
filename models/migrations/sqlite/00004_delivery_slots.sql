-- How far each socket of a signed-in session has got in the event log, so that a client that knows
-- nothing of offsets gets what it missed when it comes back. Positions are cursors as text, opened
-- is Unix microseconds and with id names one connection, the other instants are Unix milliseconds
-- (UTC), 0 when they have not come. node is the run of a server that has or had the socket.

-- +goose Up

CREATE TABLE delivery_slots (
    id varchar(32) PRIMARY KEY,
    session_key varchar(32) NOT NULL,
    user_id integer NOT NULL,
    node varchar(32) NOT NULL,
    position text NOT NULL,
    rooms text NOT NULL DEFAULT '[]',
    opened bigint NOT NULL,
    ended_at bigint NOT NULL DEFAULT 0,
    polite boolean NOT NULL DEFAULT FALSE,
    by_pid boolean NOT NULL DEFAULT FALSE,
    taken_at bigint NOT NULL DEFAULT 0,
    doubt_at bigint NOT NULL DEFAULT 0,
    owed text NOT NULL DEFAULT ''
);
CREATE INDEX ix_delivery_slots_session_key ON delivery_slots (session_key);
CREATE INDEX ix_delivery_slots_ended_at ON delivery_slots (ended_at);
CREATE INDEX ix_delivery_slots_owed ON delivery_slots (node) WHERE owed <> '';

-- The runs of servers on this database, for telling the sockets of a dead one. A living run also
-- holds an advisory lock of its name where the database has them.
CREATE TABLE delivery_nodes (
    node varchar(32) PRIMARY KEY,
    seen_at bigint NOT NULL
);
