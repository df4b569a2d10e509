-- Doors for other services: their keys, the answers kept for requests that carry an
-- Idempotency-Key, and the function that programs call in a transaction of their own. Instants are
-- Unix milliseconds (UTC), hashes are SHA-256 in hex; events and audiences are JSON lists.

-- +goose Up

CREATE TABLE service_keys (
    id bigserial PRIMARY KEY,
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
    id bigserial PRIMARY KEY,
    key_id bigint NOT NULL REFERENCES service_keys (id) ON DELETE CASCADE,
    idempotency_key varchar(255) NOT NULL,
    request_hash varchar(64) NOT NULL,
    status integer NOT NULL,
    body text NOT NULL,
    expires_at bigint NOT NULL,
    UNIQUE (key_id, idempotency_key)
);
CREATE INDEX ix_idempotent_answers_expires_at ON idempotent_answers (expires_at);

-- What relevo_emit lets through: the table of events as the server that started last knows it.
-- rooms is a regular expression over a room's name, except_rooms a JSON list, shape the payload's
-- fields with the JSON types of each ("=x" is the string x), nested for objects.
CREATE TABLE event_names (
    name varchar(64) NOT NULL,
    variant integer NOT NULL,
    rooms text NOT NULL,
    except_rooms text NOT NULL,
    shape jsonb NOT NULL,
    PRIMARY KEY (name, variant)
);

-- The first fault of a payload, with its path; NULL when it has none.
-- +goose StatementBegin
CREATE FUNCTION relevo_payload_fault(shape jsonb, value jsonb, path text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
    field text;
    kinds jsonb;
    given jsonb;
    fault text;
    is_kind boolean;
BEGIN
    IF value IS NULL OR jsonb_typeof(value) <> 'object' THEN
        RETURN path || ' must be an object';
    END IF;
    SELECT k INTO field FROM jsonb_object_keys(value) AS k WHERE NOT shape ? k LIMIT 1;
    IF field IS NOT NULL THEN
        RETURN path || '.' || left(field, 64) || ' is not a field of this event';
    END IF;
    FOR field, kinds IN SELECT * FROM jsonb_each(shape) LOOP
        IF NOT value ? field THEN
            RETURN path || '.' || field || ' is missing';
        END IF;
        given := value -> field;
        IF jsonb_typeof(kinds) = 'object' THEN
            fault := relevo_payload_fault(kinds, given, path || '.' || field);
            IF fault IS NOT NULL THEN
                RETURN fault;
            END IF;
            CONTINUE;
        END IF;
        is_kind := CASE jsonb_typeof(given)
            WHEN 'string' THEN kinds ? 'string' OR kinds ? ('=' || (given #>> '{}'))
                OR (kinds ? 'datetime' AND (given #>> '{}') ~ '^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?$')
            WHEN 'number' THEN kinds ? 'number' OR (kinds ? 'integer' AND given::text ~ '^-?\d{1,18}$')
            ELSE kinds ? jsonb_typeof(given)
        END;
        IF NOT is_kind THEN
            RETURN path || '.' || field || ' must be one of ' || kinds::text;
        END IF;
    END LOOP;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

-- Records an event in the caller's transaction and returns its id, a UUIDv7. No NOTIFY: that takes
-- a lock of the whole database at commit; the servers find the row by their poll.
-- +goose StatementBegin
CREATE FUNCTION relevo_emit(name text, payload jsonb, rooms text[], entity text DEFAULT '') RETURNS text
LANGUAGE plpgsql VOLATILE SECURITY DEFINER AS $$
DECLARE
    made text;
    millis bigint := floor(extract(epoch FROM clock_timestamp()) * 1000);
    addressed integer := 0;
    fault text;
    row_fault text;
    variant record;
    audience text[];
BEGIN
    IF NOT EXISTS (SELECT FROM event_names n WHERE n.name = relevo_emit.name) THEN
        RAISE EXCEPTION 'relevo_emit: unknown event %', quote_nullable(left(name, 64)) USING ERRCODE = 'invalid_parameter_value';
    END IF;
    SELECT array_agg(DISTINCT r) INTO audience FROM unnest(rooms) AS r;
    IF coalesce(cardinality(audience), 0) = 0 OR array_position(audience, NULL) IS NOT NULL OR cardinality(audience) > 100 THEN
        RAISE EXCEPTION 'relevo_emit: % needs 1 to 100 rooms; no room means nobody', name USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF length(coalesce(entity, '')) > 80 THEN
        RAISE EXCEPTION 'relevo_emit: entity has more than 80 characters' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF octet_length(payload::text) > 65536 THEN
        RAISE EXCEPTION 'relevo_emit: payload has more than 65536 bytes' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    FOR variant IN SELECT n.except_rooms, n.shape FROM event_names n
        WHERE n.name = relevo_emit.name AND NOT EXISTS (SELECT FROM unnest(audience) AS r WHERE r !~ n.rooms) ORDER BY n.variant
    LOOP
        addressed := addressed + 1;
        row_fault := relevo_payload_fault(variant.shape, payload, 'payload');
        IF row_fault IS NULL THEN
            made := encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
                PLACING substring(int8send(millis) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid::text;
            INSERT INTO event_log (id, name, payload, rooms, except_rooms, entity, created_at)
            VALUES (made, relevo_emit.name, payload::text, to_json(audience)::text, variant.except_rooms, coalesce(relevo_emit.entity, ''), millis);
            RETURN made;
        END IF;
        fault := coalesce(fault, row_fault);
    END LOOP;
    IF addressed = 0 THEN
        RAISE EXCEPTION 'relevo_emit: % does not go to these rooms: %', name, audience USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RAISE EXCEPTION 'relevo_emit: %: %', name, fault USING ERRCODE = 'invalid_parameter_value';
END
$$;
-- +goose StatementEnd

-- It writes with the rights of this schema's owner, so that a service's role needs no others:
-- GRANT EXECUTE gives the right to emit. The search path is fixed against tables of the caller.
REVOKE ALL ON FUNCTION relevo_emit(text, jsonb, text[], text) FROM PUBLIC;
-- +goose StatementBegin
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION relevo_emit(text, jsonb, text[], text) SET search_path = %I, pg_temp', current_schema());
END
$$;
-- +goose StatementEnd
