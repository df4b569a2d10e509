-- What happened at the doors: failed sign-ins, remembered logins used twice, limits hit. user_id has
-- no foreign key: the line outlives the user, and most of them concern nobody known. at is Unix
-- milliseconds (UTC).
-- The audit trail and these lines are only added (contract 4.4): the database itself refuses the rest.

-- +goose Up

CREATE TABLE security_events (
    id bigserial PRIMARY KEY,
    at bigint NOT NULL,
    kind varchar(40) NOT NULL,
    user_id integer,
    login varchar(100),
    address varchar(45),
    user_agent varchar(200),
    details varchar(300)
);
CREATE INDEX ix_security_events_user_id ON security_events (user_id);
CREATE INDEX ix_security_events_kind ON security_events (kind);
CREATE INDEX IF NOT EXISTS ix_audit_logs_action ON audit_logs (action);

-- A foreign key of an adopted database may delete a user's lines with the user (ON DELETE CASCADE):
-- then the statement comes from the key's own trigger, one level up, and keeps its right.
-- +goose StatementBegin
CREATE FUNCTION relevo_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_LEVEL = 'ROW' AND pg_trigger_depth() > 1 THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION 'lines of % are only added', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END
$$;
-- +goose StatementEnd
CREATE TRIGGER relevo_append_only BEFORE UPDATE OR DELETE ON audit_logs FOR EACH ROW EXECUTE FUNCTION relevo_append_only();
CREATE TRIGGER relevo_append_only_whole BEFORE TRUNCATE ON audit_logs FOR EACH STATEMENT EXECUTE FUNCTION relevo_append_only();
CREATE TRIGGER relevo_append_only BEFORE UPDATE OR DELETE ON security_events FOR EACH ROW EXECUTE FUNCTION relevo_append_only();
CREATE TRIGGER relevo_append_only_whole BEFORE TRUNCATE ON security_events FOR EACH STATEMENT EXECUTE FUNCTION relevo_append_only();
