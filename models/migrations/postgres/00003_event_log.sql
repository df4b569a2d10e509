-- The log of durable events: written in the transaction of the change that it tells of, read by
-- the tail of every process and by replays. seq orders it, id names an event to the outside.
-- created_at is Unix milliseconds (UTC); rooms and except_rooms are JSON lists.

-- +goose Up

CREATE SEQUENCE event_log_seq;

-- The transaction has its id before it takes a number. So whoever sees the sequence at n and takes
-- a transaction id afterwards knows: all numbers up to n belong to older transactions.
-- +goose StatementBegin
CREATE FUNCTION event_log_next_seq() RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_current_xact_id();
    RETURN nextval('event_log_seq');
END
$$;
-- +goose StatementEnd

-- xid is the writing transaction, horizon the oldest one that was open when it wrote: what was
-- still uncommitted then has an xid from horizon on.
CREATE TABLE event_log (
    seq bigint PRIMARY KEY DEFAULT event_log_next_seq(),
    id varchar(36) NOT NULL UNIQUE,
    name varchar(64) NOT NULL,
    payload text NOT NULL,
    rooms text NOT NULL,
    except_rooms text NOT NULL DEFAULT '[]',
    entity varchar(80) NOT NULL DEFAULT '',
    trace_id varchar(64) NOT NULL DEFAULT '',
    created_at bigint NOT NULL,
    xid bigint NOT NULL DEFAULT (pg_current_xact_id()::text::bigint),
    horizon bigint NOT NULL DEFAULT (pg_snapshot_xmin(pg_current_snapshot())::text::bigint)
);
CREATE INDEX ix_event_log_xid ON event_log USING brin (xid) WITH (pages_per_range = 8, autosummarize = on);
ALTER SEQUENCE event_log_seq OWNED BY event_log.seq;

-- Highest seq that was removed: who stands before it has lost events.
INSERT INTO counters (name, value) VALUES ('event_log_purged', 0) ON CONFLICT (name) DO NOTHING;
