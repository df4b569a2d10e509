-- What happened at the doors: failed sign-ins, remembered logins used twice, limits hit. user_id has
-- no foreign key: the line outlives the user, and most of them concern nobody known. at is Unix
-- milliseconds (UTC).
-- The audit trail and these lines are only added (contract 4.4): the database itself refuses the rest,
-- also INSERT OR REPLACE, which deletes without a delete trigger.

-- +goose Up

CREATE TABLE security_events (
    id integer PRIMARY KEY AUTOINCREMENT,
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

-- +goose StatementBegin
CREATE TRIGGER audit_logs_refuse_update BEFORE UPDATE ON audit_logs BEGIN
    SELECT RAISE(ABORT, 'lines of audit_logs are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_logs_refuse_delete BEFORE DELETE ON audit_logs BEGIN
    SELECT RAISE(ABORT, 'lines of audit_logs are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER audit_logs_refuse_replace BEFORE INSERT ON audit_logs WHEN EXISTS (SELECT 1 FROM audit_logs WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'lines of audit_logs are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER security_events_refuse_update BEFORE UPDATE ON security_events BEGIN
    SELECT RAISE(ABORT, 'lines of security_events are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER security_events_refuse_delete BEFORE DELETE ON security_events BEGIN
    SELECT RAISE(ABORT, 'lines of security_events are only added');
END;
-- +goose StatementEnd
-- +goose StatementBegin
CREATE TRIGGER security_events_refuse_replace BEFORE INSERT ON security_events WHEN EXISTS (SELECT 1 FROM security_events WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'lines of security_events are only added');
END;
-- +goose StatementEnd
