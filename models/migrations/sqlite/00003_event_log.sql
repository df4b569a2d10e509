-- The log of durable events: written in the transaction of the change that it tells of, read by
-- the tail of every process and by replays. seq orders it, id names an event to the outside.
-- created_at is Unix milliseconds (UTC); rooms and except_rooms are JSON lists.

-- +goose Up

CREATE TABLE event_log (
    seq integer PRIMARY KEY AUTOINCREMENT,
    id varchar(36) NOT NULL UNIQUE,
    name varchar(64) NOT NULL,
    payload text NOT NULL,
    rooms text NOT NULL,
    except_rooms text NOT NULL DEFAULT '[]',
    entity varchar(80) NOT NULL DEFAULT '',
    trace_id varchar(64) NOT NULL DEFAULT '',
    created_at bigint NOT NULL
);

-- Highest seq that was removed: who stands before it has lost events.
INSERT INTO counters (name, value) VALUES ('event_log_purged', 0) ON CONFLICT (name) DO NOTHING;
